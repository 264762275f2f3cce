"""A file of alarm rules: which OPC UA alarms are conditions of their own, and which of their messages may be told.

    [[alarm]]
    source = "Centrifuge"             # SourceName; left out: any
    condition = "LidOpen"             # ConditionName
    code = "lid_open"
    subject = "Centrifuge"
    messages = ["Lid opened while running", "Lid switch failed"]

An alarm that no rule names is told by a mark alone.  A message is told only when it is, letter by letter, one of
`messages`: a server may write anything there, a patient's name as well (R66).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from benchside.notifier.adapters.rule_file import read_rule_file
from benchside.protocol.wire.text import clean
from benchside.settings.toml import SettingError

__all__ = ["MAX_ALARM_RULES", "AlarmRule", "find_rule", "read_alarm_rules"]

MAX_ALARM_RULES = 500
"""An instrument has so many alarms at most; each is looked up, not searched for."""
MAX_ALARM_FILE_BYTES = 512 * 1024
MAX_MESSAGES = 32
MAX_MESSAGE = 120
"""As a value of the wire."""
MAX_NAME = 200

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,63}\Z")
_NAMES = {"source", "condition", "code", "subject", "messages"}


@dataclass(frozen=True)
class AlarmRule:
    """One alarm, and what it is called."""

    source: str | None
    condition: str
    code: str
    subject: str
    messages: frozenset[str]


def find_rule(rules: tuple[AlarmRule, ...], source: str, condition: str) -> AlarmRule | None:
    """Return the first rule that names this alarm."""
    return next((one for one in rules if one.condition == condition and one.source in (None, source)), None)


def read_alarm_rules(path: Path) -> tuple[AlarmRule, ...]:
    """Return the rules of a file; RuleFileError with one sentence for each mistake."""
    return read_rule_file(path, "alarm", _read_rule, most_rules=MAX_ALARM_RULES, most_bytes=MAX_ALARM_FILE_BYTES)


def _read_rule(where: str, one: object) -> AlarmRule:
    if not isinstance(one, dict):
        raise SettingError(f"{where} must be a table: [[alarm]] on a line of its own")
    unknown = sorted(set(one) - _NAMES)
    if unknown:
        raise SettingError(f"{where}: nothing is called {unknown[0]!r}; remove it or correct its name")
    code, condition, source = one.get("code"), one.get("condition"), one.get("source")
    if not isinstance(code, str) or not _CODE.match(code):
        raise SettingError(f"{where}: code must be a word of letters, digits and ._:@/+- in quotes")
    if not isinstance(condition, str) or not 1 <= len(condition) <= MAX_NAME:
        raise SettingError(f"{where}: condition must be the alarm's ConditionName in quotes")
    if source is not None and not isinstance(source, str):
        raise SettingError(f"{where}: source must be the alarm's SourceName in quotes")
    subject = one.get("subject", "instrument")
    if not isinstance(subject, str) or not subject or clean(subject, 80) != subject:
        raise SettingError(f"{where}: subject must be one line of at most 80 characters in quotes")
    messages = one.get("messages", [])
    if not isinstance(messages, list) or len(messages) > MAX_MESSAGES:
        raise SettingError(f"{where}: messages must be a list of at most {MAX_MESSAGES} texts")
    if not all(isinstance(text, str) and clean(text, MAX_MESSAGE) == text for text in messages):
        raise SettingError(f"{where}: each message must be one line of at most {MAX_MESSAGE} characters")
    return AlarmRule(source, condition, code, subject, frozenset(messages))
