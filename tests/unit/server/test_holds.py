"""Links of devices that are held: each is told what a person decides, whatever comes and goes beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from benchside.protocol.errors import UnavailableError
from benchside.server.gateway.holds import MAX_OF_ONE_DEVICE, Holds
from benchside.server.gateway.links import Links
from benchside.server.identity.keeper import Attention

DEVICE = bytes(16)


@dataclass(eq=False)
class FakeServed:
    """A connection that only waits to be closed."""

    source: str = "192.0.2.1"
    code: int | None = None
    decisions: int = 0
    sent: list[object] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_closed(self) -> bool:
        return self.code is not None

    def send(self, message: object) -> None:
        self.sent.append(message)

    def close(self, code: int) -> None:
        self.code = code if self.code is None else self.code
        self.over.set()

    async def receive(self, _timeout_s: float) -> object:
        await self.over.wait()
        raise UnavailableError("expected a message, got the end of the connection")


@dataclass
class FakeServer:
    """What the rule of holds asks of keeper, broker and presence."""

    decisions: int = 0
    is_held: bool = True
    is_revoked: bool = False
    is_present: bool = False
    is_settled: bool = False
    cut: list[str] = field(default_factory=list)

    async def revoked(self) -> list[bytes]:
        return [DEVICE] if self.is_revoked else []

    async def attention(self) -> list[Attention]:
        return [Attention(DEVICE, self.decisions, self.is_held, False, self.is_settled)]

    async def is_device(self, _device_id: bytes) -> bool:
        return not self.is_revoked

    async def open_of_device(self, _device_id: bytes) -> list[bytes]:
        return []

    async def cut_device(self, _device_id: bytes, cause: str) -> None:
        self.cut.append(cause)

    async def came(self, _device_id: bytes) -> None:
        self.is_present = True
        await asyncio.sleep(0)

    async def left(self, _device_id: bytes) -> None:
        self.is_present = False


class Held:
    """The rule, and the connections that it keeps."""

    def __init__(self) -> None:
        self.server, self.links = FakeServer(), Links()
        one = cast("Any", self.server)
        self.holds = Holds(one, self.links, one, one)
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, decisions: int | None = None) -> FakeServed:
        served = FakeServed(decisions=self.server.decisions if decisions is None else decisions)
        serving = self.holds.serve(cast("Any", served), DEVICE, ping_after_s=1, lost_after_s=2)
        self.tasks.append(asyncio.create_task(serving))
        await asyncio.sleep(0)
        return served


@pytest.fixture
async def held() -> AsyncIterator[Held]:
    async with keeping() as one:
        yield one


@asynccontextmanager
async def keeping() -> AsyncIterator[Held]:
    one = Held()
    try:
        yield one
    finally:
        for task in one.tasks:
            task.cancel()
        await asyncio.gather(*one.tasks, return_exceptions=True)


@pytest.mark.parametrize("how", ["released", "revoked"])
async def test_both_of_two_are_told(held: Held, how: str) -> None:
    pc, copy = await held.come(), await held.come()
    await held.holds.follow()
    assert (pc.code, copy.code) == (None, None)
    if how == "released":
        held.server.decisions, held.server.is_held = 1, False
    else:
        held.server.is_revoked = True
    await held.holds.follow()
    assert pc.code == copy.code == (4410 if how == "released" else 4403)


@pytest.mark.parametrize("turns", range(6))
async def test_one_that_comes_while_the_last_one_goes_is_told(held: Held, turns: int) -> None:
    first = await held.come()
    first.close(1000)
    for _ in range(turns):
        await asyncio.sleep(0)
    second = await held.come()
    for _ in range(6):
        await asyncio.sleep(0)
    assert held.server.is_present, "the second is here"
    held.server.decisions = 1
    await held.holds.follow()
    assert second.code == 4410


async def test_one_that_was_judged_before_the_decision_and_comes_after_it_is_told(held: Held) -> None:
    judged = held.server.decisions
    held.server.decisions, held.server.is_held = 1, False
    late = await held.come(judged)
    await held.holds.follow()
    assert late.code == 4410
    chosen_not = await held.come()
    await held.holds.follow()
    assert chosen_not.code is None, "it has heard of this decision, and waits for the next"


async def test_whoever_waits_longest_makes_room_and_the_others_stay_known(held: Held) -> None:
    crowd = [await held.come() for _ in range(MAX_OF_ONE_DEVICE + 2)]
    assert [one.code for one in crowd] == [4429, 4429, *([None] * MAX_OF_ONE_DEVICE)]
    await asyncio.sleep(0)
    held.server.decisions = 1
    await held.holds.follow()
    assert [one.code for one in crowd[2:]] == [4410] * MAX_OF_ONE_DEVICE


async def test_the_device_is_gone_when_the_last_one_is(held: Held) -> None:
    pc, copy = await held.come(), await held.come()
    pc.close(1000)
    for _ in range(6):
        await asyncio.sleep(0)
    assert held.server.is_present
    copy.close(1000)
    await asyncio.gather(*held.tasks)
    assert not held.server.is_present
    assert held.holds._waiting == {}


async def test_the_one_that_speaks_for_a_device_is_ended_with_those_that_wait(held: Held) -> None:
    live, waiting = FakeServed(), await held.come()
    held.links.take_over(DEVICE, cast("Any", live))
    await held.holds.follow()
    assert (live.code, waiting.code) == (4411, None)
    assert len(live.sent) == 1, "it is told why"
    held.server.is_revoked = True
    await held.holds.follow()
    assert waiting.code == 4403


async def test_it_is_known_whether_one_waits(held: Held) -> None:
    """The gateway asks: the link that speaks for a device may end after a held one has come."""
    assert not held.holds.has(DEVICE)
    first, second = await held.come(), await held.come()
    first.close(1000)
    for _ in range(6):
        await asyncio.sleep(0)
    assert held.holds.has(DEVICE)
    second.close(1000)
    for _ in range(6):
        await asyncio.sleep(0)
    assert not held.holds.has(DEVICE)
    assert not held.server.is_present


async def test_the_one_that_speaks_for_a_device_is_ended_by_a_later_decision(held: Held) -> None:
    """As by an operator in another process: another one was chosen, or the same once more."""
    live = FakeServed()
    held.links.take_over(DEVICE, cast("Any", live))
    held.server.is_held = False
    await held.holds.follow()
    assert (live.code, held.server.cut) == (None, [])
    held.server.decisions = 1
    await held.holds.follow()
    assert (live.code, held.server.cut) == (4410, ["device_held"]), "and what it has open"


@pytest.mark.parametrize("is_held", [True, False])
async def test_one_that_was_welcomed_by_a_decision_is_not_ended_by_what_was_read_before_it(
    held: Held, is_held: bool
) -> None:
    live = FakeServed(decisions=1)
    held.links.take_over(DEVICE, cast("Any", live))
    held.server.is_held = is_held
    await held.holds.follow()
    assert (live.code, held.server.cut) == (None, [])


async def test_one_that_was_not_chosen_is_told_when_the_chosen_one_has_its_key(held: Held) -> None:
    held.server.decisions, held.server.is_held = 1, False
    not_chosen, chosen = await held.come(), FakeServed(decisions=1)
    held.links.take_over(DEVICE, cast("Any", chosen))
    await held.holds.follow()
    assert not not_chosen.is_closed
    held.server.is_settled = True
    await held.holds.follow()
    assert not_chosen.code == 4410
    assert not chosen.is_closed
