"""The moment by this PC's own clock: what a site's hours mean on the PC."""

from __future__ import annotations

import time

from benchside.protocol.trust.admission import Moment

__all__ = ["local_moment"]


def local_moment() -> Moment:
    """Return now, with weekday and minute as the PC's clock shows them to the lab."""
    utc_ms = time.time_ns() // 1_000_000
    here = time.localtime(utc_ms / 1000)
    return Moment(utc_ms=utc_ms, weekday=here.tm_wday, minute=here.tm_hour * 60 + here.tm_min)
