"""Rules for entries of the system's logs: by source, number, priority and a text that stands in them; no patterns.

A rule says that something happened, and its own name; nothing of an entry's text goes on, for anything may stand there.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from benchside.protocol.wire.text import Word
from benchside.settings.toml import SettingError

__all__ = ["Entry", "LogRule", "matches", "read_rule"]

MAX_EVENTS = 32
"""Numbers of one rule."""
MAX_LEVEL = 7
MAX_EVENT = 65_535
_WORDS = ("name", "unit", "provider", "events", "level", "priority", "contains")


@dataclass(frozen=True)
class LogRule:
    """Which entries count, and as what.  What is None or empty does not matter.

    `code`: of the catalogue pc_events.  `subject`: the rule's name; "" is the entry's own source.
    `level`: this bad or worse, by the numbers of syslog (0 to 7) or of Windows (1 critical to 5).
    """

    code: str
    subject: str = ""
    source: str = ""
    events: frozenset[int] = frozenset()
    level: int | None = None
    contains: str = ""
    lacks: tuple[str, ...] = ()
    """Texts of which none may stand in it."""


@dataclass(frozen=True)
class Entry:
    """What is looked at of an entry; it goes no further than the rules."""

    source: str
    level: int
    event: int = 0
    text: str = ""


def matches(rule: LogRule, entry: Entry) -> bool:
    """Return whether the entry is one of the rule's."""
    return (
        (not rule.source or rule.source == entry.source)
        and (not rule.events or entry.event in rule.events)
        and (rule.level is None or entry.level <= rule.level)
        and (not rule.contains or rule.contains in entry.text)
        and not any(one in entry.text for one in rule.lacks)
    )


def read_rule(setting: str, line: str) -> LogRule:
    """Return the rule in `name=… unit=… contains="…"`; a mistake is a SettingError that calls the setting `setting`."""
    found = _words(setting, line)
    name = found.get("name", "")
    try:
        msgspec.convert(name, Word)
    except msgspec.ValidationError as error:
        raise SettingError(f"{setting}: a rule begins with name=NAME, of letters, digits and . _ : @ / + -") from error
    if len(found) < 2:
        raise SettingError(f"{setting}: rule {name} would take every entry; add what it is about")
    events = _numbers(setting, name, found.get("events", ""))
    level = found.get("level", found.get("priority"))
    if level is not None and not (level.isascii() and level.isdigit() and int(level) <= MAX_LEVEL):
        raise SettingError(f"{setting}: rule {name}: the level is a number from 0 to {MAX_LEVEL}")
    source = found.get("unit", found.get("provider", ""))
    return LogRule("matched", name, source, events, None if level is None else int(level), found.get("contains", ""))


def _words(setting: str, line: str) -> dict[str, str]:
    try:
        parts = shlex.split(line)
    except ValueError as error:
        raise SettingError(f"{setting}: {line!r:.80} has a quotation mark without its other") from error
    found: dict[str, str] = {}
    for part in parts:
        word, equals, value = part.partition("=")
        if word not in _WORDS or not equals or not value or word in found:
            raise SettingError(f"{setting}: {part!r:.80} must be one of {', '.join(_WORDS)}, once, with = and a value")
        found[word] = value
    return found


def _numbers(setting: str, name: str, text: str) -> frozenset[int]:
    parts: Iterable[str] = text.split(",") if text else ()
    found = frozenset(int(part) for part in parts if part.isascii() and part.isdigit() and len(part) <= 5)
    if text and (len(found) != text.count(",") + 1 or len(found) > MAX_EVENTS or max(found) > MAX_EVENT):
        raise SettingError(f"{setting}: rule {name}: events are up to {MAX_EVENTS} numbers with commas between")
    return found
