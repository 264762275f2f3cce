"""The clock's source on Linux: what the kernel was told (adjtimex(2)), and chrony where it runs (chronyc(1))."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

from benchside.platform.program import ask_program
from benchside.platform.time_source.contract import TimeSource
from benchside.protocol.errors import UnavailableError

__all__ = ["ask_time_source", "join_source", "read_tracking"]

CHRONY_WITHIN_S = 5.0
_TIME_ERROR = 5
_STRUCTURE_BYTES = 208  # struct timex of 64 bits; modes, its first member, is 0: only look


def ask_time_source() -> TimeSource:
    """Return what kernel and chrony know; what either does not say is None."""
    return join_source(_ask_kernel(), _ask_chrony)


def join_source(state: int, ask_chrony: Callable[[], float | None]) -> TimeSource:
    """Return what adjtimex's answer and chrony's say; where the kernel refuses, chrony may still know."""
    return TimeSource(None if state < 0 else state != _TIME_ERROR, ask_chrony())


def _ask_kernel() -> int:
    state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_STRUCTURE_BYTES))
    return state


def _ask_chrony() -> float | None:
    if not os.path.exists("/run/chrony"):  # noqa: PTH110 - without chrony no program is started for nothing
        return None
    try:
        words = ["chronyc", "-c", "-n", "tracking"]
        return read_tracking(ask_program(words, within_s=CHRONY_WITHIN_S).decode("ascii", "replace"))
    except UnavailableError:
        return None


def read_tracking(text: str) -> float | None:
    """Return the offset in `chronyc -c tracking`: seconds, in whichever direction; None when it has none.

    Its fields: reference, address, stratum, time of reference, system time's offset, …, leap status.
    """
    fields = text.strip().split(",")
    if len(fields) < 14 or fields[2] == "0":
        return None
    try:
        return abs(float(fields[4]))
    except ValueError:
        return None
