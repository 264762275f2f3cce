"""The PC's journal: durable, chained, and every change to it shows."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from benchside.agent.attempts import Attempts
from benchside.agent.history import ChainCheck, page_of_history
from benchside.agent.journal import Journal
from benchside.protocol.errors import RefusedError, UnavailableError
from benchside.protocol.trust.journal import JOURNAL_START
from benchside.protocol.wire.audit import EventDetails, EventKind

K = EventKind


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Journal:
    made = Journal(path)
    for number in range(5):
        request = bytes([number // 2]) * 16
        made.append(K.REQUEST_OPENED if number % 2 == 0 else K.SESSION_ENDED, request, EventDetails(cause=str(number)))
    return made


def test_an_empty_journal_is_intact(path: Path) -> None:
    verdict = Journal(path).verify()
    assert (verdict.entries, verdict.head, verdict.broken_at) == (0, JOURNAL_START, None)


def test_entries_are_numbered_chained_and_read_back(journal: Journal) -> None:
    events = journal.after(0, 100)
    assert [event.sequence for event in events] == [1, 2, 3, 4, 5]
    assert journal.verify().head == events[-1].head
    assert [event.sequence for event in journal.after(3, 1)] == [4]
    assert journal.requests_before(None, 10) == [bytes([2]) * 16, bytes([1]) * 16, bytes(16)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entry SET details = X'80' WHERE sequence = 3",
        "UPDATE entry SET kind = 'code_wrong' WHERE sequence = 3",
        "UPDATE entry SET at_utc_ms = at_utc_ms + 1 WHERE sequence = 3",
        "UPDATE entry SET request_id = NULL WHERE sequence = 3",
        "UPDATE entry SET head = zeroblob(32) WHERE sequence = 3",
        "DELETE FROM entry WHERE sequence = 3",
        "DELETE FROM entry WHERE sequence = 1",
    ],
)
def test_each_change_shows_at_its_place(journal: Journal, path: Path, change: str) -> None:
    journal.close()
    with sqlite3.connect(path) as db:
        db.execute(change)
    broken_at = Journal(path).verify().broken_at
    assert broken_at is not None
    assert broken_at <= 4


def test_two_writers_keep_one_chain(journal: Journal, path: Path) -> None:
    other = Journal(path)
    for _ in range(3):
        other.append(K.TERMS_ACCEPTED, None, EventDetails(version="1"))
        journal.append(K.POLICY_ACCEPTED, None, EventDetails(version="2"))
    verdict = journal.verify()
    assert (verdict.entries, verdict.broken_at) == (11, None)


def test_only_its_owner_can_read_it(journal: Journal, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def fill(journal: Journal) -> None:
    for _ in range(400):
        journal.append(K.CODE_MADE, bytes(16), EventDetails(reason="x" * 1000))


def test_a_full_disk_is_an_error_and_loses_nothing(journal: Journal, path: Path) -> None:
    limited = sqlite3.connect(path)
    pages = limited.execute("PRAGMA page_count").fetchone()[0]
    limited.close()
    journal._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(UnavailableError):
        fill(journal)
    assert journal.verify().broken_at is None
    journal._db.execute("PRAGMA max_page_count = 100000")
    journal.append(K.CODE_MADE, None, EventDetails())
    assert journal.verify().broken_at is None


def test_a_page_of_history_holds_each_request_with_its_events(journal: Journal) -> None:
    page = page_of_history(journal, None, intact=True)
    assert not page.more
    assert [len(session.events) for session in page.sessions] == [1, 2, 2]


async def test_the_chain_is_checked_beside_the_loop_and_not_for_each_page(journal: Journal, path: Path) -> None:
    check = ChainCheck(path)
    assert await check.is_intact()
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM entry WHERE sequence = 2")
    assert await check.is_intact()  # within the half minute
    assert not await ChainCheck(path).is_intact()
    assert not await ChainCheck(path.with_name("nowhere") / "journal.db").is_intact()


def test_attempts_are_on_disk_before_anything_follows(path: Path) -> None:
    journal = Journal(path)
    attempts = Attempts(journal)
    attempts.new_code()
    assert attempts.spend(b"k" * 32) == 2
    journal.close()
    # the agent was killed right after: the attempt is counted, and no code outlives the restart
    again = Attempts(Journal(path))
    assert again.left == 0
    with pytest.raises(RefusedError):
        again.spend(b"k" * 32)
    again.new_code()
    with pytest.raises(RefusedError):
        again.spend(b"k" * 32)  # its delay survived as well


def test_what_comes_next_is_found_without_reading_a_journal_of_years(path: Path) -> None:
    journal = Journal(path)
    with sqlite3.connect(path) as db:
        rows = ((number, 1, EventKind.CODE_MADE.value, None, b"{}", bytes(32)) for number in range(1, 20_001))
        db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", rows)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    journal._db.set_progress_handler(count, 100)
    assert journal.after(20_000, 100) == []
    assert journal.requests_before(None, 20) == []
    assert steps < 10, "some hundred instructions of SQLite, not some for each entry"
