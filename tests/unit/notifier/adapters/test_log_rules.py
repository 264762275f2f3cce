"""Files of log rules: what they say of lines, and a sentence for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchside.notifier.adapters.log_rules import (
    MAX_RULE_FILE_BYTES,
    MAX_RULES,
    read_live_rules,
    read_rules,
    signals_of,
)
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState
from benchside.settings.toml import SettingError

COVER = """
[[rule]]
code = "cover_open"
state = "on"
line = "ERROR {module}: cover {side} open, {kpa} kPa"
subject = "Module {module}, {side}"
[rule.fields]
module = { least = 1, most = 12, whole = true }
side = ["left", "right"]
kpa = { least = 0, most = 200 }

[[rule]]
code = "cover_open"
state = "off"
line = "INFO {module}: cover {side} closed"
subject = "Module {module}, {side}"
[rule.fields]
module = { least = 1, most = 12, whole = true }
side = ["left", "right"]

[[rule]]
code = "restarted"
line = "INFO program started"
"""


def rules_of(folder: Path, text: str):  # type: ignore[no-untyped-def]
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return read_rules(path)


def test_lines_become_signals(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, COVER)
    key = ConditionKey("log.cx", "Module 3, left", "cover_open")
    assert signals_of(rules, "log.cx", "10:00 ERROR 3: cover left open, 41.5 kPa, patient Eva Roth") == [
        Signal(key, SignalState.ON, {"kpa": 41.5})
    ]
    assert signals_of(rules, "log.cx", "10:01 INFO 3: cover left closed") == [Signal(key, SignalState.OFF)]
    assert signals_of(rules, "log.cx", "INFO program started") == [
        Signal(ConditionKey("log.cx", "instrument", "restarted"), SignalState.PULSE)
    ]
    assert signals_of(rules, "log.cx", "DEBUG nothing") == []


def test_what_may_not_be_told_is_not(tmp_path: Path) -> None:
    found = signals_of(rules_of(tmp_path, COVER), "log.cx", "ERROR 441002: cover left open, 4711000 kPa")
    assert found == [Signal(ConditionKey("log.cx", "Module ?, left", "cover_open"), SignalState.ON)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "from 1 to"),
        ("rule = 3", "from 1 to"),
        ("rule = [3]", "must be a table"),
        ("x = 1", "nothing is called 'x'"),
        ("[[rule]", "not a TOML file"),
        ('[[rule]]\nline = "E"', "code must"),
        ('[[rule]]\ncode = "a b"\nline = "E"', "code must"),
        ('[[rule]]\ncode = "a"', "line and subject"),
        ('[[rule]]\ncode = "a"\nline = "E"\nstate = "maybe"', "state must"),
        ('[[rule]]\ncode = "a"\nline = "E"\nregex = "x"', "nothing is called 'regex'"),
        ('[[rule]]\ncode = "a"\nline = "{*}"', "literal"),
        ('[[rule]]\ncode = "a"\nline = "E"\nsubject = "{x}"', "not declared"),
        ('[[rule]]\ncode = "a"\nline = "E {x}"\n[rule.fields]\nx = "text"', "list of words"),
        ('[[rule]]\ncode = "a"\nline = "E {x}"\n[rule.fields]\nx = []', "from 1 to"),
        ('[[rule]]\ncode = "a"\nline = "E {x}"\n[rule.fields]\nx = ["\\u202e"]', "cannot be shown"),
        ('[[rule]]\ncode = "a"\nline = "E {x}"\n[rule.fields]\nx = { least = 0, most = 1e9 }', "within"),
        ('[[rule]]\ncode = "a"\nline = "E {x}"\n[rule.fields]\nx = { least = 2, most = 1 }', "within"),
        ('[[rule]]\ncode = "a"\nline = "E {x}"\n[rule.fields]\nx = { least = nan, most = 1 }', "within"),
        ('[[rule]]\ncode = "a"\nline = "E {x}"\n[rule.fields]\nx = { least = true, most = 1 }', "within"),
        ('[[rule]]\ncode = "a"\nline = "E"\n[rule.fields]\nX = ["a"]', "small letters"),
        ('[[rule]]\ncode = "a"\nline = "E"\n' * (MAX_RULES + 1), "from 1 to"),
        ("#" * (MAX_RULE_FILE_BYTES + 1), "larger"),
    ],
)
def test_each_mistake_has_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        rules_of(tmp_path, text)


def test_no_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="cannot be read"):
        read_rules(tmp_path / "absent.toml")
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingError, match="not a TOML file"):
        read_rules(tmp_path / "x.toml")


GOOD = '[[rule]]\ncode = "door"\nline = "door open"\n'
NUMBER = "[rule.fields]\nx = { least = 0, most = 9 }\n"


@pytest.mark.parametrize(
    "dead",
    [
        '[[rule]]\ncode = "a"\nline = "E {_}{_}"\n',
        '[[rule]]\ncode = "a"\nline = "E {x}5"\n' + NUMBER,
        '[[rule]]\ncode = "a"\nline = "E {x}{y}"\n' + NUMBER + 'y = ["1"]\n',
    ],
)
def test_a_rule_that_no_line_can_match_leaves_the_others_in_watch(tmp_path: Path, dead: str) -> None:
    with pytest.raises(SettingError, match="rule 2: line: "):
        rules_of(tmp_path, GOOD + dead + GOOD)
    rules, left_out = read_live_rules(tmp_path / "rules.toml")
    assert [rule.code for rule in rules] == ["door", "door"]
    assert [(number, "rule 2: line: " in sentence) for number, sentence in left_out.items()] == [(2, True)]


@pytest.mark.parametrize(
    "wrong",
    [
        '[[rule]]\ncode = "a"\nline = "{*}"\n',
        '[[rule]]\ncode = "a"\nline = "E {_}{_}"\nsubject = "{x}"\n',
        '[[rule]]\ncode = "a b"\nline = "E {_}{_}"\n',
        '[[rule]]\ncode = "a"\nline = "E {_}{_}"\n' + NUMBER,
    ],
)
def test_any_other_mistake_takes_the_whole_file_out_of_watch(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "rules.toml").write_text(GOOD + wrong)
    with pytest.raises(SettingError, match="rule 2"):
        read_live_rules(tmp_path / "rules.toml")
