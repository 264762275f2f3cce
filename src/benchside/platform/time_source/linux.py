"""The clock's source on Linux: what the kernel was told (adjtimex(2)), and chrony where it runs (chronyc(1))."""

from __future__ import annotations

import ctypes
import os

from benchside.platform.program import ask_program
from benchside.platform.time_source.contract import TimeSource
from benchside.protocol.errors import UnavailableError

__all__ = ["ask_time_source", "read_tracking"]

CHRONY_WITHIN_S = 5.0
_TIME_ERROR = 5
_STRUCTURE_BYTES = 208  # struct timex of 64 bits; modes, its first member, is 0: only look


def ask_time_source() -> TimeSource:
    """Return what kernel and chrony know; UnavailableError when the kernel does not answer."""
    libc = ctypes.CDLL(None, use_errno=True)
    state = libc.adjtimex(ctypes.create_string_buffer(_STRUCTURE_BYTES))
    if state < 0:
        raise UnavailableError(f"expected the clock's state, got error {ctypes.get_errno()}")
    offset_s = None
    if os.path.exists("/run/chrony"):  # noqa: PTH110 - without chrony no program is started for nothing
        try:
            words = ["chronyc", "-c", "-n", "tracking"]
            offset_s = read_tracking(ask_program(words, within_s=CHRONY_WITHIN_S).decode("ascii", "replace"))
        except UnavailableError:
            offset_s = None
    return TimeSource(state != _TIME_ERROR, offset_s)


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
