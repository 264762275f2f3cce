"""The system's logs when they hold more than a look can read, or when a part of them cannot be read."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.unit.notifier.checks.conditions import pulses
from tests.unit.notifier.checks.test_logs import Told, event, events, journal_line

from benchside.notifier.checks import event_log, journal
from benchside.notifier.checks.event_log import EventLogLook, read_events
from benchside.notifier.checks.journal import JournalLook
from benchside.notifier.checks.options import EventLogSettings, JournalSettings
from benchside.notifier.watch.contract import PartlyUnavailableError
from benchside.protocol.errors import UnavailableError

LOST = ("journal", "entries_lost")


class Journal:
    """journalctl: entries by their number, and which of them it prints."""

    def __init__(self, most_bytes: int) -> None:
        self.entries: list[str] = []
        self.most_bytes = most_bytes
        self.is_reverse_well = True

    def write(self, count: int, message: str = "noise") -> None:
        self.entries += [message] * count

    def __call__(self, words: Sequence[str]) -> bytes:
        begin = words[-1]
        if begin == "--reverse":
            if not self.is_reverse_well:
                raise UnavailableError("expected journalctl to end, got nothing")
            numbers = list(reversed(range(len(self.entries))))
        else:
            after = int(begin.rpartition("=")[2]) if "after-cursor" in begin else -1
            numbers = list(range(after + 1, len(self.entries)))
        lines = (journal_line(MESSAGE=self.entries[number], __CURSOR=f"i={number}") for number in numbers)
        return b"".join(lines)[: self.most_bytes]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setattr(journal, "MAX_BYTES", 4000)
    return Journal(4000)


def test_a_flood_does_not_keep_us_behind_and_what_was_left_out_is_said(log: Journal) -> None:
    look = JournalLook(JournalSettings(), log)
    for _ in range(5):
        log.write(1000)
        log.write(1, "I/O error, dev sda, sector 8")
        assert pulses(look()) == {LOST: 1, ("kernel", "storage_error"): 1}
    log.write(3)
    assert look() == []


def test_what_two_readings_hold_is_read_whole_and_once(log: Journal) -> None:
    look = JournalLook(JournalSettings(), log)
    log.write(60, "I/O error, dev sda, sector 8")
    assert len(log(["--since=-600s"])) == 4000, "one does not hold it"
    assert pulses(look()) == {("kernel", "storage_error"): 60}
    assert look() == []


def test_where_the_end_cannot_be_read_the_next_look_goes_on(log: Journal) -> None:
    look = JournalLook(JournalSettings(), log)
    log.write(60, "I/O error, dev sda, sector 8")
    log.is_reverse_well = False
    first = pulses(look())[("kernel", "storage_error")]
    assert first + pulses(look())[("kernel", "storage_error")] == 60


def test_a_channel_that_cannot_be_read_takes_nothing_from_the_other() -> None:
    is_bad = True

    def ask(words: Sequence[str]) -> bytes:
        if "System" in words:
            return events(event(7, "disk", 51))
        if is_bad:
            raise UnavailableError("expected wevtutil to succeed, got exit code 5")
        return events(event(3, "LIMS", 1))

    look = EventLogLook(EventLogSettings(rules=("name=lims provider=LIMS",)), ask)
    with pytest.raises(PartlyUnavailableError) as caught:
        look()
    assert pulses(caught.value.signals) == {("disk", "storage_error"): 1}
    is_bad = False
    assert pulses(look()) == {("lims", "matched"): 1}


def test_of_events_that_are_too_large_the_newest_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    fat = [event(number, "LIMS", 1).replace("Garc", "x" * 2000) for number in range(40, 0, -1)]
    whole = events(*fat)
    monkeypatch.setattr(event_log, "MAX_BYTES", 40_000)
    told = Told(lambda words: b"")
    look = EventLogLook(EventLogSettings(rules=("name=lims provider=LIMS",)), told)
    assert look() == []
    told.answer = lambda words: whole[:40_000] if "Application" in words else events(event(7, "disk", 51))
    found = pulses(look())
    assert found[("Application", "entries_lost")] == 1
    assert found[("disk", "storage_error")] == 1
    assert 5 < found[("lims", "matched")] < 40
    assert look() == [], "what was left out is not said again and again"


def test_a_cut_answer_gives_its_whole_events() -> None:
    whole = events(event(7, "disk", 51), event(6, "disk", 7))
    for length in range(len(whole)):
        assert len(read_events(whole[:length], is_cut=True)) <= 2
    assert [record for record, _ in read_events(whole[:-40], is_cut=True)] == [7]
    assert read_events(b"", is_cut=True) == []


def test_a_flood_of_events_is_said_when_it_begins() -> None:
    log = [event(number, "disk", 51) for number in range(200, 0, -1)]
    told = Told(lambda words: b"")
    look = EventLogLook(EventLogSettings(), told)
    assert look() == []
    told.answer = lambda words: events(*log[:200]) if "System" in words else b""
    assert pulses(look()) == {("System", "entries_lost"): 1, ("disk", "storage_error"): 200}
    assert look() == []
    log.insert(0, event(201, "disk", 51))
    assert pulses(look()) == {("disk", "storage_error"): 1}
    log[:0] = [event(number, "disk", 51) for number in range(402, 201, -1)]
    assert pulses(look()) == {("System", "entries_lost"): 1, ("disk", "storage_error"): 200}


def test_what_was_there_before_the_first_look_is_not_lost() -> None:
    log = [event(number, "disk", 51) for number in range(300, 0, -1)]
    look = EventLogLook(EventLogSettings(), Told(lambda words: events(*log[:200]) if "System" in words else b""))
    assert pulses(look()) == {("disk", "storage_error"): 200}


def test_one_event_that_no_answer_holds_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "MAX_BYTES", 4000)
    fat = events(event(8, "LIMS", 1).replace("Garc", "x" * 4000))[:4000]
    look = EventLogLook(EventLogSettings(), Told(lambda words: fat if "Application" in words else b""))
    assert pulses(look()) == {("Application", "entries_lost"): 1}
