"""What of a window can be seen on an X screen: its place, and the windows that lie above it.

A window counts as covering with its whole bounding rectangle, translucent or not: better too much than a
covered indicator taken for a visible one.  Input-only windows cover nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xcffib.composite
import xcffib.shape
import xcffib.xfixes
from xcffib.xproto import MapState, WindowClass

from benchside.media.damage import Box
from benchside.platform.display.linux import Display, ProtocolError

__all__ = ["Stacking", "WindowPlace"]

# Deeper nesting than any window manager makes; bounds the walk up from a window.
MAX_DEPTH = 32

# More windows than a desktop has; a program that opens more hides nothing by it: the rest counts as covering.
MAX_SIBLINGS = 1024

# Rectangles of a shape or of what is left visible; a window of more pieces counts as not visible, which errs
# on the side of showing too little.
MAX_PIECES = 256


@dataclass(frozen=True, slots=True)
class WindowPlace:
    """Where a window is, in root pixels.

    `whole` is the window itself; `inside` what is left of it within its shape, its ancestors, their shapes
    and the screen, without overlap, perhaps nothing; `above` what lies over it.  `is_mapped`: it and all its
    ancestors are shown.  `ancestors`: the windows between it and the root.  `may_grow`: a window above is cut to a
    shape, and may cover more from one moment to the next without an event that anybody but itself asked for.
    """

    whole: Box
    inside: tuple[Box, ...]
    above: tuple[Box, ...]
    ancestors: tuple[int, ...]
    is_mapped: bool
    may_grow: bool = False

    def visible(self) -> tuple[Box, ...]:
        """What of the window nothing covers, without overlap; nothing where it is cut into too many pieces."""
        if not self.is_mapped:
            return ()
        pieces = list(self.inside)
        for cover in self.above:
            pieces = [part for piece in pieces for part in piece.without(cover)]
            if len(pieces) > MAX_PIECES:
                return ()
        return tuple(pieces)


class Stacking:
    """Reads windows of one display.  Each call costs a few round trips: below 2 ms for 50 windows."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._shape = display.extension(xcffib.shape.key)
        self._composite = display.extension(xcffib.composite.key, 0, 4)
        self._compositor = display.atom(f"_NET_WM_CM_S{display.connection.pref_screen}")

    def has_compositor(self) -> bool:
        """Whether a compositing manager draws the screen, so that windows may be translucent or moving."""
        with self._display.using():
            return bool(self._display.core.GetSelectionOwner(self._compositor).reply().owner)

    def watch_compositor(self) -> None:
        """Have the display send `xcffib.xfixes.SelectionNotifyEvent` when a compositor comes or goes, if it can."""
        xfixes = self._display.extension(xcffib.xfixes.key, 5, 0)
        if xfixes is not None:
            mask = xcffib.xfixes.SelectionEventMask
            every = mask.SetSelectionOwner | mask.SelectionWindowDestroy | mask.SelectionClientClose
            with self._display.using():
                xfixes.SelectSelectionInput(self._display.root, self._compositor, every)

    def place(self, window: int, *, trust_shapes: bool = True) -> WindowPlace | None:
        """Where `window` is now; None when there is no such window.

        `trust_shapes`: take a window above that is not a rectangle for the box around its shape; False takes
        its whole rectangle, for who must not be surprised when the shape changes.
        """
        try:
            with self._display.using():
                return self._place(window, trust_shapes)
        except ProtocolError:
            return None

    def watch_shape(self, window: int) -> None:
        """Have the display send `xcffib.shape.NotifyEvent` when the window's shape changes."""
        if self._shape is not None:
            with self._display.using():
                self._shape.SelectInput(window, True)

    def _place(self, window: int, trust_shapes: bool) -> WindowPlace | None:
        core, root = self._display.core, self._display.root
        whole = self._inner_box(window)
        inside = [whole.intersect(self._inner_box(root))]
        ancestors: list[int] = []
        is_mapped, may_grow = True, False
        above: list[Box] = []
        child = window
        for _ in range(MAX_DEPTH):
            if core.GetWindowAttributes(child).reply().map_state != MapState.Viewable:
                is_mapped = False
            inside = _meet(inside, self._shape_boxes(child))
            parent = core.QueryTree(child).reply().parent
            if not parent:
                return None  # the root itself: it lies under everything and is no window to look for
            siblings = list(core.QueryTree(parent).reply().children)
            if child not in siblings:
                return None  # it moved between the two questions; the next look will find it
            higher = siblings[siblings.index(child) + 1 :]
            if parent == root:
                boxes, is_shaped = self._boxes(self._without_overlay(higher), Box(0, 0, 0, 0), whole, trust_shapes)
                above += boxes
                return WindowPlace(
                    whole, tuple(inside), tuple(above), tuple(ancestors), is_mapped, may_grow or is_shaped
                )
            frame = self._inner_box(parent)
            inside = _meet(inside, [frame])
            boxes, is_shaped = self._boxes(higher, frame, whole, trust_shapes)
            above += boxes
            may_grow = may_grow or is_shaped
            ancestors.append(parent)
            child = parent
        return None

    def _inner_box(self, window: int) -> Box:
        """The window without its border, in root pixels.  The root's own changes with the monitors."""
        core = self._display.core
        asked = core.GetGeometry(window), core.TranslateCoordinates(window, self._display.root, 0, 0)
        size, at = asked[0].reply(), asked[1].reply()
        return Box(at.dst_x, at.dst_y, at.dst_x + size.width, at.dst_y + size.height)

    def _shape_boxes(self, window: int) -> list[Box] | None:
        """The rectangles of a window that is not a plain one; None for a plain one."""
        if self._shape is None or not self._shape.QueryExtents(window).reply().bounding_shaped:
            return None
        rectangles = self._shape.GetRectangles(window, xcffib.shape.SK.Bounding).reply().rectangles
        if len(rectangles) > MAX_PIECES:
            return []
        origin = self._inner_box(window)
        left, top = origin.left, origin.top
        return [Box(left + r.x, top + r.y, left + r.x + r.width, top + r.y + r.height) for r in rectangles]

    def _without_overlay(self, windows: list[int]) -> list[int]:
        """Leave out the compositor's overlay: it holds the picture of the other windows, it covers none."""
        if self._composite is None or not windows or not self.has_compositor():
            return windows
        # Only while a compositor holds the overlay: asking for it without one would make it.
        overlay = self._composite.GetOverlayWindow(self._display.root).reply().overlay_win
        self._composite.ReleaseOverlayWindow(self._display.root)
        return [window for window in windows if window != overlay]

    def _boxes(self, windows: Sequence[int], parent: Box, area: Box, trust_shapes: bool) -> tuple[list[Box], bool]:
        """The mapped, visible ones among `windows`, cut to `area`, and whether any of them is cut to a shape."""
        core = self._display.core
        if len(windows) > MAX_SIBLINGS:
            return [area], False
        # All questions first, then all answers: one round trip for any number of windows.
        asked = [
            (
                core.GetWindowAttributes(window),
                core.GetGeometry(window),
                self._shape.QueryExtents(window) if self._shape is not None and trust_shapes else None,
            )
            for window in windows
        ]
        boxes, is_shaped = [], False
        for attributes_cookie, geometry_cookie, extents_cookie in asked:
            try:
                attributes = attributes_cookie.reply()
                geometry = geometry_cookie.reply()
                extents = None if extents_cookie is None else extents_cookie.reply()
            except ProtocolError:
                continue  # closed since the list was made
            if attributes.map_state != MapState.Viewable or attributes._class == WindowClass.InputOnly:
                continue
            is_shaped = is_shaped or (extents is not None and bool(extents.bounding_shaped))
            box = _outer_box(geometry, extents, parent).intersect(area)
            if box:
                boxes.append(box)
        return boxes, is_shaped


def _meet(boxes: list[Box], others: list[Box] | None) -> list[Box]:
    """What both lists hold; None holds everything.  Lists without overlap give one without overlap."""
    if others is None:
        return boxes
    met = [cut for box in boxes for other in others if (cut := box.intersect(other))]
    return met if len(met) <= MAX_PIECES else []


def _outer_box(geometry: Any, extents: Any | None, parent: Box) -> Box:
    """The window with its border, or the bounding box of its shape where it has one."""
    left, top = parent.left + geometry.x, parent.top + geometry.y
    if extents is not None and extents.bounding_shaped:
        # The shape counts from inside the border.
        left += geometry.border_width + extents.bounding_shape_extents_x
        top += geometry.border_width + extents.bounding_shape_extents_y
        return Box(
            left,
            top,
            left + extents.bounding_shape_extents_width,
            top + extents.bounding_shape_extents_height,
        )
    border = 2 * geometry.border_width
    return Box(left, top, left + geometry.width + border, top + geometry.height + border)
