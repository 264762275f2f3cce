"""A file of log rules: which lines of a vendor's log switch which condition on or off.

    [[rule]]
    code = "cover_open"
    state = "on"                      # on, off or pulse
    line = "ERROR {module}: cover {side} open, pressure {kpa} kPa"
    subject = "Module {module}, {side}"

    [rule.fields]
    module = { least = 1, most = 12, whole = true }
    side = ["left", "right"]
    kpa = { least = 0, most = 200 }

Nothing of a line is told but numbers in their range and words of the list (R66), so whatever else stands in a vendor's
log, patients' names among it, cannot leave it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from benchside.notifier.adapters.pattern import (
    MAX_WORDS,
    NumberField,
    Pattern,
    PatternError,
    WordField,
    read_pattern,
)
from benchside.notifier.adapters.pieces import DeadPatternError
from benchside.notifier.adapters.rule_file import DeadRuleError, read_rule_file
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState
from benchside.protocol.wire.text import clean
from benchside.settings.toml import SettingError

__all__ = ["MAX_RULES", "Rule", "read_live_rules", "read_rules", "signals_of"]

MAX_RULES = 200
"""Each line is held against each rule; so many cost some 30 µs a line, one that was made to be slow some 1 s."""
MAX_RULE_FILE_BYTES = 256 * 1024
"""200 rules of a kilobyte."""
MAX_NUMBER = 1e6
"""Larger whole numbers in an instrument's log are samples' and patients', not measurements."""
MAX_WORD = 40
MAX_SUBJECT = 80
"""As Name of the wire."""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,63}\Z")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,31})\}")
_RULE_NAMES = {"code", "state", "line", "subject", "fields"}


@dataclass(frozen=True)
class Rule:
    """Lines of one pattern, and what they say."""

    code: str
    state: SignalState
    pattern: Pattern
    subject: str
    subject_fields: tuple[str, ...]

    def signal(self, source: str, line: str) -> Signal | None:
        """Return what `line` says by this rule, or None."""
        values = self.pattern.find(line)
        if values is None:
            return None
        # a field that may not be told leaves a mark, and the condition stays one and the same for all of those
        subject = _PLACE.sub(lambda found: str(values.get(found[1], "?")), self.subject)
        told = {name: value for name, value in values.items() if name not in self.subject_fields}
        return Signal(ConditionKey(source, clean(subject, MAX_SUBJECT) or "?", self.code), self.state, told)


def signals_of(rules: tuple[Rule, ...], source: str, line: str) -> list[Signal]:
    """Return what a line says by each rule that means it, in the order of the rules."""
    return [signal for rule in rules if (signal := rule.signal(source, line)) is not None]


def read_rules(path: Path) -> tuple[Rule, ...]:
    """Return the rules of a file; RuleFileError with one sentence for each mistake."""
    return read_rule_file(path, "rule", _read_rule, most_rules=MAX_RULES, most_bytes=MAX_RULE_FILE_BYTES)


def read_live_rules(path: Path) -> tuple[tuple[Rule, ...], dict[int, str]]:
    """Return the rules that a watch can use, and the number and sentence of each that no line can match.

    Older versions took such a rule, which then said nothing, and an update with nobody at check-rules must not take the
    others out of watch.  RuleFileError for any other mistake.
    """
    dead: dict[int, str] = {}
    most = {"most_rules": MAX_RULES, "most_bytes": MAX_RULE_FILE_BYTES}
    return read_rule_file(path, "rule", _read_rule, **most, dead=dead), dead


def _read_rule(where: str, rule: object) -> Rule:
    if not isinstance(rule, dict):
        raise SettingError(f"{where} must be a table: [[rule]] on a line of its own")
    unknown = sorted(set(rule) - _RULE_NAMES)
    if unknown:
        raise SettingError(f"{where}: nothing is called {unknown[0]!r}; remove it or correct its name")
    code, line, subject = rule.get("code"), rule.get("line"), rule.get("subject", "instrument")
    if not isinstance(code, str) or not _CODE.match(code):
        raise SettingError(f"{where}: code must be a word of letters, digits and ._:@/+- in quotes")
    if rule.get("state", "pulse") not in ("on", "off", "pulse"):
        raise SettingError(f"{where}: state must be one of on, off, pulse in quotes")
    if not isinstance(line, str) or not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT:
        raise SettingError(f"{where}: line and subject must be texts in quotes, subject of at most {MAX_SUBJECT}")
    fields = _read_fields(where, rule.get("fields", {}))
    places = tuple(_PLACE.findall(subject))
    missing = sorted(set(places) - set(fields))
    if missing:
        raise SettingError(f"{where}: subject names the field {missing[0]}, which is not declared")
    # last, so that a rule that is left out has no other mistake
    try:
        pattern = read_pattern(line, fields)
    except PatternError as error:
        kind = DeadRuleError if isinstance(error, DeadPatternError) else SettingError
        raise kind(f"{where}: line: {error}") from error
    return Rule(code, SignalState(rule.get("state", "pulse")), pattern, subject, places)


def _read_fields(where: str, fields: object) -> dict[str, NumberField | WordField]:
    if not isinstance(fields, dict):
        raise SettingError(f"{where}: fields must be a table: [rule.fields] on a line of its own")
    read: dict[str, NumberField | WordField] = {}
    for name, value in fields.items():
        if not _NAME.match(name):
            raise SettingError(f"{where}: a field's name is of small letters, digits and _, not {name!r}")
        if isinstance(value, list):
            read[name] = _read_words(where, name, value)
        else:
            read[name] = _read_number(where, name, value)
    return read


def _read_words(where: str, name: str, value: list[object]) -> WordField:
    words = [word for word in value if isinstance(word, str) and 1 <= len(word) <= MAX_WORD]
    if len(words) != len(value) or not 1 <= len(words) <= MAX_WORDS:
        raise SettingError(f"{where}: {name} must list from 1 to {MAX_WORDS} words of at most {MAX_WORD} characters")
    if any(clean(word, MAX_WORD) != word for word in words):
        raise SettingError(f"{where}: a word of {name} has characters that cannot be shown")
    return WordField(tuple(words))


def _read_number(where: str, name: str, value: object) -> NumberField:
    sentence = f"{where}: {name} must be a list of words, or {{ least = 0, most = 100 }} within ±{MAX_NUMBER:.0f}"
    if not isinstance(value, dict) or not {"least", "most"} <= set(value) <= {"least", "most", "whole"}:
        raise SettingError(sentence)
    least, most, whole = value["least"], value["most"], value.get("whole", False)
    if any(isinstance(end, bool) or not isinstance(end, int | float) for end in (least, most)):
        raise SettingError(sentence)
    if not isinstance(whole, bool) or not -MAX_NUMBER <= least <= most <= MAX_NUMBER:
        raise SettingError(sentence)
    return NumberField(float(least), float(most), whole)
