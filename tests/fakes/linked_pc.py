"""The agent's real link, keys and journal on a folder of their own, without a door: for tests that break them."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from tests.fakes.server_world import MODEL, Pc, World, rsa_key

from benchside.agent.history import follow_server
from benchside.agent.identity import DeviceFile, DeviceFolder
from benchside.agent.journal import Journal
from benchside.agent.keys import DeviceKeys
from benchside.agent.link import Link
from benchside.agent.standing import Standing
from benchside.platform.sealing.contract import OpenFile, Sealing
from benchside.protocol.trust.device import LinkState
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.enrolment import DeviceEnrolled
from benchside.protocol.wire.session import InstrumentInfo
from benchside.transport.way_out import DIRECT

__all__ = ["LinkedPc"]

WITHIN_S = 30.0
OPEN = OpenFile("a test")


class LinkedPc:
    """`start` is a boot, `kill` a power cut, `copy` a disk image."""

    def __init__(self, world: World, folder: Path, sealing: Sealing | None = OPEN) -> None:
        """`sealing`: None is what this machine has."""
        self.world = world
        self.folder = DeviceFolder(folder, sealing)
        self.welcomes: list[wire.LinkWelcome] = []
        self.said: list[wire.LinkMessage] = []
        self.held_times = 0
        self.url = world.listeners.link_url
        """Where it dials; a test may put somebody in between."""
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def enrolled(cls, world: World, folder: Path, number: int = 0) -> LinkedPc:
        pc = Pc(world, rsa_key(number), os.urandom(32))
        answer = await pc.enrol(await world.token())
        assert isinstance(answer, DeviceEnrolled)
        made = cls(world, folder)
        made.folder.make()
        made.folder.keep_keys(pc.device_key, pc.identity)
        made.folder.keep_device(
            DeviceFile(
                device_id=answer.device_id.hex(),
                device="PC 1",
                site="lab-1",
                site_name="First Lab",
                region="global",
                link_url=world.listeners.link_url,
                relay=answer.relay,
                relay_url=answer.relay_url,
                phone="",
                instruments=(InstrumentInfo(id="i-1", model=MODEL, serial="S1", patient_data=False),),
                authority_key="",
            )
        )
        return made

    @property
    def device_id(self) -> bytes:
        return bytes.fromhex(self.folder.device().device_id)

    def copy(self, folder: Path) -> LinkedPc:
        """Another PC with a copy of this disk as it is now."""
        shutil.copytree(self.folder.folder, folder)
        return LinkedPc(self.world, folder)

    def start(self) -> None:
        self.journal = Journal(self.folder.journal_path)
        self.standing = Standing(self.journal)
        self.keys = DeviceKeys(self.folder, self.journal, days=90)
        self.link = Link(
            url=self.url,
            tls=None,
            out=DIRECT,
            device_id=self.device_id,
            keys=self.keys,
            standing=self.standing,
            events=self,
        )
        self._task = asyncio.create_task(self.link.run(), name="link of a test")

    async def kill(self) -> None:
        """Nothing is said and nothing is tidied up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self.journal.close()
            self._task = None

    async def welcomed(self, *, held: bool = False, since: int | None = None) -> wire.LinkWelcome:
        """The next welcome of this kind, or the first after so many; the agent does not wait between its tries."""
        count = len(self.welcomes) if since is None else since
        async with asyncio.timeout(WITHIN_S):
            while True:
                for one in self.welcomes[count:]:
                    if one.held is held:
                        return one
                self.link.hurry()
                await asyncio.sleep(0.02)

    async def boot(self, *, held: bool = False) -> wire.LinkWelcome:
        """Start, and be welcomed or told that it is held."""
        self.start()
        return await self.welcomed(held=held)

    async def hears(self, kind: type[wire.LinkMessage]) -> wire.LinkMessage:
        async with asyncio.timeout(WITHIN_S):
            while True:
                found = next((one for one in self.said if isinstance(one, kind)), None)
                if found is not None:
                    self.said.remove(found)
                    return found
                await asyncio.sleep(0.02)

    async def has_new_key(self, before: bytes) -> None:
        async with asyncio.timeout(WITHIN_S):
            while self.folder.device_key() == before or self.folder.next_key() is not None:
                await asyncio.sleep(0.02)

    @property
    def state(self) -> LinkState:
        return self.standing.state(self.keys.key)

    # what the link says

    def link_up(self, welcome: wire.LinkWelcome) -> None:
        if welcome.held:
            self.link_held()
        else:
            self.standing.note_free()
            follow_server(self.journal, welcome.journal_sequence, welcome.journal_head)
        self.welcomes.append(welcome)

    def link_held(self) -> None:
        self.held_times += self.standing.note_held()

    def link_down(self) -> None:
        pass

    def link_said(self, message: wire.LinkMessage) -> None:
        self.said.append(message)
