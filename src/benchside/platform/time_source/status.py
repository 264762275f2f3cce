"""Reads the status of Windows' time service by its places and numbers: its words are of the system's language."""

from __future__ import annotations

import re

from benchside.platform.time_source.contract import TimeSource

__all__ = ["read_status"]

# "Leap Indicator: 3(not synchronized)" is always the first line, "Stratum: 0 (unspecified)" the second.
_LEAP = re.compile(r"^[^:\n]*: *([0-3]) *\(")
_STRATUM = re.compile(r"^[^:\n]*: *(\d{1,2})(?!\d)")
# Root delay, root dispersion and, after the empty line, the phase offset are all that is seconds alone.
_SECONDS = re.compile(r"^[^:\n]*: *([+-]?\d{1,9}[.,]\d{1,9})s *$")
_NOT_SYNCHRONISED = "3"


def read_status(text: str) -> TimeSource:
    """Return what it says; what has another form than we know is not known."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    leap = _LEAP.match(lines[0]) if lines else None
    stratum = _STRATUM.match(lines[1]) if len(lines) > 1 else None
    if leap is None or stratum is None:
        return TimeSource(None)
    is_synchronised = leap[1] != _NOT_SYNCHRONISED and stratum[1] != "0"
    after = lines[lines.index("") :] if "" in lines else []
    found = [float(one[1].replace(",", ".")) for line in after if (one := _SECONDS.match(line))]
    return TimeSource(is_synchronised, abs(found[0]) if is_synchronised and found else None)
