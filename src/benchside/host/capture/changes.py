"""Damage found by looking: where two pictures of one area differ, and how often it pays to look.

For a screen that tells nobody what changes on it (Windows' GDI).
"""

from __future__ import annotations

import numpy as np

from benchside.media.damage import Box, Region
from benchside.media.tiles import Pixels

__all__ = ["LookPace", "changed_boxes"]

# One comparison each; a line of text is about as high.
STRIP_PX = 16

# After a change, or a touch of mouse or keyboard, the next change is near: as often as a screen shows one.
QUICK_S = 1 / 30
QUICK_FOR_S = 1.0
# Then each look waits this much longer than the one before, up to REST_S: a plot that moves once a second is late by
# half of that on average.
SLOWER = 1.5
REST_S = 0.5
REST_MOST_S = 2.0

# Of one core: what looking may cost while something moves, and while nothing does.
QUICK_SHARE = 0.25
REST_SHARE = 0.01


def changed_boxes(old: Pixels, new: Pixels, left: int, top: int) -> Region:
    """Where they differ in colour, as boxes of whole strips, moved by (`left`, `top`).

    Both of one shape, rows without gaps.  A full HD screen that did not change takes about 2 ms.
    """
    region = Region()
    height, width = new.shape[:2]
    before, after = old.view(np.uint32)[..., 0], new.view(np.uint32)[..., 0]
    for first in range(0, height, STRIP_PX):
        last = min(first + STRIP_PX, height)
        differs = before[first:last] != after[first:last]
        if differs.any():
            columns = np.flatnonzero(differs.any(axis=0))
            box = Box(int(columns[0]), first, int(columns[-1]) + 1, last)
            region.add(Box(left + box.left, top + box.top, min(left + box.right, left + width), top + box.bottom))
    return region


class LookPace:
    """When to look next.  Times are seconds on one monotonic clock."""

    def __init__(self, now: float) -> None:
        self._wait_s = QUICK_S
        self._quick_until = now + QUICK_FOR_S
        self._due_at = now

    def is_quick(self, now: float) -> bool:
        """Whether something moved, or was touched, a moment ago."""
        return now < self._quick_until

    def is_due(self, now: float) -> bool:
        """Whether it is time to look."""
        return now >= self._due_at

    def looked(self, now: float, cost_s: float, *, found: bool) -> None:
        """A look that ended at `now` took `cost_s`, and found a change or did not."""
        if found:
            self._quick_until = now + QUICK_FOR_S
        if now < self._quick_until:
            self._wait_s = max(QUICK_S, cost_s / QUICK_SHARE)
        else:
            # slower by and by, and in the end as slow as the cost demands
            rest_s = min(max(REST_S, cost_s / REST_SHARE), REST_MOST_S)
            self._wait_s = min(self._wait_s * SLOWER, rest_s)
        self._due_at = now + self._wait_s

    def touched(self, now: float) -> None:
        """Somebody used mouse or keyboard: look soon, and for a while."""
        self._quick_until = now + QUICK_FOR_S
        self._due_at = min(self._due_at, now + QUICK_S)
        self._wait_s = QUICK_S
