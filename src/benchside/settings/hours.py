"""A site's hours as people write them: `mon-fri 08:00-17:30`, `sat,sun 22:00-06:00`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from benchside.protocol.wire.policy import MAX_HOURS, Hours
from benchside.settings.toml import SettingError

__all__ = ["read_all_hours", "read_hours", "show_hours"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(r"([a-z,-]{3,60}) (\d\d):(\d\d)-(\d\d):(\d\d)\Z")
_MIDNIGHT = 24 * 60


def read_all_hours(name: str, texts: Iterable[str]) -> tuple[Hours, ...]:
    """Return the hours of a site; SettingError that calls the setting `name` for a wrong one, and for too many."""
    hours = tuple(one for text in texts for one in read_hours(name, text))
    if len(hours) > MAX_HOURS:
        raise SettingError(
            f"{name} must be at most {MAX_HOURS} times, of which one over midnight counts twice; these are {len(hours)}"
        )
    return hours


def read_hours(name: str, text: str) -> tuple[Hours, ...]:
    """Return the hours in `text`, two where they go over midnight; SettingError that calls the setting `name`."""
    found = _FORM.match(" ".join(text.lower().split()))
    if found is None:
        raise _wrong(name, text)
    days = _read_days(name, found[1])
    first, last = int(found[2]) * 60 + int(found[3]), int(found[4]) * 60 + int(found[5])
    if max(int(found[3]), int(found[5])) > 59 or max(first, last) > _MIDNIGHT or first in (last, _MIDNIGHT):
        raise _wrong(name, text)
    if first < last:
        return (Hours(days=days, from_minute=first, to_minute=last),)
    evening = Hours(days=days, from_minute=first, to_minute=_MIDNIGHT)
    if last == 0:
        return (evening,)
    after = tuple(sorted((day + 1) % 7 for day in days))
    return (evening, Hours(days=after, from_minute=0, to_minute=last))


def show_hours(hours: Iterable[Hours]) -> list[str]:
    """Return them in a form that `read_hours` reads."""
    return [
        f"{','.join(_DAYS[day] for day in one.days)} {_clock(one.from_minute)}-{_clock(one.to_minute)}" for one in hours
    ]


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _read_days(name: str, text: str) -> tuple[int, ...]:
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in _DAYS or (dash and last not in _DAYS):
            raise _wrong(name, text)
        begin, end = _DAYS.index(first), _DAYS.index(last if dash else first)
        days |= {day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)}
    return tuple(sorted(days))


def _wrong(name: str, text: str) -> SettingError:
    return SettingError(f"{name} must be days and a time of the day, as mon-fri 08:00-17:30, not {text[:60]!r}")
