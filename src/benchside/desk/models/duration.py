"""A length of time in the words of a person: "4 min 10 s"."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from benchside.desk.models.phrase import Phrase

__all__ = ["count_down", "count_up", "moment_in"]


def count_down(seconds: float) -> Phrase:
    """Return what is left, rounded up, so that "0 s" means over."""
    return _phrase(math.ceil(max(0.0, seconds)))


def count_up(seconds: float) -> Phrase:
    """Return how long something has lasted, rounded down; from ten minutes on without seconds."""
    whole = math.floor(max(0.0, seconds))
    return _phrase(whole - whole % 60 if whole >= 600 else whole)


def moment_in(seconds: float, now: datetime) -> str:
    """Return the time of day, to the minute, so long after `now`."""
    return f"{now + timedelta(seconds=seconds):%H:%M}"


def _phrase(whole: int) -> Phrase:
    minutes, seconds = divmod(whole, 60)
    hours, minutes_of_hour = divmod(minutes, 60)
    if hours >= 48:
        days, hours_of_day = divmod(hours, 24)
        return Phrase("duration.d_h", {"days": days, "hours": hours_of_day})
    if hours:
        return Phrase("duration.h_m", {"hours": hours, "minutes": minutes_of_hour})
    if minutes and seconds:
        return Phrase("duration.m_s", {"minutes": minutes, "seconds": f"{seconds:02}"})
    if minutes:
        return Phrase("duration.m", {"minutes": minutes})
    return Phrase("duration.s", {"seconds": seconds})
