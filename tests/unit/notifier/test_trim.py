"""By a clock a tenth of the journal goes in a day, however often the notifier starts; by size what is beyond."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from benchside.notifier import trim
from benchside.notifier.journal import Journal
from benchside.notifier.settings import NotifierSettings
from benchside.notifier.trim import DAY, DAY_HOURS, PARTS, Trimmer
from benchside.protocol.errors import UnavailableError
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, Severity, Signal

DAY_MS = 24 * 3600 * 1000
AHEAD = 3650 * DAY_MS
SETTINGS = NotifierSettings(journal_mb=5)
KEY = ConditionKey("local.test", "Pump 1", "low")


class Large(Journal):
    """A journal with as much in each entry as `entry_bytes` says."""

    entry_bytes = 10**9

    def _bytes(self) -> int:
        (count,) = self._db.execute("SELECT count(*) FROM change").fetchone()
        return int(count) * self.entry_bytes


def entries(count: int) -> list[ConditionChange]:
    kinds = (ChangeKind.RAISED, ChangeKind.CLEARED)
    severities = (Severity.WARNING, None)
    return [drafted(kinds[n % 2], n, KEY, severity=severities[n % 2]) for n in range(count)]


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Large:
    monkeypatch.setattr(trim, "PAUSE_S", 0)
    journal = Large(tmp_path / "notices.db")
    journal.append(entries(1000))
    return journal


async def part(journal: Journal, *, kept: int = 0, utc_ms: int = AHEAD) -> Signal | None:
    """One more part of an hour of a notifier that begins anew each time, with a clock that is ten years ahead."""
    return await Trimmer(journal, SETTINGS).part_passed(journal.project().states, kept=kept, utc_ms=utc_ms)


async def hour(journal: Journal, *, kept: int = 0, utc_ms: int = AHEAD) -> Signal | None:
    for _ in range(PARTS - 1):
        assert await part(journal, kept=kept, utc_ms=utc_ms) is None
    return await part(journal, kept=kept, utc_ms=utc_ms)


def left(journal: Journal) -> int:
    """How many of the first thousand are there."""
    return sum(change.sequence <= 1000 for change in journal.after(0, 2000))


async def test_what_the_server_lacks_is_too_large_and_old_loses_a_tenth_a_day(journal: Large) -> None:
    for _ in range(DAY_HOURS):
        await hour(journal)
    assert left(journal) == 900
    await hour(journal)
    assert 800 < left(journal) < 815, "of what there was when the next day began"


async def test_what_has_grown_too_large_within_the_day_is_cut_in_it(journal: Large) -> None:
    journal.entry_bytes = 1
    assert await hour(journal, utc_ms=0) is None
    journal.entry_bytes = 10**9
    assert await hour(journal) is not None
    assert left(journal) == 900
    assert await hour(journal) is None


async def test_old_entries_go_once_a_day(journal: Large) -> None:
    journal.entry_bytes = 1
    first = await hour(journal)
    assert first is not None
    assert first.values == {"entries": 100}
    assert [await hour(journal) for _ in range(DAY_HOURS - 1)] == [None] * (DAY_HOURS - 1)
    assert await hour(journal) is not None


async def test_a_mark_that_cannot_be_read_waits_for_the_next_day(journal: Large) -> None:
    for rubbish in (b"", b"rubbish", b"\x92\xff\x01"):
        journal.keep_fact(DAY, rubbish)
        assert await hour(journal) is None
    for _ in range(DAY_HOURS - 1):
        await hour(journal)
    assert left(journal) == 900


async def test_what_broke_off_counts_as_gone(journal: Large, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_until: int, _entry: ConditionChange) -> None:
        raise UnavailableError("expected the journal to be cut, got a full disk")

    monkeypatch.setattr(journal, "cut", refuse)
    with pytest.raises(UnavailableError):
        await hour(journal)
    monkeypatch.undo()
    assert await hour(journal) is None


async def test_an_empty_journal_stays_as_it_is(tmp_path: Path) -> None:
    journal = Large(tmp_path / "empty.db")
    assert journal.part() == 0
    assert await hour(journal) is None


async def test_much_is_cut_in_pieces_with_an_entry_each(journal: Large, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trim, "PIECE", 30)
    journal.entry_bytes = 1
    states = journal.project().states
    assert await hour(journal, kept=1000) is not None
    assert [change.count for change in journal.after(1000, 9)] == [30, 60, 90, 100]
    assert journal.after(0, 1)[0].sequence == 101
    after = journal.project()
    assert (after.states, after.broken_at) == (states, None)


async def test_what_is_not_needed_is_cut_to_the_limit_however_much_is_written(journal: Large) -> None:
    """Much more in a day than the limit holds: 2400 entries of 10 kB, where 500 find room."""
    journal.entry_bytes = 10_000
    for _ in range(DAY_HOURS):
        journal.append(entries(100))
        await hour(journal, kept=journal.last_sequence(), utc_ms=0)
        assert journal._bytes() <= 5_000_000 + 2 * journal.entry_bytes, "the limit, and the entry that says so"
    after = journal.project()
    assert after.entries > 490, "and no more than that"
    assert after.broken_at is None


async def test_what_goes_for_size_leaves_the_tenth_for_what_is_old(journal: Large) -> None:
    journal.entry_bytes = 10_000
    assert await hour(journal, kept=200) is not None
    assert left(journal) == 800, "what the server has"
    assert await hour(journal, kept=200) is not None
    assert left(journal) == 700, "a tenth of what it lacks"
    assert await hour(journal, kept=200) is None


async def test_runs_that_are_shorter_than_an_hour_count_together(journal: Large) -> None:
    assert [await part(journal) for _ in range(PARTS - 1)] == [None] * (PARTS - 1)
    assert await part(journal) is not None


async def test_a_day_that_an_older_version_counted_goes_on(journal: Large) -> None:
    journal.keep_fact(DAY, msgspec.msgpack.encode({"hours": 3, "left": 40}))
    assert await hour(journal) is not None
    assert left(journal) == 960
