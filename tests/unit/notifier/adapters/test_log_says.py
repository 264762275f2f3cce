"""What the log adapter says of its own rules and of lines that are too long: enough to know, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.reporter import KeepingReporter

from benchside.notifier.adapters.log import CUT_AGAIN_S, MAX_NAMED, LogAdapter, LogSettings
from benchside.notifier.adapters.pattern import MAX_LOOKED
from benchside.notifier.rules import find_mistakes
from benchside.notifier.watched import Watched
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState

GOOD = '[[rule]]\ncode = "door"\nstate = "on"\nline = "door open"\n'
DEAD = '[[rule]]\ncode = "lamp"\nline = "lamp {_}{_}"\n'
KEY = ConditionKey("log.file", "cx", "rules_dead")


class Lab:
    """A log, its rules, and an adapter with a clock of ours."""

    def __init__(self, folder: Path) -> None:
        self.path, self.rules = folder / "cx.log", folder / "rules.toml"
        self.reporter = KeepingReporter()
        self.now_s = 1000.0
        settings = LogSettings(path=str(self.path), rules=str(self.rules), from_start=True)
        self.adapter = LogAdapter("cx", settings, monotonic=lambda: self.now_s)

    def begin(self, rules: str) -> None:
        self.rules.write_text(rules)
        self.adapter._read_rules(self.reporter)

    def look(self, text: str) -> None:
        with self.path.open("a") as file:
            file.write(text)
        self.adapter.look(self.reporter)

    def told(self, code: str) -> list[Signal]:
        return [one for one in self.reporter.signals if one.key.code == code]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_long_lines_are_said_at_once_and_then_once_an_hour(lab: Lab) -> None:
    lab.begin(GOOD)
    long = "x" * (MAX_LOOKED + 1) + "\n"
    lab.look(long)
    assert [(one.state, one.count) for one in lab.told("line_cut")] == [(SignalState.PULSE, 1)]
    for _ in range(5):
        lab.now_s += CUT_AGAIN_S / 10
        lab.look(long * 2)
    assert len(lab.told("line_cut")) == 1
    lab.now_s += CUT_AGAIN_S
    lab.look("short\n")
    assert len(lab.told("line_cut")) == 1, "that was said, and there was none since"
    lab.look(long)
    assert [one.count for one in lab.told("line_cut")] == [1, 11]


def test_a_rule_that_no_line_can_match_is_said_and_the_others_are_used(lab: Lab) -> None:
    lab.begin(GOOD + DEAD + GOOD + DEAD)
    lab.look("10:00 door open\n")
    assert lab.told("rules_dead") == [Signal(KEY, SignalState.ON, {"rules": "2, 4"})]
    assert lab.reporter.active() == {("log.file", "cx", "rules_dead"), ("log.cx", "instrument", "door")}
    # what the others said stays, and what no rule tells any more is over
    door, lamp = (ConditionKey("log.cx", "instrument", code) for code in ("door", "lamp"))
    assert list(lab.adapter.over([door, lamp])) == [lamp]
    lab.begin(GOOD)
    assert lab.told("rules_dead")[1:] == [Signal(KEY, SignalState.OFF)]


def test_who_checks_rules_is_told_each_of_them(lab: Lab) -> None:
    lab.begin(DEAD + GOOD + DEAD)
    found = find_mistakes([Watched("log", "cx", {"rules": str(lab.rules)})])
    assert [sentence.split(": ")[1] for sentence in found] == ["rule 1", "rule 3"]


def test_of_many_some_are_named(lab: Lab) -> None:
    lab.begin(GOOD + DEAD * 100)
    (one,) = lab.told("rules_dead")
    assert str(one.values["rules"]) == ", ".join(str(number) for number in range(2, MAX_NAMED + 2)) + ", …"


def test_with_none_left_nothing_is_watched(lab: Lab) -> None:
    lab.begin(DEAD)
    assert lab.reporter.active() == {("log.file", "cx", "rules_wrong")}
