"""A capture without a display: pixels in memory, damage and layout as the test says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchside.host.capture.covers import Cover, CoverState, SeenWindow, paint, uncovered
from benchside.host.capture.linux_layout import box_of
from benchside.media.damage import Box
from benchside.media.tiles import Pixels
from benchside.protocol.errors import CallerError, UnavailableError
from benchside.protocol.wire.capability import GrantScope, MonitorInfo, WindowInfo
from benchside.protocol.wire.cover import CoverRule

TWO_MONITORS = (
    MonitorInfo(id=0, name="left", x_px=0, y_px=0, width_px=320, height_px=240, primary=True),
    MonitorInfo(id=1, name="right", x_px=320, y_px=0, width_px=320, height_px=240, primary=False),
)


class FakeCapture:
    """A desktop of `monitors`, black until `draw`; windows are boxes, the last one on top."""

    def __init__(self, monitors: tuple[MonitorInfo, ...] = TWO_MONITORS) -> None:
        self._monitors = monitors
        self._scope: GrantScope | None = None
        self._on_damage: Callable[[Box], None] = lambda box: None
        self._on_layout: Callable[[], None] = lambda: None
        self._on_covers: Callable[[], None] = lambda: None
        self._state = CoverState()
        self._is_gone = False
        self.screen: Pixels = np.zeros((480, 1280, 4), np.uint8)
        self.window_boxes: dict[int, Box] = {}
        self.grabs = 0

    # What a test does to it

    def draw(self, box: Box, colour: int) -> None:
        """Fill `box` with 0xRRGGBB, as a program would, with the damage that follows."""
        self.screen[box.top : box.bottom, box.left : box.right] = (*colour.to_bytes(3, "little"), 0)
        self.tell_damage(box)

    def tell_damage(self, box: Box) -> None:
        """A program has drawn here, be it the same as before."""
        for area in self.shared():
            for part in uncovered(box.intersect(area), self.covers()):
                self._on_damage(part)

    def rearrange(self, monitors: tuple[MonitorInfo, ...]) -> None:
        """Other monitors from now on."""
        self._monitors = monitors
        self._changed()

    def open_window(self, window: int, box: Box) -> None:
        """A window on top of the others, or the same one moved there."""
        self.window_boxes.pop(window, None)
        self.window_boxes[window] = box
        self._changed()

    def vanish(self) -> None:
        """The display goes away."""
        self._is_gone = True

    def _changed(self) -> None:
        self._settle_covers()
        if self._scope is not None:
            self._on_layout()
            for area in self.shared():
                self._on_damage(area)

    # The contract

    def monitors(self) -> tuple[MonitorInfo, ...]:
        self._check()
        return self._monitors

    def windows(self) -> tuple[WindowInfo, ...]:
        self._check()
        return tuple(WindowInfo(id=each, title=f"window {each}") for each in reversed(self.window_boxes))

    def cover_by_rule(self, rules: Sequence[CoverRule]) -> None:
        self._state.rules = tuple(rules)
        self._settle_covers()

    def cover_by_hand(self, boxes: Sequence[Box]) -> None:
        self._state.by_hand = tuple(boxes)
        self._settle_covers()

    def covers(self) -> tuple[Cover, ...]:
        return self._state.covers

    def _settle_covers(self) -> None:
        windows = [
            SeenWindow((f"window {number}",), ("window",), box, box) for number, box in self.window_boxes.items()
        ]
        if changed := self._state.settle(windows, self._monitors, 0.0):
            self._on_covers()
            for box in changed:
                for area in self.shared():
                    if cut := box.intersect(area):
                        self._on_damage(cut)

    def start(
        self,
        scope: GrantScope,
        on_damage: Callable[[Box], None],
        on_layout: Callable[[], None],
        on_covers: Callable[[], None] = lambda: None,
    ) -> None:
        self._check()
        self._scope, self._on_damage, self._on_layout, self._on_covers = scope, on_damage, on_layout, on_covers
        for area in self.shared():
            on_damage(area)

    def shared(self) -> tuple[Box, ...]:
        if self._scope is None:
            return ()
        areas = [box_of(each) for each in self._monitors if each.id in self._scope.monitors]
        if self._scope.window is None:
            return tuple(areas)
        whole = self.window_boxes.get(self._scope.window)
        if whole is None:
            return ()
        order = list(self.window_boxes)
        pieces = [cut for area in areas if (cut := whole.intersect(area))]
        for above in order[order.index(self._scope.window) + 1 :]:
            pieces = [part for piece in pieces for part in piece.without(self.window_boxes[above])]
        return tuple(pieces)

    def grab(self, box: Box) -> Pixels:
        self._check()
        if self._scope is None or not box:
            raise CallerError(f"expected a started capture and a box with pixels, got {box}")
        self.grabs += 1
        pixels = np.zeros((box.height_px, box.width_px, 4), np.uint8)
        for area in self.shared():
            if cut := box.intersect(area):
                part = self.screen[cut.top : cut.bottom, cut.left : cut.right]
                top, left = cut.top - box.top, cut.left - box.left
                pixels[top : top + cut.height_px, left : left + cut.width_px] = part
        return paint(pixels, box, self.covers())

    def stop(self) -> None:
        self._scope = None

    def attach(self, on_ready: Callable[[], None]) -> None:
        pass

    def detach(self) -> None:
        pass

    def read(self) -> bool:
        self._check()
        return False

    def close(self) -> None:
        self._scope, self._is_gone = None, True

    def _check(self) -> None:
        if self._is_gone:
            raise UnavailableError("the display is gone")
