"""The steady clock on Windows: Python's own counts sleep there (GetTickCount64, Microsoft)."""

from __future__ import annotations

import time

__all__ = ["steady_s"]


def steady_s() -> float:
    """Return seconds since some moment before now; sleep of the PC counts."""
    return time.monotonic()
