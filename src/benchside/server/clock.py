"""Moments as the server counts them, so that tests can say what time it is, and so that a clock may be set."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

__all__ = ["NowUtcMs", "has_come", "utc_ms"]

NowUtcMs = Callable[[], int]
"""Gives milliseconds since 1970 UTC."""


def utc_ms() -> int:
    """The system's clock."""
    return time.time_ns() // 1_000_000


def has_come(
    moment: InstrumentedAttribute[int] | InstrumentedAttribute[int | None], now_utc_ms: int, *, longest_ms: int
) -> ColumnElement[bool]:
    """Return the clause for moments that have come.

    Nobody is ever told to wait for more than `longest_ms`: what lies further ahead was written by a clock that has been
    set back since, and would wait for years.
    """
    return or_(moment <= now_utc_ms, moment > now_utc_ms + longest_ms)
