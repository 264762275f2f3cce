"""A hostile relay between the two ends: whatever it does to a record is noticed, and the third time ends it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import pytest
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.lab import Lab
from tests.fakes.relay import Passing
from tests.fakes.visit import ViewEnd, Visit

from benchside.protocol.wire import desk as shown
from benchside.protocol.wire import session as said
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.picture import VideoAbility, ViewReady
from benchside.protocol.wire.session import SessionEnd

pytestmark = [pytest.mark.system, pytest.mark.slow]


Act = Callable[["Mischief", bytes], Iterable[bytes]]


class Mischief:
    """Does one thing to one record of one end and channel, and remembers the records that it saw."""

    def __init__(self, act: Act, sender: Role, channel: Channel) -> None:
        self.act = act
        self.sender = sender
        self.channel = channel
        self.seen: dict[Channel, list[bytes]] = {channel: [] for channel in Channel}
        self.is_armed = False
        self.kept: bytes | None = None
        self.done = 0

    def __call__(self, passing: Passing) -> Iterable[bytes]:
        self.seen[passing.channel].append(passing.data)
        if not self.is_armed or (passing.sender, passing.channel) != (self.sender, self.channel):
            return [passing.data]
        instead = list(self.act(self, passing.data))
        if self.kept is None:
            self.is_armed = False
        self.done += 1
        return instead


def drop(mischief: Mischief, data: bytes) -> list[bytes]:
    return []


def truncate(mischief: Mischief, data: bytes) -> list[bytes]:
    return [data[:-1]]


def flip(mischief: Mischief, data: bytes) -> list[bytes]:
    at = len(data) // 2
    return [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]]


def lengthen(mischief: Mischief, data: bytes) -> list[bytes]:
    return [data + b"\0"]


def swap(mischief: Mischief, data: bytes) -> list[bytes]:
    """Hold one back and send it after the next."""
    if mischief.kept is None:
        mischief.kept = data
        return []
    kept, mischief.kept = mischief.kept, None
    return [data, kept]


def replay(mischief: Mischief, data: bytes) -> list[bytes]:
    """An old one of the same end and channel instead."""
    return [mischief.seen[mischief.channel][-3]]


def cross(mischief: Mischief, data: bytes) -> list[bytes]:
    """A record of another channel instead."""
    other = Channel.VIEW if mischief.channel is Channel.MAIN else Channel.MAIN
    return [mischief.seen[other][-1]]


async def viewing(lab: Lab, desk: FakeDesk, engineer: Engineer) -> tuple[bytes, Visit, ViewEnd]:
    lab.session_door.target = lab.relay.port
    request_id, visit = await lab.session(desk, engineer)
    visit.ask(Capability.VIEW)
    await desk.answer()
    view = await visit.view(await visit.granted(Capability.VIEW))
    await view.picture()
    return request_id, visit, view


TO_PC = [[drop, flip, swap], pytest.param([truncate, replay, cross], marks=pytest.mark.long)]


@pytest.mark.parametrize("acts", TO_PC)
async def test_the_pc_notices_each_change_and_the_third_ends_the_session(
    lab: Lab, desk: FakeDesk, engineer: Engineer, acts: list[Act]
) -> None:
    mischief = Mischief(drop, Role.CONSOLE, Channel.MAIN)
    lab.relay.tamper = mischief
    request_id, visit, view = await viewing(lab, desk, engineer)
    grant = visit.grants[Capability.VIEW]
    for forged, act in enumerate(acts, start=1):
        mischief.act, mischief.is_armed = act, True
        await lab.do(lab.until_journalled, request_id, "record_forged", forged)
        visit.hang_up()
        view.hang_up()
        if forged == len(acts):
            break
        await desk.phase(shown.RequestPhase.LINE_LOST)
        visit = Visit(engineer, await engineer.open(Channel.MAIN))
        await desk.phase(shown.RequestPhase.IN_SESSION)
        view = ViewEnd(await engineer.open(Channel.VIEW, grant))
        assert (await view.picture(8)).whole, "the view starts whole in its new epoch"
    assert await desk.outcome() is SessionEnd.PEER_FAULT
    assert lab.outcomes(request_id) == ["peer_fault"]


CHANGES_TO_PICTURES = [swap, pytest.param(lengthen, marks=pytest.mark.long)]


@pytest.mark.parametrize("act", CHANGES_TO_PICTURES)
async def test_the_console_opens_nothing_that_was_changed(
    lab: Lab, desk: FakeDesk, engineer: Engineer, act: Act
) -> None:
    """Our fake console opens records as the product's does; what counts is that none opens."""
    mischief = Mischief(act, Role.PC, Channel.VIEW)
    lab.relay.tamper = mischief
    _, visit, view = await viewing(lab, desk, engineer)
    heard = len(view.heard)
    mischief.is_armed = True
    view.say(ViewReady(VideoAbility.NONE))  # a whole picture, as after any fault: several records one after the other
    await view.until(lambda: view.is_over)
    assert view.fault is not None
    assert len(view.heard) - heard <= 1, "only what went before"
    lab.relay.behave()
    visit.say(said.LeaveSession())
    assert await desk.outcome() is SessionEnd.LEFT


async def test_a_relay_that_swaps_ends_gets_nowhere(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    """What comes on `view` and was not sealed for it is a lost line, as the documents say; the session comes back."""
    request_id, _, view = await viewing(lab, desk, engineer)
    lab.relay.inject(Role.PC, Channel.VIEW, os.urandom(64))
    await view.until(lambda: view.is_over)
    await desk.phase(shown.RequestPhase.LINE_LOST)
    visit = Visit(engineer, await engineer.open(Channel.MAIN))
    await desk.phase(shown.RequestPhase.IN_SESSION)
    visit.say(said.LeaveSession())
    assert await desk.outcome() is SessionEnd.LEFT
    assert lab.kinds(request_id).count("record_forged") == 1
