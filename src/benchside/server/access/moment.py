"""A moment as a site's own clock shows it: what a site's hours mean on the server."""

from __future__ import annotations

import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.admission import Moment

__all__ = ["moment_at", "time_zone"]


@lru_cache(maxsize=1024)
def time_zone(name: str) -> ZoneInfo:
    """Return a zone of the IANA database; UnavailableError when there is none of this name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnavailableError(f"expected a time zone of the IANA database, as Europe/Madrid, got {name!r}") from error


def moment_at(utc_ms: int, zone: str) -> Moment:
    """Return the moment with weekday and minute in `zone`; UnavailableError for an unknown zone."""
    here = datetime.datetime.fromtimestamp(utc_ms / 1000, time_zone(zone))
    return Moment(utc_ms=utc_ms, weekday=here.weekday(), minute=here.hour * 60 + here.minute)
