"""Moments as the server counts them, so that tests can say what time it is."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["NowUtcMs", "utc_ms"]

NowUtcMs = Callable[[], int]
"""Gives milliseconds since 1970 UTC."""


def utc_ms() -> int:
    """The system's clock."""
    return time.time_ns() // 1_000_000
