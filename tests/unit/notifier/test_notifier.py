"""The notifier with a journal of its own and callers that are not there: who is told what, and when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchside.notifier.journal import Journal
from benchside.notifier.notifier import Notifier
from benchside.notifier.settings import NotifierSettings
from benchside.notifier.words import Words
from benchside.protocol.errors import CallerError
from benchside.protocol.wire.condition import ConditionChange, ConditionKey, Signal, SignalState

KEY = ConditionKey("local.test", "Pump 1", "low")


class Faulty(Journal):
    """A journal with a mistake of ours in it."""

    is_faulty = False

    def append(self, drafts: Sequence[ConditionChange]) -> list[ConditionChange]:
        if self.is_faulty:
            raise CallerError("expected nothing, got a mistake")
        return super().append(drafts)


class World:
    """A notifier that does not run, and its journal."""

    def __init__(self, folder: Path) -> None:
        self.journal = Faulty(folder / "notices.db")
        settings = NotifierSettings(state=folder, socket=folder / "n.sock", agent_socket=folder / "a.sock")
        self.notifier = Notifier(settings, self.journal, self.journal.project(), Words({}, ()), was_spoilt=False)


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
