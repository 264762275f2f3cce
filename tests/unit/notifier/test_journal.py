"""The journal: durable, chained, cut with care; and what waits while the disk is full."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from benchside.notifier.journal import MAX_BEFORE_CUT_S, Journal, open_journal
from benchside.notifier.record import Record
from benchside.protocol.errors import UnavailableError
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.flow.conditions.unsaid import Unsaid
from benchside.protocol.trust.conditions import fits
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, Severity, SignalState

K = ChangeKind
KEY = ConditionKey("pc.disk", "C:", "space_low")
DAY_MS = 24 * 3600 * 1000


def raised(at_utc_ms: int = 1, key: ConditionKey = KEY) -> ConditionChange:
    return drafted(K.RAISED, at_utc_ms, key, severity=Severity.WARNING, texts={"en": "x"}, count=1)


def cleared(at_utc_ms: int = 2, key: ConditionKey = KEY) -> ConditionChange:
    return drafted(K.CLEARED, at_utc_ms, key, count=1)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "notices.db")


def test_changes_are_numbered_chained_and_read_back(journal: Journal) -> None:
    first = journal.append([raised(), cleared()])
    second = journal.append([raised(3)])
    assert [change.sequence for change in first + second] == [1, 2, 3]
    assert fits(bytes(32), first[0])
    assert fits(first[1].head, second[0])
    assert journal.after(1, 10) == [first[1], second[0]]
    assert journal.history(before=None, key=None, most=2) == [second[0], first[1]]
    assert journal.history(before=3, key=KEY, most=9) == [first[1], first[0]]
    assert journal.history(before=None, key=ConditionKey("pc.disk", "D:", "space_low"), most=9) == []


def long_words(letter: str = "\U0001f9ea") -> ConditionChange:
    """Return a change with as many words and values as the wire allows, of four bytes each."""
    texts = dict.fromkeys(("en", "es", "fr", "de"), letter * 300)
    values = {f"{number:032}".replace("0", "v", 1): letter * 120 for number in range(12)}
    what = {"severity": Severity.WARNING, "texts": texts, "values": values, "by": letter * 80, "why": letter * 200}
    return drafted(
        K.RAISED, 2**41, ConditionKey("a" * 64, letter * 80, "b" * 64), count=2**53, until_utc_ms=2**41, **what
    )


def test_the_longest_change_fits(journal: Journal) -> None:
    assert journal.append([long_words()])[0].texts["en"] == "\U0001f9ea" * 300
    assert journal.after(0, 1)[0].why == "\U0001f9ea" * 200


def test_a_change_that_does_not_fit_loses_its_words_and_stops_no_other(journal: Journal) -> None:
    too_long = replace(raised(), texts={"en": "x" * 20_000})
    written = journal.append([too_long, cleared()])
    assert written == journal.after(0, 2)
    assert (written[0].kind, written[0].texts) == (K.RAISED, {})
    assert journal.project().broken_at is None


def test_it_goes_on_after_a_restart(tmp_path: Path) -> None:
    first = Journal(tmp_path / "notices.db")
    first.append([raised()])
    first.close()
    again, projection, was_spoilt = open_journal(tmp_path, "now")
    assert again.id == first.id
    assert (projection.sequence, projection.broken_at, was_spoilt) == (1, None, False)
    assert projection.states[KEY].is_active
    again.append([cleared()])
    assert not again.project().states[KEY].is_active
    assert again.last_sequence() == 2


def test_a_changed_and_a_removed_entry_show(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "notices.db")
    journal.append([raised(each) for each in range(1, 6)])
    db = sqlite3.connect(tmp_path / "notices.db")
    db.execute("DELETE FROM change WHERE sequence = 3")
    db.commit()
    assert journal.project().broken_at == 4
    db.execute("UPDATE change SET body = (SELECT body FROM change WHERE sequence = 1) WHERE sequence = 2")
    db.commit()
    assert journal.project().broken_at == 1 or journal.project().broken_at == 2


@pytest.fixture
def renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was renamed; nothing in the folder may be open then, since Windows renames nothing that is."""
    names: list[str] = []
    fds = Path("/proc/self/fd")
    rename = Path.rename

    def look_and_rename(path: Path, target: Path) -> Path:
        names.append(path.name)
        held = [each.readlink() for each in fds.iterdir() if each.is_symlink()] if fds.is_dir() else []
        assert not [each for each in held if each.is_relative_to(tmp_path)]
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", look_and_rename)
    return names


def test_a_spoilt_file_is_put_aside_and_another_begun(tmp_path: Path, renamed: list[str]) -> None:
    (tmp_path / "notices.db").write_bytes(b"rubbish" * 1000)
    journal, projection, was_spoilt = open_journal(tmp_path, "1")
    assert was_spoilt
    assert projection.entries == 0
    journal.append([raised()])
    assert (tmp_path / "spoilt-1-notices.db").exists()
    assert renamed == ["notices.db"]


def test_a_journal_with_an_entry_that_cannot_be_is_put_aside(tmp_path: Path, renamed: list[str]) -> None:
    first = Journal(tmp_path / "notices.db")
    first.append([raised(), cleared()])
    first._db.execute("UPDATE change SET body = x'00' WHERE sequence = 1")
    first.close()
    assert open_journal(tmp_path, "1")[2]
    assert renamed == ["notices.db"]


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("base", b"rubbish"),
        ("base", msgspec.msgpack.encode({"sequence": -1})),
        ("base", msgspec.msgpack.encode({"sequence": 3, "head": b"short"})),
        ("base", msgspec.msgpack.encode({"states": [1]})),
        ("journal", b"short"),
    ],
)
def test_a_journal_with_a_fact_that_cannot_be_is_put_aside(
    tmp_path: Path, renamed: list[str], fact: str, value: bytes
) -> None:
    first = Journal(tmp_path / "notices.db")
    first.append([raised()])
    first.keep_fact(fact, value)
    first.close()
    journal, projection, was_spoilt = open_journal(tmp_path, "1")
    assert was_spoilt
    assert projection.entries == 0
    assert len(journal.id) == 16
    assert (tmp_path / "spoilt-1-notices.db").exists()
    assert renamed == ["notices.db"]


def test_a_file_that_cannot_be_opened_is_not_put_aside(tmp_path: Path) -> None:
    (tmp_path / "notices.db").mkdir()
    with pytest.raises(UnavailableError):
        open_journal(tmp_path, "1")


@pytest.mark.skipif(sys.platform == "win32", reason="access lists there: tests/windows/inside/test_door.py")
def test_its_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    open_journal(tmp_path, "1")
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_facts_are_kept(journal: Journal) -> None:
    journal.keep_fact("kept", b"1")
    journal.keep_fact("kept", b"2")
    assert journal.fact("kept") == b"2"
    assert journal.fact("other") is None


def cut(journal: Journal, **what: int) -> int:
    """Return how many entries went."""
    asked = {"now_utc_ms": 200 * DAY_MS, "max_age_s": 90 * 24 * 3600, "max_bytes": 10**9, "kept": 10**9} | what
    asked.setdefault("most", journal.part())
    states = journal.project().states
    found = journal.to_cut(**asked, states=states)
    if found is None:
        return 0
    journal.cut(found.sequence, drafted(K.CUT, asked["now_utc_ms"], count=found.sequence))
    after = journal.project()
    assert (after.states, after.broken_at) == (states, None)
    return found.entries


def test_old_entries_are_cut_a_tenth_at_a_time_and_the_chain_goes_on(journal: Journal) -> None:
    journal.append([change for day in range(100) for change in (raised(day * DAY_MS), cleared(day * DAY_MS))])
    assert cut(journal) == 20
    assert cut(journal) == 18
    assert journal.history(before=None, key=None, most=1)[0].count == 38
    journal.append([raised(200 * DAY_MS)])
    assert journal.project().broken_at is None
    assert journal.after(0, 1)[0].sequence == 39


def test_what_the_server_lacks_is_cut_after_thirty_days_only(journal: Journal) -> None:
    days = MAX_BEFORE_CUT_S // (24 * 3600)
    journal.append([change for day in range(100) for change in (raised(day * DAY_MS), cleared(day * DAY_MS))])
    assert cut(journal, now_utc_ms=99 * DAY_MS, max_age_s=0, kept=0) > 0
    assert cut(journal, now_utc_ms=(days - 1) * DAY_MS, max_age_s=0, kept=0) == 0
    assert cut(journal, now_utc_ms=(days - 1) * DAY_MS, max_age_s=0) > 0


def test_what_is_active_is_cut_after_thirty_days_only(journal: Journal) -> None:
    journal.append([raised(day * DAY_MS, ConditionKey("a", str(day), "b")) for day in range(100)])
    assert cut(journal, now_utc_ms=20 * DAY_MS, max_age_s=0) == 0
    assert cut(journal, now_utc_ms=200 * DAY_MS, max_age_s=0) == 10, "it stands on in the base"


class NoCutJournal(Journal):
    """A journal whose disk takes no line of CUT."""

    def _insert(self, rows: list[tuple[int, int, str | None, bytes]]) -> None:
        if len(rows) == 1:
            raise sqlite3.OperationalError("disk is full")
        super()._insert(rows)


def test_nothing_is_cut_without_an_entry_that_says_so(tmp_path: Path) -> None:
    journal = NoCutJournal(tmp_path / "notices.db")
    written = journal.append([raised(1), cleared(2)])
    with pytest.raises(UnavailableError):
        journal.cut(1, drafted(K.CUT, 3, count=1))
    assert journal.after(0, 9) == written
    assert journal.project().broken_at is None


def test_the_whole_journal_is_searched_once_however_much_is_active(journal: Journal) -> None:
    journal.append([raised(day * DAY_MS, ConditionKey("a", str(day), "b")) for day in range(50)])
    searches: list[str] = []
    journal._db.set_trace_callback(searches.append)
    cut(journal)
    assert sum("at_utc_ms >=" in each for each in searches) == 3


def test_size_is_a_reason_too(journal: Journal) -> None:
    journal.append([raised(199 * DAY_MS), cleared(199 * DAY_MS)] * 50)
    assert cut(journal) == 0
    assert cut(journal, max_bytes=1, kept=0) == 0
    half = journal._bytes() // 2
    assert 40 < cut(journal, max_bytes=half) <= 51, "about half, however much may go by age"
    assert cut(journal, now_utc_ms=0, max_age_s=1, kept=0) == 0
    first = journal.after(0, 1)[0].sequence
    assert cut(journal, max_bytes=1, most=0, kept=70) == 71 - first


def test_how_large_it_is_is_looked_at_each_hour(journal: Journal) -> None:
    assert not journal.is_larger_than(1)
    while not journal.is_larger_than(1):
        journal.append([raised(0) for _ in range(1000)])
    assert not journal.is_larger_than(2)


def test_an_empty_journal_has_nothing_to_cut(journal: Journal) -> None:
    assert cut(journal) == 0


class FullDisk(Journal):
    """A journal that refuses."""

    is_full = True

    def append(self, drafts: object, unsaid: object = None) -> list[ConditionChange]:
        if self.is_full:
            raise UnavailableError("expected the journal to take changes, got a full disk")
        return super().append(drafts, unsaid or {})  # type: ignore[arg-type]


def test_what_a_full_disk_refuses_waits_and_is_written_in_order(tmp_path: Path) -> None:
    journal = FullDisk(tmp_path / "notices.db")
    record = Record(journal)
    assert record.write([]) == []
    for drafts in ([raised()], [cleared()]):
        with pytest.raises(UnavailableError):
            record.write(drafts)
    assert record.is_stuck
    journal.is_full = False
    assert [change.kind for change in record.write([raised()])] == [K.RAISED, K.CLEARED, K.RAISED]
    assert not record.is_stuck


UNSAID = Unsaid(KEY, SignalState.OFF, Severity.WARNING, {}, 1)


def test_what_is_unsaid_is_kept_until_it_is_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "notices.db")
    journal.append([raised()], {KEY: UNSAID})
    journal.close()
    again = Journal(tmp_path / "notices.db")
    assert again.project().unsaid == (UNSAID,)
    again.append([], {KEY: replace(UNSAID, count=2)})
    assert [unsaid.count for unsaid in again.project().unsaid] == [2]
    again.append([cleared()], {KEY: None})
    assert again.project().unsaid == ()


def test_what_is_unsaid_waits_for_room_too(tmp_path: Path) -> None:
    journal = FullDisk(tmp_path / "notices.db")
    record = Record(journal)
    with pytest.raises(UnavailableError):
        record.write([], {KEY: UNSAID})
    assert record.is_stuck, "whoever said it hears that it is in memory alone"
    journal.is_full = False
    assert record.write([]) == []
    assert not record.is_stuck
    assert journal.project().unsaid == (UNSAID,)


def test_what_waits_is_bounded_and_its_sum_is_exact(tmp_path: Path) -> None:
    journal = FullDisk(tmp_path / "notices.db")
    record = Record(journal)
    for _ in range(3000):
        with pytest.raises(UnavailableError):
            record.write([raised(), cleared(), drafted(K.FOLDED, 3, KEY, count=5)])
    journal.is_full = False
    written = record.write([])
    assert len(written) < 4100
    assert sum(change.count or 0 for change in written) == 3000 * 7
