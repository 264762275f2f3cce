"""Capture of the Windows desktop by GDI, with damage found by looking.

GDI tells nobody what is drawn.  So the shared areas are copied and compared with the copy before: up to thirty times
a second after a change or a touch of mouse or keyboard, then slower and slower, until looking takes a hundredth of a
core, or two seconds lie between two looks (changes.py).  Between looks a tick asks one thing alone, whether
somebody touched mouse or keyboard, which costs microseconds.

Desktop duplication, which does tell, would be another `Capture` beside this one.

From Windows 8 on a compositor draws the screen at all times, and shows windows elsewhere too: as previews, and while
they open and close.  So what the contract says of a compositor holds there: a rule for a window covers everything,
and no single window is shared.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import asyncio
import ctypes
import time
from collections.abc import Callable, Sequence
from ctypes import wintypes

from benchside.host.capture.changes import QUICK_S, LookPace, changed_boxes
from benchside.host.capture.covers import Cover, CoverState, paint, uncovered
from benchside.host.capture.windows_layout import Layout, seen_windows
from benchside.host.capture.windows_screen import Screen, Sheet
from benchside.media.damage import Box, Region
from benchside.media.tiles import Pixels
from benchside.platform.display.windows import be_dpi_aware, has_compositor, user32
from benchside.protocol.errors import CallerError, UnavailableError
from benchside.protocol.wire.capability import GrantScope, MonitorInfo, WindowInfo
from benchside.protocol.wire.cover import CoverRule

__all__ = ["GdiCapture"]

# Monitors come and go seldom; a shared window is asked for at every look.
LAYOUT_EVERY_S = 0.5
# While nothing moves: the first press after a rest is seen so much later.
REST_TICK_S = 0.05


class _LastInput(ctypes.Structure):
    _fields_ = (("cbSize", wintypes.UINT), ("dwTime", wintypes.DWORD))


user32.GetLastInputInfo.argtypes = (ctypes.POINTER(_LastInput),)


def _ignore(*_: object) -> None:
    return


class _Watched:
    """One shared area, and how it looked last."""

    def __init__(self, area: Box) -> None:
        self.area = area
        self.old, self.new = Sheet(area.width_px, area.height_px), Sheet(area.width_px, area.height_px)

    def close(self) -> None:
        self.old.close()
        self.new.close()


class GdiCapture:
    """A `Capture` of the desktop that this process belongs to.  UnavailableError: it belongs to none."""

    def __init__(self) -> None:
        be_dpi_aware()
        self._layout = Layout()
        self._monitors = self._layout.monitors()
        self._screen = Screen()
        self._scope: GrantScope | None = None
        self._on_damage: Callable[[Box], None] = _ignore
        self._on_layout: Callable[[], None] = _ignore
        self._on_covers: Callable[[], None] = _ignore
        self._cover_state = CoverState()
        self._on_ready: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._areas: tuple[Box, ...] = ()
        self._watched: list[_Watched] = []
        self._page: Sheet | None = None
        self._pending = Region()
        self._is_layout_pending = self._are_covers_pending = False
        self._is_blind = False
        self._pace = LookPace(time.monotonic())
        self._layout_due_at = 0.0
        self._last_input = _last_input()

    def monitors(self) -> tuple[MonitorInfo, ...]:
        if self._scope is None:
            self._monitors = self._layout.monitors()
        return self._monitors

    def windows(self) -> tuple[WindowInfo, ...]:
        return () if has_compositor() else self._layout.windows()

    def cover_by_rule(self, rules: Sequence[CoverRule]) -> None:
        self._cover_state.rules = tuple(rules)
        self._pace.touched(time.monotonic())

    def cover_by_hand(self, boxes: Sequence[Box]) -> None:
        self._cover_state.by_hand = tuple(boxes)
        self._pace.touched(time.monotonic())

    def covers(self) -> tuple[Cover, ...]:
        if self._scope is None:
            self._settle_covers(self._layout.monitors())
        return self._cover_state.covers

    def start(
        self,
        scope: GrantScope,
        on_damage: Callable[[Box], None],
        on_layout: Callable[[], None],
        on_covers: Callable[[], None] = _ignore,
    ) -> None:
        self.stop()
        if scope.window is not None and has_compositor():
            raise UnavailableError("one window cannot be shared while a compositor draws the screen")
        self._monitors = self._layout.monitors()
        self._scope, self._on_damage, self._on_layout, self._on_covers = scope, on_damage, on_layout, on_covers
        self._areas = self._layout.areas(scope, self._monitors)
        self._settle_covers(self._monitors)
        self._watch()
        self._are_covers_pending = False
        self._pace = LookPace(time.monotonic())
        self._deliver()

    def shared(self) -> tuple[Box, ...]:
        return self._areas

    def grab(self, box: Box) -> Pixels:
        if self._scope is None or not box:
            raise CallerError(f"expected a started capture and a box with pixels, got {box}")
        self._settle_covers(self._monitors)
        before = self._cover_state.covers
        page = self._room_for(box)
        pixels = page.pixels[: box.height_px, : box.width_px]
        pixels[:] = 0
        for area in self._areas:
            cut = box.intersect(area)
            if cut and not self._screen.copy(cut, page, cut.left - box.left, cut.top - box.top):
                self._is_blind = True
        self._black_out_moved(box, pixels)
        # A covered window may have moved while it was copied: then it is covered where it was and where it is.
        self._settle_covers(self._monitors)
        return paint(pixels, box, {*before, *self._cover_state.covers})

    def stop(self) -> None:
        self._scope, self._areas = None, ()
        self._on_damage = self._on_layout = self._on_covers = _ignore
        self._pending.clear()
        self._is_layout_pending = self._are_covers_pending = False
        self._unwatch()

    def attach(self, on_ready: Callable[[], None]) -> None:
        self.detach()
        self._on_ready = on_ready
        self._tick()

    def detach(self) -> None:
        self._on_ready = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def read(self) -> bool:
        if self._scope is not None:
            if not self._has_pending():
                self._look()
            self._deliver()
        return False

    def close(self) -> None:
        self.detach()
        self.stop()
        if self._page is not None:
            self._page.close()
            self._page = None

    # looking

    def _tick(self) -> None:
        on_ready = self._on_ready
        if on_ready is None:
            return
        now = time.monotonic()
        wait_s = QUICK_S if self._pace.is_quick(now) else REST_TICK_S
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._tick)
        if self._scope is None:
            return
        touched = _last_input()
        if touched != self._last_input:
            self._last_input = touched
            self._pace.touched(now)
        if self._pace.is_due(now) and self._has_news():
            on_ready()

    def _has_news(self) -> bool:
        """Look; whether `read` has something to do, be it to say that the desktop is gone."""
        try:
            return self._look()
        except UnavailableError:
            return True

    def _look(self) -> bool:
        """Note what changed since the last look; whether anything did."""
        began_at = time.monotonic()
        self._look_at_layout(began_at)
        self._settle_covers(self._monitors)
        found = Region()
        was_blind, self._is_blind = self._is_blind, False
        for each in self._watched:
            area = each.area
            if not self._screen.copy(area, each.new):
                self._is_blind = True
                continue
            if was_blind:
                found.add(area)
            else:
                found.update(changed_boxes(each.old.pixels, each.new.pixels, area.left, area.top))
            each.old, each.new = each.new, each.old
        for box in found:
            for part in uncovered(box, self._cover_state.covers):
                self._pending.add(part)
        now = time.monotonic()
        self._pace.looked(now, now - began_at, found=bool(found))
        return self._has_pending()

    def _has_pending(self) -> bool:
        return bool(self._pending) or self._is_layout_pending or self._are_covers_pending

    def _look_at_layout(self, now: float) -> None:
        scope = self._scope
        if scope is None or (scope.window is None and now < self._layout_due_at):
            return
        monitors = self._monitors
        if now >= self._layout_due_at:
            self._layout_due_at = now + LAYOUT_EVERY_S
            monitors = self._layout.monitors()
        areas = self._layout.areas(scope, monitors)
        if monitors != self._monitors or areas != self._areas:
            self._monitors, self._areas = monitors, areas
            self._is_layout_pending = True
            self._watch()

    def _settle_covers(self, monitors: tuple[MonitorInfo, ...]) -> None:
        state = self._cover_state
        if not state.rules and not state.by_hand and not state.covers:
            return
        has_window_rule = any(rule.window is not None for rule in state.rules)
        windows = None if has_window_rule and has_compositor() else seen_windows() if has_window_rule else []
        for box in state.settle(windows, monitors, time.monotonic()):
            self._are_covers_pending = True
            self._pending.add(box)

    def _watch(self) -> None:
        """Compare these areas from now on; all of them counts as changed."""
        self._unwatch()
        self._pending = Region(self._areas)
        for area in self._areas:
            each = _Watched(area)
            self._watched.append(each)
            self._is_blind = not self._screen.copy(area, each.old) or self._is_blind

    def _unwatch(self) -> None:
        for each in self._watched:
            each.close()
        self._watched.clear()

    def _deliver(self) -> None:
        if self._is_layout_pending:
            self._is_layout_pending = False
            self._on_layout()
        if self._are_covers_pending:
            self._are_covers_pending = False
            self._on_covers()
        for box in self._pending.take().clip(self._areas):
            self._on_damage(box)

    # grabbing

    def _room_for(self, box: Box) -> Sheet:
        """A page at least as large as `box`; it only grows."""
        page = self._page
        if page is None or page.width_px < box.width_px or page.height_px < box.height_px:
            width = max(box.width_px, 0 if page is None else page.width_px)
            height = max(box.height_px, 0 if page is None else page.height_px)
            if page is not None:
                page.close()
            self._page = page = Sheet(width, height)
        return page

    def _black_out_moved(self, box: Box, pixels: Pixels) -> None:
        """Something may have come over a shared window while it was copied: what is not shared any more is black."""
        scope = self._scope
        if scope is None or scope.window is None:
            return
        areas = self._layout.areas(scope, self._monitors)
        if areas == self._areas:
            return
        gone = [cut for area in self._areas if (cut := box.intersect(area))]
        for area in areas:
            gone = [part for piece in gone for part in piece.without(area)]
        for piece in gone:
            pixels[piece.top - box.top : piece.bottom - box.top, piece.left - box.left : piece.right - box.left] = 0


def _last_input() -> int:
    """When somebody, or a program, last touched mouse or keyboard: Windows' own count, which only compares."""
    info = _LastInput(cbSize=ctypes.sizeof(_LastInput))
    return int(info.dwTime) if user32.GetLastInputInfo(ctypes.byref(info)) else 0
