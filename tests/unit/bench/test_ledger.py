"""The judge of `bench notices` finds what is lost and what is doubled."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from bench.notices.ledger import PcBook, ServerBook, judge_pc, judge_server
from bench.notices.pusher import Said
from tests.fakes.notifier import DISK, Journal

from benchside.notifier import journal as product
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.flow.conditions.projection import replay
from benchside.protocol.flow.conditions.unsaid import Unsaid
from benchside.protocol.wire.condition import ChangeKind, Severity, SignalState

ON, OFF = SignalState.ON, SignalState.OFF
RAISED = drafted(ChangeKind.RAISED, 1, DISK, severity=Severity.WARNING, count=1)
CLEARED = drafted(ChangeKind.CLEARED, 2, DISK, count=1)


@pytest.fixture
def journal(tmp_path: Path) -> product.Journal:
    return product.Journal(tmp_path / "notices.db")


def book(journal: product.Journal, tmp_path: Path) -> PcBook:
    journal.close()
    return PcBook.read(tmp_path / "notices.db")


@pytest.mark.parametrize(
    ("said", "lost", "doubled"),
    [
        (Said(newest=OFF, least=2, most=2, is_once=True), 0, 0),
        (Said(newest=OFF, least=2, most=3), 0, 0),
        (Said(newest=ON, least=2, most=2), 1, 0),
        (Said(newest=ON, least=2, most=3, is_unsure=True), 0, 0),
        (Said(newest=OFF, least=4, most=4), 2, 0),
        (Said(newest=OFF, least=1, most=1), 0, 1),
    ],
)
def test_each_condition_stands_as_it_was_said(
    journal: product.Journal, tmp_path: Path, said: Said, lost: int, doubled: int
) -> None:
    journal.append([RAISED, CLEARED])
    found = judge_pc(book(journal, tmp_path), [{DISK: said}])
    assert (found.lost, found.doubled) == (lost, doubled)


def test_what_comes_once_is_there_once(journal: product.Journal, tmp_path: Path) -> None:
    journal.append([RAISED, RAISED, CLEARED])
    found = judge_pc(book(journal, tmp_path), [{DISK: Said(newest=OFF, least=2, most=3, is_once=True)}])
    assert (found.lost, found.doubled) == (0, 1)


def test_what_is_unsaid_counts(journal: product.Journal, tmp_path: Path) -> None:
    journal.append([RAISED], {DISK: Unsaid(DISK, OFF, Severity.WARNING, {}, 1)})
    found = judge_pc(book(journal, tmp_path), [{DISK: Said(newest=OFF, least=2, most=2)}])
    assert (found.lost, found.doubled) == (0, 0)


def test_the_server_has_each_change_once_and_shows_what_follows() -> None:
    fake = Journal()
    changes = [fake.raised(), fake.acknowledged()]
    here = PcBook(fake.id, changes, None, replay(changes))
    logged = [(fake.id, change.sequence, change.head) for change in changes]
    shown = dict(here.states)
    for server, lost, doubled in (
        (ServerBook(logged, shown), 0, 0),
        (ServerBook(logged[:1], shown), 1, 0),
        (ServerBook([*logged, logged[1]], shown), 0, 1),
        (ServerBook(logged[::-1], shown), 0, 1),
        (ServerBook([logged[0], (fake.id, 2, bytes(32))], shown), 1, 1),
        (ServerBook(logged, {}), 1, 0),
        (ServerBook(logged, {DISK: msgspec.structs.replace(shown[DISK], is_active=False)}), 1, 0),
    ):
        found = judge_server(here, server)
        assert (found.lost, found.doubled) == (lost, doubled), server
