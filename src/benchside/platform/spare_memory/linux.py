"""Memory that the C library keeps, on Linux."""

from __future__ import annotations

import contextlib
import ctypes
import gc

__all__ = ["give_back"]


def give_back() -> None:
    """Return to the system what was freed and is kept by the C library (malloc_trim(3), glibc).

    It walks through the whole heap, some milliseconds: for once after a start, not for a loop.
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another C library has none, and loses nothing
        ctypes.CDLL(None).malloc_trim(0)
