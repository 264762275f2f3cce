"""When something that shrinks will be used up: a straight line by least squares through a bounded ring of values."""

from __future__ import annotations

from collections import deque

__all__ = ["Trend"]

MAX_POINTS = 168
"""A week, with one point an hour."""
SPACING_S = 3600.0
LEAST_POINTS = 12
"""Half a day: what one run writes in an hour says nothing of the days to come."""
LEAST_FIT = 0.6
"""Share of the variance that the line explains; a sawtooth of clean-ups has no trend."""
DAY_S = 86_400.0


class Trend:
    """Values of one thing over the last days; memory is bounded, and a restart forgets."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque(maxlen=MAX_POINTS)

    def add(self, at_s: float, value: float) -> None:
        """Take a value; one an hour is kept.  `at_s`: of a clock that only goes forwards."""
        if not self._points or at_s - self._points[-1][0] >= SPACING_S:
            self._points.append((at_s, value))

    def days_left(self, value: float) -> float | None:
        """Return after how many days nothing is left of `value`; None when it does not shrink or nobody can say."""
        if len(self._points) < LEAST_POINTS:
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
