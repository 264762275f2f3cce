"""The steady clock on Linux (clock_gettime(2), CLOCK_BOOTTIME)."""

from __future__ import annotations

import time

__all__ = ["steady_s"]


def steady_s() -> float:
    """Return seconds since some moment before now; sleep of the PC counts."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
