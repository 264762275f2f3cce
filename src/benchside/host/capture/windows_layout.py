"""What of the Windows desktop a scope covers: monitors and windows, each with a number that stays its own."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

from benchside.host.capture.covers import SeenWindow
from benchside.media.damage import Box
from benchside.platform.display.windows import (
    MAX_TITLE,
    MAX_WINDOWS,
    WindowPlace,
    class_of,
    inside_of,
    list_monitors,
    list_windows,
    title_of,
    user32,
)
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.capability import MAX_MONITORS, GrantScope, MonitorInfo, WindowInfo
from benchside.protocol.wire.text import clean

__all__ = ["Layout", "seen_windows"]

_MAX_NAME = 200

# What is left of a window under so many others that it falls into more pieces is shown as nothing.
MAX_PIECES = 256


class Layout:
    """INVARIANT: an id once given to a monitor or a window is never another's."""

    def __init__(self) -> None:
        self._monitor_ids: dict[str, int] = {}
        self._window_ids: dict[tuple[int, tuple[int, int]], int] = {}
        self._next_window = 1

    def monitors(self) -> tuple[MonitorInfo, ...]:
        """The monitors now; those beyond the sixteenth ever seen have no number and are left out.

        UnavailableError: this process has no desktop.
        """
        found = []
        for place in list_monitors():
            number = self._monitor_ids.get(place.key)
            if number is None:
                number = len(self._monitor_ids)
                if number >= MAX_MONITORS:
                    continue
                self._monitor_ids[place.key] = number
            box = place.box
            name = clean(place.name, _MAX_NAME) or f"{number + 1}"
            found.append(MonitorInfo(number, name, box.left, box.top, box.width_px, box.height_px, place.is_primary))
        if not found:
            raise UnavailableError("expected a desktop with monitors, got none")
        return tuple(found)

    def windows(self) -> tuple[WindowInfo, ...]:
        """Windows with a title that may be shared, the topmost first."""
        found = []
        for place in list_windows():
            title = clean(title_of(place.handle), _MAX_NAME)
            # Through a layered window one could see what lies below it.
            if title and not place.is_tool and not place.is_layered:
                found.append(WindowInfo(id=self._number_of(place), title=title))
        return tuple(found)

    def areas(self, scope: GrantScope, monitors: tuple[MonitorInfo, ...]) -> tuple[Box, ...]:
        """What `scope` covers now, without overlap."""
        boxes: list[Box] = []
        for each in monitors:
            if each.id in scope.monitors:
                pieces = [Box(each.x_px, each.y_px, each.x_px + each.width_px, each.y_px + each.height_px)]
                for other in boxes:  # mirrored monitors overlap
                    pieces = [part for piece in pieces for part in piece.without(other)]
                boxes += pieces
        if scope.window is None:
            return tuple(boxes)
        seen = self._seen_of(scope.window)
        return tuple(cut for box in boxes for piece in seen if (cut := piece.intersect(box)))

    def _seen_of(self, window: int) -> list[Box]:
        """What of a window no other covers; whatever lies above counts with its whole rectangle."""
        pieces: list[Box] = []
        above: list[Box] = []
        for place in list_windows():
            if self._window_ids.get((place.handle, place.owner)) == window:
                pieces = [] if place.is_layered else [place.box]
                break
            above.append(place.box)
        for cover in above:
            pieces = [part for piece in pieces for part in piece.without(cover)]
            if len(pieces) > MAX_PIECES:
                return []
        return pieces

    def _number_of(self, place: WindowPlace) -> int:
        key = place.handle, place.owner
        number = self._window_ids.get(key)
        if number is None:
            self._forget_closed()
            number = self._window_ids[key] = self._next_window
            self._next_window += 1
        return number

    def _forget_closed(self) -> None:
        """Numbers of windows that are gone are given to nobody, so nothing need be kept of them."""
        self._window_ids = {key: number for key, number in self._window_ids.items() if user32.IsWindow(key[0])}


def seen_windows() -> list[SeenWindow] | None:
    """All windows that are shown, as the rules for covers speak of them; None when there are too many to tell."""
    places = list_windows()
    if len(places) >= MAX_WINDOWS:
        return None
    seen = []
    for place in places:
        title = title_of(place.handle)
        titles = (title,) if len(title) < MAX_TITLE else None
        outer = place.box
        seen.append(SeenWindow(titles, (class_of(place.handle),), inside_of(place.handle) or outer, outer))
    return seen
