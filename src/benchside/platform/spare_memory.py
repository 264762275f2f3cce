"""Gives memory back to the operating system that a program needed only to load what it runs."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys

__all__ = ["give_back"]


def give_back() -> None:
    """Return what was freed and is kept by the C library (malloc_trim(3), glibc); elsewhere only collect.

    It walks through the whole heap, some milliseconds: for once after a start, not for a loop.
    """
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library has none, and loses nothing
            ctypes.CDLL(None).malloc_trim(0)
