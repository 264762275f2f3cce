"""The system's logs: rules, the journal's JSON and Windows' XML, cut, hostile and again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.notifier.checks.conditions import pulses

from benchside.notifier.checks.event_log import EventLogLook, read_events
from benchside.notifier.checks.journal import JournalLook, read_entries
from benchside.notifier.checks.options import EventLogSettings, JournalSettings
from benchside.notifier.checks.rules import Entry, LogRule, matches, read_rule
from benchside.protocol.errors import UnavailableError
from benchside.settings.toml import SettingError


def journal_line(**values: object) -> bytes:
    return json.dumps({"__CURSOR": "s=1;i=1", "PRIORITY": "3", "_TRANSPORT": "kernel", **values}).encode() + b"\n"


def event(record: int, provider: str, number: int, level: int = 2) -> str:
    return (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        f"<Provider Name='{provider}' Guid='{{1}}'/><EventID Qualifiers='49156'>{number}</EventID>"
        f"<Level>{level}</Level>"
        f"<EventRecordID>{record}</EventRecordID><Security UserID='S-1-5-18'/></System>"
        "<EventData><Data Name='who'>Ana García</Data></EventData></Event>"
    )


def events(*each: str) -> bytes:
    return ("<Events>" + "".join(each) + "</Events>").encode("utf-16")


class Told:
    """A program that answers what a test wants, and remembers what it was asked."""

    def __init__(self, answer: Callable[[Sequence[str]], bytes]) -> None:
        self.answer, self.asked = answer, list[Sequence[str]]()

    def __call__(self, words: Sequence[str]) -> bytes:
        self.asked.append(words)
        return self.answer(words)


def test_a_rule_is_read() -> None:
    rule = read_rule("r", 'name=lis-down unit=lis.service priority=4 contains="no answer"')
    assert rule == LogRule("matched", "lis-down", "lis.service", level=4, contains="no answer")
    assert read_rule("r", "name=x provider=disk events=7,51").events == {7, 51}


@pytest.mark.parametrize(
    "line",
    [
        "", "unit=x", "name=x", "name=a\u00f1o unit=x", "name=x unit=", "name=x unit=y unit=z", "name=x regex=.*",
        "name=x contains=\"y", "name=x priority=8", "name=x priority=-1", "name=x priority=\u0663", "name=x events=7,",
        "name=x events=7,7", "name=x events=99999", "name=x events=a", "name=x y",
        "name=x events=" + ",".join(map(str, range(40))),
    ],
)  # fmt: skip
def test_a_rule_with_a_mistake_is_a_sentence(line: str) -> None:
    with pytest.raises(SettingError, match=r"^checks\.journal\.rules: "):
        read_rule("checks.journal.rules", line)


def test_what_a_rule_takes() -> None:
    rule = LogRule("x", source="disk", events=frozenset((7,)), level=3, contains="bad")
    assert matches(rule, Entry("disk", 2, 7, "a bad block"))
    for other in (
        Entry("Disk", 2, 7, "bad"),
        Entry("disk", 4, 7, "bad"),
        Entry("disk", 2, 8, "bad"),
        Entry("disk", 2, 7),
    ):
        assert not matches(rule, other)


def test_the_journal_is_read_on_from_where_it_was() -> None:
    lines = [
        journal_line(MESSAGE="blk_update_request: I/O error, dev sda, sector 1"),
        journal_line(MESSAGE="Buffer I/O error on dev sda1", __CURSOR="s=1;i=2"),
        journal_line(MESSAGE="I/O error", _TRANSPORT="stdout", _SYSTEMD_UNIT="lis.service", __CURSOR="s=1;i=3"),
    ]
    told = Told(lambda _: b"".join(lines))
    look = JournalLook(JournalSettings(rules=("name=lis unit=lis.service priority=4",)), told)
    assert pulses(look()) == {("kernel", "storage_error"): 2, ("lis", "matched"): 1}
    assert "--since=-600s" in told.asked[0]
    lines.clear()
    assert look() == []
    assert "--after-cursor=s=1;i=3" in told.asked[1]
    assert look() == []
    assert "--after-cursor=s=1;i=3" in told.asked[2]


def test_a_cut_journal_gives_its_whole_lines() -> None:
    first, second = journal_line(MESSAGE="a"), journal_line(MESSAGE="b", __CURSOR="s=1;i=2")
    for length in range(len(first), len(first + second)):
        assert [len(part) for part in read_entries((first + second)[:length])] == [1, 7]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"MESSAGE": [73, 47, 79, 255]}, "I/O\ufffd"),
        ({"MESSAGE": None}, ""),
        ({"MESSAGE": ["one", "two"]}, "one"),
        ({"MESSAGE": {"a": 1}}, ""),
        ({"MESSAGE": "x" * 9000}, "x" * 2000),
    ],
)
def test_what_a_message_may_be(values: dict[str, object], text: str) -> None:
    assert read_entries(journal_line(**values))[0][0].text == text


@given(st.lists(st.binary(max_size=60) | st.just(b'{"__CURSOR": 5, "PRIORITY": []}'), max_size=20))
def test_rubbish_in_the_journal_is_passed_over(lines: list[bytes]) -> None:
    entries, cursor = read_entries(b"\n".join(lines) + b"\n" + journal_line())
    assert entries[-1].source == "kernel"
    assert cursor


def test_windows_events_are_read_without_their_data() -> None:
    found = read_events(events(event(7, "disk", 51, 3), event(8, "Service Control Manager", 7034)))
    assert found == [(7, Entry("disk", 3, 51)), (8, Entry("Service Control Manager", 2, 7034))]
    assert "Ana" not in str(found)
    assert read_events("\ufeff".encode("utf-16-le")) == []
    assert read_events(("<Events>" + event(7, "disk", 51) + "</Events>").encode()) == [(7, Entry("disk", 2, 51))]


@pytest.mark.parametrize(
    "text",
    [
        "<Events>", "text", "<Events></Other>",
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Events>&b;</Events>',
        "<! ENTITY x><Events/>",
    ],
)  # fmt: skip
def test_other_xml_is_refused(text: str) -> None:
    with pytest.raises(UnavailableError):
        read_events(text.encode("utf-16"))


def test_events_count_once_and_an_emptied_log_begins_anew() -> None:
    log = [event(7, "disk", 51, 3), event(6, "disk", 7), event(5, "Other", 7)]
    told = Told(lambda words: events(*log) if "System" in words else b"")
    look = EventLogLook(EventLogSettings(rules=("name=other provider=Other events=7",)), told)
    assert pulses(look()) == {("disk", "storage_error"): 2, ("other", "matched"): 1}
    assert look() == []
    log.insert(0, event(8, "Microsoft-Windows-Kernel-Power", 41, 1))
    assert pulses(look()) == {("Microsoft-Windows-Kernel-Power", "unexpected_stop"): 1}
    log[:] = [event(1, "disk", 7)]
    assert pulses(look()) == {("disk", "storage_error"): 1}


def test_numbers_in_events_may_be_anything() -> None:
    odd = event(3, "disk", 7).replace(">3<", "><")
    assert read_events(events(odd, event(4, "disk", 7).replace("EventID", "Nothing"))) == [(4, Entry("disk", 2, -1))]
    assert read_events(events(event(5, "disk", 7).replace(">2<", ">\u0663<"))) == [(5, Entry("disk", 4, 7))]


def test_a_blue_screen_is_known_by_its_manifests_name() -> None:
    both = event(7, "Microsoft-Windows-WER-SystemErrorReporting' EventSourceName='BugCheck", 1001)
    (found,) = read_events(events(both))
    assert found[1].source == "Microsoft-Windows-WER-SystemErrorReporting"
    look = EventLogLook(EventLogSettings(), Told(lambda words: events(both) if "System" in words else b""))
    assert pulses(look()) == {("Microsoft-Windows-WER-SystemErrorReporting", "unexpected_stop"): 1}


@pytest.mark.parametrize("number", [15, 157])
def test_a_stick_that_is_pulled_is_no_error_of_a_disk(number: int) -> None:
    look = EventLogLook(EventLogSettings(), Told(lambda _: events(event(1, "disk", number))))
    assert look() == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("blk_update_request: I/O error, dev sda, sector 8", 1),
        ("I/O error, dev fd0, sector 0 op 0x0:(READ)", 0),
        ("blk_update_request: I/O error, dev sr0, sector 8", 0),
    ],
)
def test_a_disc_that_cannot_be_read_is_no_error_of_the_pc(text: str, count: int) -> None:
    look = JournalLook(JournalSettings(), Told(lambda _: journal_line(MESSAGE=text)))
    assert len(look()) == count
