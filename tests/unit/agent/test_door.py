"""Who of those that may come in finds room at the agent's door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchside.agent.door import MAX_DESKS, Desk, Door
from benchside.platform.door.callers import MAX_CALLERS, MAX_CALLERS_EACH
from benchside.protocol.wire.carrier import CarrierWanted
from benchside.protocol.wire.desk import DESK, DESK_VERSION, AssayTold, DeskHello, DeskMessage
from benchside.transport.frames import FrameStream

HELLO = DeskHello(version=DESK_VERSION, locale="en", display={})
TOLD = AssayTold(version=DESK_VERSION, running=True)
WANTED = CarrierWanted(version=DESK_VERSION)


@dataclass(frozen=True)
class Peer:
    """A `LocalPeer` of any account: "system", "ours", or a person's."""

    account: str
    pid: int = 1
    is_person: bool = True

    @property
    def name(self) -> str:
        return self.account

    @property
    def is_ours(self) -> bool:
        return self.account == "ours"

    @property
    def is_system(self) -> bool:
        return self.account == "system"


class Writer:
    """A line that takes everything; the transport is itself."""

    def __init__(self) -> None:
        self.said = b""
        self.transport = self

    def write(self, data: bytes) -> None:
        self.said += data

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    async def drain(self) -> None:
        pass

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


class World:
    """A door without a socket."""

    def __init__(self) -> None:
        self.desks: list[Desk] = []
        self.assays: list[bool] = []
        self.carried = 0
        self.calls: list[asyncio.Task[None]] = []
        self.door = Door(
            Path("nowhere"),
            desk_users=(),
            on_enter=self.desks.append,
            on_message=lambda desk, message: None,
            on_leave=self.desks.remove,
            on_assay=self._told,
            on_carrier=self._carry,
        )

    def _told(self, running: bool) -> bool:
        self.assays.append(running)
        return running

    async def _carry(self, stream: FrameStream[DeskMessage]) -> None:
        self.carried += 1

    async def call(self, account: str, first: DeskMessage | None, times: int = 1) -> None:
        """Come in, say `first`, and stay."""
        for _ in range(times):
            reader = asyncio.StreamReader()
            if first is not None:
                data = DESK.encode(first)
                reader.feed_data(len(data).to_bytes(4, "big") + data)
            greeting = self.door._greet(reader, Writer(), Peer(account))  # type: ignore[arg-type]
            self.calls.append(asyncio.create_task(greeting))
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    for call in world.calls:
        call.cancel()
    await asyncio.gather(*world.calls, return_exceptions=True)


async def test_one_accounts_desks_keep_no_other_account_out(world: World) -> None:
    await world.call("eva", HELLO, MAX_DESKS + 1)
    assert len(world.desks) == MAX_DESKS
    await world.call("mara", HELLO)
    assert world.desks[-1].peer.account == "mara"
    await world.call("system", HELLO)
    assert world.desks[-1].peer.account == "system"


async def test_programs_and_the_notifier_come_in_past_any_number_of_desks(world: World) -> None:
    await world.call("eva", HELLO, MAX_DESKS)
    await world.call("eva", TOLD)
    assert world.assays == [True]
    await world.call("ours", WANTED)
    assert world.carried == 1


@pytest.mark.parametrize("account", ["ours", "system"])
async def test_callers_that_say_nothing_keep_the_notifier_not_out(world: World, account: str) -> None:
    for person in range(MAX_CALLERS // MAX_CALLERS_EACH + 1):
        await world.call(f"person {person}", None, MAX_CALLERS_EACH)
    await world.call("mara", TOLD)
    assert world.assays == [], "the descriptors of persons are used up"
    await world.call(account, WANTED)
    assert world.carried == 1


async def test_one_accounts_callers_leave_room_for_others(world: World) -> None:
    await world.call("eva", None, MAX_CALLERS)
    await world.call("eva", TOLD)
    assert world.assays == []
    await world.call("mara", TOLD)
    assert world.assays == [True]
