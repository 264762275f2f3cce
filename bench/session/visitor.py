"""An engineer without a browser, in a thread: notes when each picture record arrives, and never stops to give input.

The console's side of the protocol is the tests' own.  Nothing here obeys a stop: whatever the PC and the relay still
let through is seen, and whatever this end still sends is tried.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import httpx
from examples.demo.world import World, sign_in_associate
from tests.fakes.engineer import Engineer, EngineerChannel

from benchside.agent.identity import DeviceFolder
from benchside.protocol.errors import BenchsideError
from benchside.protocol.trust.schedule import GrantSecret
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.channel import Channel
from benchside.protocol.wire.input import CONTROL, PointerMove
from benchside.protocol.wire.picture import (
    VIEW,
    PictureEnd,
    PictureShown,
    PointerAt,
    PointerShape,
    VideoAbility,
    ViewAlive,
    ViewMessage,
    ViewReady,
)
from benchside.protocol.wire.session import AskCapability, CapabilityGranted, Ping, Pong, SessionMessage

R = TypeVar("R")

NEW_PASSWORD = "four-words-of-the-bench"
INPUT_EVERY_S = 0.01
WITHIN_S = 30.0
LOOK_AGAIN_S = 0.05
_CHANNELS = {Capability.VIEW: Channel.VIEW, Capability.CONTROL: Channel.CONTROL}


class Visitor:
    """One associate who visits again and again.  `seen_at`: the last record of a picture, by time.monotonic().

    `view_bytes`: all that came on the view channel, decrypted; `picture_bytes`: of it, what is neither the pointer's
    nor a sign of life.  What the view channel says is kept in `heard` while that is a list.
    """

    def __init__(self, world: World) -> None:
        assert world.certificates is not None
        self._world = world
        self._tls = ssl.create_default_context(cafile=str(world.certificates.authority))
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="visitor", daemon=True).start()
        self._tasks: list[asyncio.Task[None]] = []
        self._granted: asyncio.Queue[CapabilityGranted] = asyncio.Queue()
        self._main: EngineerChannel | None = None
        self._inside = (0, 0, 1, 1)
        self.seen_at = 0.0
        self.pictures = 0
        self.picture_bytes = self.view_bytes = 0
        self.heard: list[ViewMessage] | None = None
        self._engineer = Engineer(world.web_url, tls=self._tls)
        self._do(self._engineer.sign_in(world.account, world.password, NEW_PASSWORD))
        sign_in_associate(world, self._engineer.fingerprint.hex())
        self._wait_for_policy()

    def enter(self, code: str) -> None:
        """Claim the request that waits, and prove the code."""
        self._do(self._enter(code))

    def ask(self, capability: Capability) -> None:
        """Ask, without waiting for the answer."""
        assert self._main is not None
        main = self._main
        self._loop.call_soon_threadsafe(main.say, AskCapability(capability=capability, purpose="look and point"))

    def begin(self, capability: Capability, inside: tuple[int, int, int, int] = (0, 0, 1, 1)) -> None:
        """Wait for the grant and open its channel; under control move over this box (x, y, width, height)."""
        self._inside = inside
        self._do(self._begin(capability))

    def leave(self) -> None:
        """Drop everything of this visit."""
        self._do(self._leave())

    def _do(self, coroutine: Coroutine[Any, Any, R]) -> R:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(WITHIN_S)

    def _wait_for_policy(self) -> None:
        """Until the PC lets this key in, too: it hears of a new policy after the server."""
        until = time.monotonic() + WITHIN_S
        folder = DeviceFolder(self._world.pc_folder)
        while True:
            stored = folder.policy()
            entry = None if stored is None else stored[1].associate(self._world.account)
            if entry is not None and self._engineer.fingerprint in entry.keys:
                return
            assert time.monotonic() < until, "the PC has no policy that names this key"
            time.sleep(LOOK_AGAIN_S)

    async def _enter(self, code: str) -> None:
        request = await self._engineer.wait_for_request()
        until = time.monotonic() + WITHIN_S
        while True:  # until the server has the policy that names this key
            try:
                session = await self._engineer.claim(request["id"])
                break
            except httpx.HTTPStatusError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.2)
        self._main = await self._engineer.enter(code, bytes.fromhex(session["device_id"]))
        self._task(self._listen(self._main))

    async def _begin(self, capability: Capability) -> None:
        granted = await asyncio.wait_for(self._granted.get(), WITHIN_S)
        assert granted.capability is capability
        secret = GrantSecret(capability=capability, grant=granted.grant, secret=granted.secret)
        channel = await self._engineer.open(_CHANNELS[capability], secret)
        if capability is Capability.VIEW:
            channel.send(VIEW.encode(ViewReady(VideoAbility.NONE)))
            self._task(self._look(channel))
        else:
            self._task(self._point(channel))
            self._task(self._drop(channel))

    async def _leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._main is not None:
            self._main.link.close()
        self._main = None

    async def _listen(self, main: EngineerChannel) -> None:
        while True:
            message: SessionMessage = await main.hear(within_s=WITHIN_S)
            if isinstance(message, CapabilityGranted):
                self._granted.put_nowait(message)
            elif isinstance(message, Ping):
                main.say(Pong(sent_ms=message.sent_ms))

    async def _look(self, view: EngineerChannel) -> None:
        while True:
            plain = await view.receive(WITHIN_S)
            message = VIEW.decode(plain)
            self.view_bytes += len(plain)
            if self.heard is not None:
                self.heard.append(message)
            if not isinstance(message, ViewAlive | PointerAt | PointerShape):
                self.picture_bytes += len(plain)
            if isinstance(message, ViewAlive):
                view.send(VIEW.encode(ViewAlive()))
                continue
            self.seen_at = time.monotonic()
            if isinstance(message, PictureEnd):
                self.pictures += 1
                view.send(VIEW.encode(PictureShown(message.sequence)))

    async def _point(self, control: EngineerChannel) -> None:
        left, top, width, height = self._inside
        step = 0
        while not control.link.has_ended:
            step += 1
            place = PointerMove(0, left + step * 3 % width, top + step % height)
            control.send(CONTROL.encode(place))
            await asyncio.sleep(INPUT_EVERY_S)

    async def _drop(self, control: EngineerChannel) -> None:
        while True:
            await control.receive(WITHIN_S)

    def _task(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(self._loop.create_task(self._until_gone(coroutine), name="visitor"))

    async def _until_gone(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """A line that ends ends its task: that is what is waited for here."""
        try:
            await coroutine
        except (BenchsideError, TimeoutError):
            return
