"""Names that a server gives to its things: anybody wrote them, and a patient's number or name may be in them (R66)."""

from __future__ import annotations

import hashlib
import re

from benchside.protocol.wire.text import clean

__all__ = ["alarm_subject", "plain"]

MAX_NAME = 200
"""Characters that are looked at."""
MAX_SERVER = 32
"""As the settings' `name`."""
MARK_DIGITS = 6
"""Of a hash: enough to tell apart the alarms of one instrument, and too few to find out a name by trying."""
_LONG_NUMBER = re.compile(r"[0-9]{5,}")
"""In a name that is a sample's or a patient's number, and goes nowhere."""


def plain(text: str) -> str:
    """Return a name without what cannot be shown and without long numbers; never empty."""
    return _LONG_NUMBER.sub("…", clean(text[:MAX_NAME], MAX_NAME)) or "?"


def alarm_subject(server: str, source: str, name: str) -> str:
    """Return what an alarm is called that no rule names: its server, and a mark that tells it from the others.

    Names without their long numbers are what is marked: an alarm is the same one with the next sample.
    """
    mark = hashlib.sha256(f"{plain(source)}\0{plain(name)}".encode("utf-8", "replace")).hexdigest()[:MARK_DIGITS]
    return f"{server[:MAX_SERVER]}: {mark}"
