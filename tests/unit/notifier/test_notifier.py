"""The notifier with a journal of its own and callers that are not there: who is told what, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

import pytest

from benchside.notifier.journal import Journal
from benchside.notifier.notifier import Notifier
from benchside.notifier.settings import NotifierSettings
from benchside.notifier.silence import SILENT
from benchside.notifier.words import Words
from benchside.protocol.errors import CallerError
from benchside.protocol.flow.conditions.unsaid import Unsaid
from benchside.protocol.wire import notice as wire
from benchside.protocol.wire.condition import ConditionChange, ConditionKey, Severity, Signal, SignalState

KEY = ConditionKey("local.test", "Pump 1", "low")


class Faulty(Journal):
    """A journal with a mistake of ours in it."""

    is_faulty = False

    def append(
        self, drafts: Sequence[ConditionChange], unsaid: Mapping[ConditionKey, Unsaid | None] = MappingProxyType({})
    ) -> list[ConditionChange]:
        if self.is_faulty:
            raise CallerError("expected nothing, got a mistake")
        return super().append(drafts, unsaid)


class FakeDesk:
    """A desk that only listens; `is_person`: neither root nor our own account."""

    def __init__(self, *, is_full_screen: bool = False, pops_up: bool = True) -> None:
        self.locale = "en"
        self.pops_up = pops_up
        self.is_full_screen = is_full_screen
        self.heard: list[wire.NoticeMessage] = []
        self.peer = SimpleNamespace(is_system=False, is_ours=False)

    def send(self, message: wire.NoticeMessage) -> None:
        self.heard.append(message)

    def cards(self) -> list[int]:
        return [message.number for message in self.heard if isinstance(message, wire.PopUp)]


class World:
    """A notifier that does not run, and its journal."""

    def __init__(self, folder: Path) -> None:
        self.journal = Faulty(folder / "notices.db")
        settings = NotifierSettings(state=folder, socket=folder / "n.sock", agent_socket=folder / "a.sock")
        self.notifier = Notifier(settings, self.journal, self.journal.project(), Words({}, ()), was_spoilt=False)

    def enter(self, desk: FakeDesk) -> FakeDesk:
        self.notifier._desk_entered(desk)  # type: ignore[arg-type]
        return desk

    def say(self, desk: FakeDesk, message: wire.NoticeMessage) -> None:
        self.notifier._desk_said(desk, message)  # type: ignore[arg-type]

    def leave(self, desk: FakeDesk) -> None:
        self.notifier._desk_left(desk)  # type: ignore[arg-type]

    def signal(self, severity: Severity = Severity.WARNING) -> None:
        self.notifier.signals_came((Signal(KEY, SignalState.ON, severity=severity),))
        self.notifier._turn()

    def wait_for_cards(self) -> None:
        """Let SHOWN_WITHIN_S pass for every card."""
        for sent in tuple(self.notifier._cards._unshown.values()):
            if sent.timer is not None:
                sent.timer.cancel()
                self.notifier._cards._look(sent)


@pytest.fixture
async def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_whoever_waits_is_answered_whatever_goes_wrong(world: World) -> None:
    answers: list[bool] = []
    world.notifier.signals_came((Signal(KEY, SignalState.ON),), answers.append)
    world.notifier._turn()
    world.journal.is_faulty = True
    world.notifier.signals_came((Signal(KEY, SignalState.OFF),), answers.append)
    with pytest.raises(CallerError):
        world.notifier._turn()
    assert answers == [True, False]


async def test_a_full_screen_program_keeps_quiet_only_where_no_other_desk_can_tell(world: World) -> None:
    busy = world.enter(FakeDesk(is_full_screen=True))
    world.enter(FakeDesk(pops_up=False))  # a command that only looks
    world.signal()
    assert busy.cards() == []
    free = world.enter(FakeDesk())
    assert (busy.cards(), free.cards()) == ([], [1])


async def test_what_is_critical_goes_to_every_desk(world: World) -> None:
    busy, free = world.enter(FakeDesk(is_full_screen=True)), world.enter(FakeDesk())
    world.signal(Severity.CRITICAL)
    assert (busy.cards(), free.cards()) == ([1], [1])


async def test_a_card_that_no_desk_showed_goes_to_the_next(world: World) -> None:
    hung = world.enter(FakeDesk())
    world.signal()
    world.wait_for_cards()
    assert hung.cards() == [1], "not twice to the same"
    world.leave(hung)
    later = world.enter(FakeDesk())
    assert later.cards() == [1]
    world.say(later, wire.PopUpShown(number=1))
    assert world.enter(FakeDesk()).cards() == []


async def test_a_desk_that_came_within_the_five_seconds_has_it_after_them(world: World) -> None:
    world.enter(FakeDesk())
    world.signal()
    second = world.enter(FakeDesk())
    assert second.cards() == []
    world.wait_for_cards()
    assert second.cards() == [1]


async def test_a_card_that_was_shown_or_is_no_news_goes_to_nobody_else(world: World) -> None:
    first = world.enter(FakeDesk())
    world.signal()
    world.say(first, wire.PopUpShown(number=1))
    world.wait_for_cards()
    assert world.enter(FakeDesk()).cards() == []


async def test_what_was_acknowledged_meanwhile_is_no_news(world: World) -> None:
    first = world.enter(FakeDesk())
    world.signal()
    world.wait_for_cards()
    world.say(first, wire.Acknowledge(key=KEY, by="Eva"))
    assert world.enter(FakeDesk()).cards() == []
    assert not world.notifier._cards._unshown


@pytest.mark.parametrize("back", [False, True])
async def test_a_person_puts_nothing_out_of_service(world: World, back: bool) -> None:
    desk = world.enter(FakeDesk())
    world.signal()
    order = wire.PutOutOfService(key=KEY, by="Eva", why="test", back=back)
    world.say(desk, order)
    assert desk.heard[-1] == wire.NoticeRefused(key=KEY, reason="not_allowed")
    assert not world.notifier._board.states[KEY].is_out_of_service
    desk.peer.is_system = True
    world.say(desk, order)
    assert world.notifier._board.states[KEY].is_out_of_service is not back


async def test_a_server_is_missed_as_well_while_the_agent_is_away(world: World) -> None:
    for is_online in (False, None, None, False, None):
        world.notifier.agent_said(is_online=is_online, is_assay_running=False)
        world.notifier._turn()
        assert world.notifier._board.states[SILENT].is_active
    world.notifier.agent_said(is_online=True, is_assay_running=False)
    world.notifier._turn()
    assert not world.notifier._board.states[SILENT].is_active
