"""A session's life: code, line, ends."""

from __future__ import annotations

import pytest

from benchside.protocol.errors import CallerError
from benchside.protocol.flow.session import (
    CODE_LIFE_S,
    LOST_FOR_S,
    MAX_SESSION_S,
    SILENT_AFTER_S,
    BeginConsent,
    EndSession,
    KillCode,
    LetLineBack,
    LoseLine,
    Phase,
    SessionEvent,
    SessionMachine,
)
from benchside.protocol.wire.session import SessionEnd

E = SessionEvent


@pytest.fixture
def live() -> SessionMachine:
    machine = SessionMachine(0)
    machine.step(E.CODE_MADE, 0)
    assert machine.step(E.ASSOCIATE_PROVED, 10) == [KillCode(), BeginConsent()]
    return machine


def test_a_code_is_good_for_ten_minutes_and_a_new_one_starts_again() -> None:
    machine = SessionMachine(0)
    assert machine.phase is Phase.NO_CODE
    machine.step(E.CODE_MADE, 0)
    assert machine.deadline() == CODE_LIFE_S
    assert machine.step(E.MOMENT_CAME, CODE_LIFE_S - 1) == []
    assert machine.step(E.MOMENT_CAME, CODE_LIFE_S) == [KillCode()]
    machine.step(E.CODE_MADE, 700)
    assert machine.code_left_s(701) == CODE_LIFE_S - 1


def test_nobody_can_prove_anything_without_a_code() -> None:
    with pytest.raises(CallerError):
        SessionMachine(0).step(E.ASSOCIATE_PROVED, 0)


def test_three_seconds_of_silence_are_a_lost_line_and_a_minute_is_the_end(live: SessionMachine) -> None:
    live.step(E.RECORD_HEARD, 20)
    assert live.step(E.MOMENT_CAME, 20 + SILENT_AFTER_S) == [LoseLine()]
    assert live.phase is Phase.LOST
    assert live.step(E.MOMENT_CAME, 23 + LOST_FOR_S) == [EndSession(SessionEnd.LINE_LOST)]


def test_a_line_that_comes_back_in_time_goes_on_and_one_that_is_late_ends(live: SessionMachine) -> None:
    live.step(E.LINE_FELL, 20)
    assert live.step(E.LINE_STOOD, 50) == [LetLineBack()]
    live.step(E.LINE_FELL, 100)
    assert live.step(E.LINE_STOOD, 100 + LOST_FOR_S) == [EndSession(SessionEnd.LINE_LOST)]


def test_the_third_forged_record_ends_it(live: SessionMachine) -> None:
    assert live.step(E.RECORD_FORGED, 20) == [LoseLine()]
    live.step(E.LINE_STOOD, 21)
    assert live.step(E.RECORD_FORGED, 22) == [LoseLine()]
    assert live.step(E.RECORD_FORGED, 23) == [EndSession(SessionEnd.PEER_FAULT)]


def test_it_ends_once_and_never_resumes(live: SessionMachine) -> None:
    assert live.end(SessionEnd.STOPPED) == [EndSession(SessionEnd.STOPPED)]
    assert live.end(SessionEnd.LEFT) == []
    assert live.deadline() is None
    for event in SessionEvent:
        assert live.step(event, 1e6) == []


def test_no_session_outlives_a_shift(live: SessionMachine) -> None:
    live.step(E.RECORD_HEARD, MAX_SESSION_S)
    assert live.step(E.MOMENT_CAME, MAX_SESSION_S) == [EndSession(SessionEnd.TOO_LONG)]
