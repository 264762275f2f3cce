"""The server is missed until the agent reaches it, or until there is no agent any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchside.notifier.journal import Journal
from benchside.notifier.silence import GONE_AFTER_H, HOUR_S, OVER, SILENT, Silence
from benchside.notifier.words import PACKAGE_CATALOGUE, read_words
from benchside.protocol.flow.conditions.board import Board
from benchside.protocol.flow.conditions.event import Signalled, Started, Ticked
from benchside.protocol.wire.condition import Signal, SignalState
from benchside.protocol.wire.notice import Acknowledge

ON = Signal(SILENT, SignalState.ON)
MINUTE_S = 60
UTC_S = 1_780_000_000


class Pc:
    """A board that hears what follows from an agent that comes and goes."""

    def __init__(self, journal: Journal) -> None:
        self.now = 0
        self.silence = Silence(journal, 0)
        self.board = Board(read_words([PACKAGE_CATALOGUE]), {}, now=0, utc_ms=UTC_S * 1000)
        self.step(Started())

    def step(self, event: Started | Signalled | Ticked | Acknowledge) -> None:
        self.board.step(event, self.now, (UTC_S + self.now) * 1000)

    def agent(self, is_online: bool | None, minutes: int) -> None:
        """The agent is so for so long."""
        if is_online is None:
            self.silence.gone(self.now)
        else:
            self.step(Signalled(self.silence.heard(is_online=is_online)))
        for _ in range(minutes):
            self.now += MINUTE_S
            self.step(Ticked())
            if (signal := self.silence.look(self.now, is_on=self.board.hears(OVER))) is not None:
                self.step(Signalled(signal))

    @property
    def is_missed(self) -> bool:
        return SILENT in self.board.states and self.board.states[SILENT].is_active


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "notices.db")


def test_an_agent_that_is_away_for_five_minutes_takes_nothing_back(journal: Journal) -> None:
    pc = Pc(journal)
    pc.agent(False, 61)
    pc.step(Acknowledge(key=SILENT, by="Ann"))
    pc.agent(None, 5)
    pc.agent(False, 61)
    assert pc.is_missed
    assert pc.board.states[SILENT].acknowledged_by == "Ann"
    pc.agent(True, 2)
    assert not pc.is_missed


def test_the_hour_goes_on_over_an_agent_that_comes_and_goes(journal: Journal) -> None:
    pc = Pc(journal)
    pc.agent(False, 50)
    pc.agent(None, 1)
    pc.agent(False, 8)
    assert not pc.is_missed
    pc.agent(False, 2)
    assert pc.is_missed


def test_a_pc_without_an_agent_for_a_day_misses_no_server(journal: Journal) -> None:
    pc = Pc(journal)
    pc.agent(False, 61)
    pc.agent(None, 60 * GONE_AFTER_H - 1)
    assert pc.is_missed
    pc.agent(None, 3)
    assert not pc.is_missed
    pc.agent(False, 61)
    assert pc.is_missed


def test_the_day_is_counted_over_restarts_and_begins_anew_with_the_agent(journal: Journal) -> None:
    def run(hours: int) -> list[Signal]:
        silence = Silence(journal, 0.0)
        said = [silence.look(each * HOUR_S, is_on=True) for each in range(1, hours + 1)]
        return [signal for signal in said if signal is not None]

    assert run(8) + run(8) + run(7) == []
    assert run(1) == [OVER]
    assert run(23) == []
    assert Silence(journal, 0.0).heard(is_online=False) == ON
    assert run(23) == []


def test_an_absence_counts_from_when_the_server_is_missed(journal: Journal) -> None:
    silence = Silence(journal, 0.0)
    assert silence.look(100 * HOUR_S, is_on=False) is None
    assert silence.look(101 * HOUR_S, is_on=True) is None
