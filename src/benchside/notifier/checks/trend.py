"""When something that shrinks will be used up: a straight line by least squares through a bounded ring of values.

The values outlive a restart (TrendFile): a PC that is switched off at night has no half day of values in one piece.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from benchside.platform.files import read_if_there, write_private
from benchside.platform.volumes.contract import MAX_VOLUMES

__all__ = ["Trend", "TrendFile"]

log = logging.getLogger(__name__)

MAX_POINTS = 168
"""A week in which the PC is never off, with one point an hour."""
SPACING_S = 3600.0
LEAST_POINTS = 12
"""Half a day: what one run writes in an hour says nothing of the days to come."""
LEAST_FIT = 0.6
"""Share of the variance that the line explains; a sawtooth of clean-ups has no trend."""
DAY_S = 86_400.0
MAX_OFF_S = 7 * DAY_S
"""What was before a longer pause says nothing of the days to come."""
VERSION = 1
MAX_FILE_BYTES = 256 * 1024
"""MAX_VOLUMES with all their points have some 110 kB, and those before as much."""


class Trend:
    """Values of one thing over the last days; memory is bounded."""

    def __init__(self, points: Iterable[tuple[float, float]] = ()) -> None:
        self._points: deque[tuple[float, float]] = deque(points, maxlen=MAX_POINTS)

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """What is kept: moment and value, oldest first."""
        return tuple(self._points)

    @property
    def can_tell(self) -> bool:
        """Whether there are enough values: no line through them means then that it does not shrink."""
        return len(self._points) >= LEAST_POINTS

    def add(self, at_s: float, value: float) -> bool:
        """Take a value; return whether it is kept, as one an hour is.  `at_s`: of a clock that only goes forwards."""
        is_due = not self._points or at_s - self._points[-1][0] >= SPACING_S
        if is_due:
            self._points.append((at_s, value))
        return is_due

    def days_left(self, value: float) -> float | None:
        """Return after how many days nothing is left of `value`; None when it does not shrink or nobody can say."""
        if not self.can_tell:
            return None
        count = len(self._points)
        mean_at = sum(at for at, _ in self._points) / count
        mean = sum(one for _, one in self._points) / count
        across = sum((at - mean_at) ** 2 for at, _ in self._points)
        together = sum((at - mean_at) * (one - mean) for at, one in self._points)
        spread = sum((one - mean) ** 2 for _, one in self._points)
        if across <= 0 or spread <= 0 or together >= 0:
            return None
        if together**2 / (across * spread) < LEAST_FIT:
            return None
        return max(0.0, value / -(together / across) / DAY_S)


_Moment = Annotated[float, Meta(ge=-1e12, le=1e12)]
_Value = Annotated[float, Meta(ge=0, le=1e19)]
_Line = Annotated[list[tuple[_Moment, _Value]], Meta(max_length=MAX_POINTS)]


class _Points(msgspec.Struct, frozen=True, kw_only=True):
    """`at_s` and the points' moments are of one clock; the wall clock read `utc_s` at `at_s`."""

    utc_s: _Moment
    at_s: _Moment
    points: Annotated[dict[Annotated[str, Meta(max_length=4096)], _Line], Meta(max_length=MAX_VOLUMES)]

    def off_s(self, utc_s: float) -> float:
        """Return how long nobody has looked, as far as the wall clock can tell; where it went back, no time at all."""
        return max(0.0, utc_s - self.utc_s)

    def moved(self, at_s: float, utc_s: float) -> dict[str, list[tuple[float, float]]]:
        """Return the points by the clock that reads `at_s` now, which may have begun anew."""
        by_s = at_s - self.at_s - self.off_s(utc_s)
        return {name: [(at + by_s, value) for at, value in line] for name, line in self.points.items()}


class _Kept(_Points, frozen=True, kw_only=True):
    """`before`: what seemed too old at a start, until there is another trend: the wall clock may have been wrong."""

    version: int
    before: _Points | None = None


class TrendFile:
    """Where trends are kept over restarts; without a `path` they are not."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._before: _Points | None = None

    def load(self, at_s: float, utc_s: float) -> dict[str, Trend]:
        """Return what was kept, its moments turned into those of the clock that reads `at_s` now.

        That clock may have begun anew; how long nobody looked, only the wall clock, `utc_s`, can tell.  Where it went
        back meanwhile no time has passed: a drive is then said to fill too soon rather than too late.  Where it seems
        to be too long ago, `save` keeps it until there is another trend: at a start the wall clock may be years ahead.
        """
        kept = self._read()
        parts: list[_Points] = [each for each in (kept and kept.before, kept) if each is not None]
        old = [part for part in parts if part.off_s(utc_s) > MAX_OFF_S]
        self._before = max(old, key=lambda part: sum(map(len, part.points.values())), default=None)
        lines: dict[str, list[tuple[float, float]]] = {}
        for part in parts:
            if part in old:
                continue
            for name, line in part.moved(at_s, utc_s).items():
                earlier = [point for point in lines.get(name, ()) if not line or point[0] < line[0][0]]
                lines[name] = [*earlier, *line]
        return {name: Trend(line) for name, line in lines.items()}

    def save(self, trends: dict[str, Trend], at_s: float, utc_s: float) -> None:
        """Keep them; on a disk that does not take it nothing is kept, and that is a condition of its own (pc.disk)."""
        if self._path is None:
            return
        if any(trend.can_tell for trend in trends.values()):
            self._before = None
        points = {name: list(trend.points) for name, trend in trends.items()}
        kept = _Kept(version=VERSION, utc_s=utc_s, at_s=at_s, points=points, before=self._before)
        try:
            write_private(self._path, msgspec.msgpack.encode(kept))
        except OSError as error:
            log.warning("trends cannot be kept: %s", type(error).__name__)

    def _read(self) -> _Kept | None:
        """Torn, of another version, or not ours: the trend begins anew, as on the first day."""
        if self._path is None:
            return None
        try:
            data = read_if_there(self._path, MAX_FILE_BYTES)
            kept = None if data is None else msgspec.msgpack.decode(data, type=_Kept)
        except (OSError, ValueError):
            return None
        if kept is None or kept.version != VERSION:
            return None
        return kept if all(_is_sound(each) for each in (kept, kept.before) if each is not None) else None


def _is_sound(kept: _Points) -> bool:
    """Each moment after the one before, none in the future, and no number that is none."""
    numbers = [kept.utc_s, kept.at_s]
    for points in kept.points.values():
        moments = [at for at, _ in points]
        if moments != sorted(set(moments)) or (moments and moments[-1] > kept.at_s):
            return False
        numbers += [number for point in points for number in point]
    return all(map(math.isfinite, numbers))
