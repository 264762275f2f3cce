"""The watch over the indicator on the Windows desktop: its place, what lies over it, and what is really seen there.

Windows that programs have put above count as covering with their whole rectangle, translucent or not; those that
are on another virtual desktop cover nothing.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

from collections.abc import Callable, Iterable

import numpy as np

from benchside.host.capture.windows_screen import Screen, Sheet
from benchside.host.watch.contract import Sight, Unseen
from benchside.media.damage import Box
from benchside.platform.display.windows import (
    be_dpi_aware,
    inside_of,
    list_monitors,
    list_windows,
    user32,
    window_at,
)
from benchside.protocol.errors import UnavailableError

__all__ = ["WindowsIndicatorWatch"]

# Room for a name, a clock and a Stop button that a person notices and hits.
MIN_WIDTH_PX, MIN_HEIGHT_PX = 160, 40

# A tooltip or a corner of another window may lie over it; with more gone nobody reads it.
MIN_SEEN_SHARE = 0.6

# Of what is seen so much is looked at for colours: the largest pieces, enough to hold some of the text.
MAX_SAMPLES = 4
SAMPLE_WIDTH_PX, SAMPLE_HEIGHT_PX = 512, 64

# So far within the corners of Stop is asked what a click would reach.
CORNER_PX = 3


class WindowsIndicatorWatch:
    """An `IndicatorWatch` of the desktop that this process belongs to."""

    def __init__(self) -> None:
        be_dpi_aware()
        self._screen = Screen()
        self._sheet = Sheet(SAMPLE_WIDTH_PX, SAMPLE_HEIGHT_PX)

    def attach(self, on_change: Callable[[], None]) -> None:
        """Windows tells nobody what comes to lie above: whoever wants to know looks again."""

    def detach(self) -> None:
        """See `attach`."""

    def look(self, window: int, stop: Box | None = None) -> Sight:
        if not user32.IsWindow(window):
            return Sight(Unseen.GONE)
        monitors = [place.box for place in list_monitors()]
        if not monitors:
            raise UnavailableError("expected a desktop with monitors, got none")
        above: list[Box] = []
        for place in list_windows():
            if place.handle == window:
                break
            above.append(place.box)
        else:
            return Sight(Unseen.HIDDEN)
        whole = place.box
        if whole.width_px < MIN_WIDTH_PX or whole.height_px < MIN_HEIGHT_PX:
            return Sight(Unseen.SMALL)
        least_px = MIN_SEEN_SHARE * whole.area_px
        shown = _cut([whole], monitors)
        if _area_px(shown) < least_px:
            return Sight(Unseen.OFF_SCREEN)
        seen = _without(shown, above)
        if _area_px(seen) < least_px or (stop is not None and not _is_reachable(window, stop, above, monitors)):
            return Sight(Unseen.COVERED)
        largest = sorted(seen, key=lambda piece: piece.area_px, reverse=True)[:MAX_SAMPLES]
        return Sight(Unseen.BLANK) if self._is_blank(largest) else Sight()

    def close(self) -> None:
        self._sheet.close()

    def _is_blank(self, pieces: Iterable[Box]) -> bool:
        """Whether the screen shows one single colour there, or nothing at all: another desktop is in front."""
        colours: set[int] = set()
        for piece in pieces:
            width, height = min(piece.width_px, SAMPLE_WIDTH_PX), min(piece.height_px, SAMPLE_HEIGHT_PX)
            if self._screen.copy(Box(piece.left, piece.top, piece.left + width, piece.top + height), self._sheet):
                values = self._sheet.pixels[:height, :width].copy().view(np.uint32) & 0xFFFFFF
                colours |= {int(values.min()), int(values.max())}
            if len(colours) > 1:
                return False
        return True


def _is_reachable(window: int, stop: Box, above: list[Box], monitors: list[Box]) -> bool:
    """Whether nothing of the button is covered, and a click on each of its corners would come to the window."""
    inside = inside_of(window)
    button = Box(inside.left + stop.left, inside.top + stop.top, inside.left + stop.right, inside.top + stop.bottom)
    if not button or _area_px(_without(_cut([button], monitors), above)) < button.area_px:
        return False
    xs = button.left + CORNER_PX, button.right - 1 - CORNER_PX
    ys = button.top + CORNER_PX, button.bottom - 1 - CORNER_PX
    return all(window_at(x, y) == window for x in xs for y in ys)


def _cut(pieces: list[Box], areas: Iterable[Box]) -> list[Box]:
    """What of `pieces` lies in `areas`, which may overlap."""
    found: list[Box] = []
    for area in areas:
        found += [cut for piece in _without(pieces, found) if (cut := piece.intersect(area))]
    return found


def _without(pieces: list[Box], covers: Iterable[Box]) -> list[Box]:
    for cover in covers:
        pieces = [part for piece in pieces for part in piece.without(cover)]
    return pieces


def _area_px(pieces: Iterable[Box]) -> int:
    return sum(piece.area_px for piece in pieces)
