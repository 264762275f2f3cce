"""Values as people say them: "yes", "1,5", "10 years back"; the words are in spoken.toml."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

__all__ = ["say_shift", "say_value"]

TABLE = Path(__file__).with_name("spoken.toml")
FIRST = "en"
"""Stands in for a language that the table does not have."""
_MINUTE_S, _HOUR_S, _DAY_S, _YEAR_S = 60, 3600, 86_400, 365.2425 * 86_400
_UNITS = ((_YEAR_S, "year"), (_DAY_S, "day"), (_HOUR_S, "hour"), (_MINUTE_S, "minute"), (1, "second"))
_AT_LEAST = 2
"""Of a unit: "90 minutes" says more than "2 hours", and "31536000 seconds" says nothing."""


def say_value(value: str | int | float | bool | None, language: str) -> str:
    """Return a value of a condition; "?" for one that nobody told."""
    words = _words(language)
    match value:
        case None:
            return "?"
        case bool():
            return words["yes"] if value else words["no"]
        case float():
            return f"{value:.1f}".removesuffix(".0").replace(".", words["decimal"])
        case _:
            return str(value)


def say_shift(seconds: float, language: str) -> str:
    """Return so many seconds in the largest unit of which there are two, and which way."""
    words, span = _words(language), abs(seconds)
    size, unit = next(((size, unit) for size, unit in _UNITS if span / size >= _AT_LEAST), (1, "second"))
    return words["back" if seconds < 0 else "forward"].format(count=round(span / size), unit=words[unit])


def _words(language: str) -> dict[str, str]:
    table = _table()
    return table.get(language, table[FIRST])


@functools.cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))
