"""Capture of an X11 display: DAMAGE says where, MIT-SHM brings the pixels, RandR knows the monitors.

Nothing is polled: while the screen rests, no request is made.

Events that come in while `grab` waits for pixels are kept for `read`, and whoever waits on `fileno` is woken:
the caller is told of damage and layout only where it expects it.

The server handles one client's requests in order and sends events before later replies.  Two things follow.
Damage that it does not report (since it lies in what it has reported and we have not acknowledged) is still in
the caller's region, and the acknowledgement goes out before the grab that shows it.  And when no event about
monitors or windows has come in ahead of a grab's reply, the layout was the known one when the pixels were read.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xcffib.damage
import xcffib.randr
import xcffib.shape
import xcffib.xfixes
from xcffib.xproto import CW, EventMask

from benchside.host.capture.covers import Cover, CoverState, SeenWindow, paint, uncovered
from benchside.host.capture.linux_covers import RuledWindows
from benchside.host.capture.linux_layout import MonitorList, box_of
from benchside.host.capture.linux_pixels import ScreenPixels
from benchside.host.capture.linux_windows import WindowList
from benchside.media.damage import Box, Region
from benchside.media.tiles import Pixels
from benchside.platform.display.linux import Display
from benchside.platform.stacking.linux import Stacking
from benchside.protocol.errors import CallerError, UnavailableError
from benchside.protocol.wire.capability import GrantScope, MonitorInfo, WindowInfo
from benchside.protocol.wire.cover import CoverRule

__all__ = ["X11Capture"]

# How often a grab is repeated because monitors or windows moved meanwhile.  A window that is being dragged
# moves at most at each frame, so two suffice; after four the part stays black and is damaged again.
MAX_GRAB_TRIES = 4

# Reads of 256 events each, after a grab.  A client that draws faster than this is read gets a black part
# rather than one whose layout is unknown.
MAX_DRAIN_READS = 64

_STRUCTURE_EVENTS = ("Configure", "Map", "Unmap", "Destroy", "Reparent", "Create", "Circulate", "Gravity")


def _ignore(*_: object) -> None:
    pass


class X11Capture:
    """A `Capture` of one X display."""

    def __init__(self, display: str | None = None) -> None:
        """`display`: its name, by default what DISPLAY says.

        UnavailableError: no display there, no DAMAGE on it, or a pixel format that cannot be shown exactly.
        """
        self._display = Display(display)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        display = self._display
        self._scope: GrantScope | None = None
        self._areas: tuple[Box, ...] = ()
        self._on_damage: Callable[[Box], None] = _ignore
        self._on_layout: Callable[[], None] = _ignore
        self._on_covers: Callable[[], None] = _ignore
        self._pending = Region()  # damage not yet told
        self._is_layout_pending = False
        self._are_covers_pending = False
        self._cover_state = CoverState()
        self._ruled = RuledWindows(display, ())
        self._loop: asyncio.AbstractEventLoop | None = None
        self._trail_timer: asyncio.TimerHandle | None = None
        self._screen = ScreenPixels(display)
        self._xfixes = display.extension(xcffib.xfixes.key, 5, 0)
        self._damage = display.extension(xcffib.damage.key, 1, 1)
        if self._damage is None or self._xfixes is None:
            raise UnavailableError("the display does not report damage")
        self._stacking = Stacking(display)
        self._monitor_list = MonitorList(display)
        self._monitor_list.watch()
        self._window_list = WindowList(display)
        self._watch_windows(display.root, EventMask.StructureNotify)
        self._damage_id = 0
        self._is_reported = False  # damage was reported and not yet acknowledged
        self._is_stale = False  # monitors or windows may have changed since _areas was made
        self._monitors = self._monitor_list.read()
        display.on(xcffib.damage.NotifyEvent, self._handle_damage)
        display.on(xcffib.randr.ScreenChangeNotifyEvent, self._handle_layout)
        display.on(xcffib.randr.NotifyEvent, self._handle_layout)
        display.on(xcffib.shape.NotifyEvent, self._handle_layout)
        display.on(xcffib.xfixes.SelectionNotifyEvent, self._handle_layout)
        display.on(xcffib.xproto.PropertyNotifyEvent, self._handle_window)
        display.on(xcffib.xproto.DestroyNotifyEvent, lambda event: self._window_list.forget(event.window))
        for name in _STRUCTURE_EVENTS:
            display.on(getattr(xcffib.xproto, f"{name}NotifyEvent"), self._handle_window)
        display.flush()

    def monitors(self) -> tuple[MonitorInfo, ...]:
        return self._monitors

    def windows(self) -> tuple[WindowInfo, ...]:
        self._drain()
        found = self._window_list.read(None if self._scope is None else self._scope.window)
        self._drain()
        self._wake_if_pending()
        return tuple(window for window in found if self._window_list.is_known(window.id))

    def cover_by_rule(self, rules: Sequence[CoverRule]) -> None:
        self._ruled.rest()
        self._cover_state.rules = tuple(rules)
        self._ruled = RuledWindows(self._display, rules)
        if self._ruled:
            # without a compositor what is on the screen is where the windows are, and one may start any time
            self._stacking.watch_compositor()
        self._is_stale = True
        self._display.wake()

    def cover_by_hand(self, boxes: Sequence[Box]) -> None:
        self._cover_state.by_hand = tuple(boxes)
        self._is_stale = True
        self._display.wake()

    def covers(self) -> tuple[Cover, ...]:
        if self._scope is None:
            self._cover_state.settle(self._see_ruled(), self._monitor_list.read(), time.monotonic())
            self._ruled.rest()
        return self._cover_state.covers

    def start(
        self,
        scope: GrantScope,
        on_damage: Callable[[Box], None],
        on_layout: Callable[[], None],
        on_covers: Callable[[], None] = _ignore,
    ) -> None:
        self.stop()
        display = self._display
        if scope.window is not None:
            if self._stacking.has_compositor():
                raise UnavailableError("one window cannot be shared while a compositor draws the screen")
            self._watch_windows(display.root, EventMask.StructureNotify | EventMask.SubstructureNotify)
        self._scope, self._on_damage, self._on_layout, self._on_covers = scope, on_damage, on_layout, on_covers
        self._damage_id = display.new_id()
        with display.using():
            assert self._damage is not None
            level = xcffib.damage.ReportLevel.DeltaRectangles
            self._damage.Create(self._damage_id, display.root, level)
        self._monitors = self._monitor_list.read()
        self._areas = self._find_areas(self._monitors)
        self._cover_state.settle(self._see_ruled(), self._monitors, time.monotonic())
        self._drain()
        self._is_stale = self._is_stale or self._is_window_gone()
        self._settle()
        self._pending.clear()
        self._is_layout_pending = self._are_covers_pending = False
        display.flush()
        for area in self._areas:
            on_damage(area)

    def shared(self) -> tuple[Box, ...]:
        return self._areas

    def grab(self, box: Box) -> Pixels:
        if self._scope is None or not box:
            raise CallerError(f"expected a started capture and a box with pixels, got {box}")
        for _ in range(MAX_GRAB_TRIES):
            self._settle()
            pixels = self._read_pixels(box)
            self._drain()
            if not self._is_stale and pixels is not None:
                break
            # What was read may belong to another layout: it is dropped unseen.
            self._is_stale = True
            pixels = None
        if pixels is None:
            self._pending.add(box)
            pixels = np.zeros((box.height_px, box.width_px, 4), np.uint8)
        self._wake_if_pending()
        return paint(pixels, box, self._cover_state.covers)

    def stop(self) -> None:
        if self._scope is None:
            return
        was_window = self._scope.window is not None
        self._scope, self._areas = None, ()
        self._on_damage = self._on_layout = self._on_covers = _ignore
        self._pending.clear()
        self._is_layout_pending = self._are_covers_pending = False
        with contextlib.suppress(UnavailableError):  # then there is nothing left to stop
            with self._display.using():
                assert self._damage is not None
                self._damage.Destroy(self._damage_id)
            self._screen.let_go()
            self._ruled.rest()
            if was_window:
                self._watch_windows(self._display.root, EventMask.StructureNotify)
            self._display.flush()

    def fileno(self) -> int:
        """The descriptor that is readable when `read` is due, the same until `close`."""
        return self._display.fileno()

    def attach(self, on_ready: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._display.attach(on_ready)

    def detach(self) -> None:
        self._loop = None
        self._display.detach()

    def read(self) -> bool:
        more = self._display.read()
        self._settle()
        self._display.flush()
        if self._is_layout_pending:
            self._is_layout_pending = False
            self._on_layout()
        if self._are_covers_pending:
            self._are_covers_pending = False
            self._on_covers()
        for box in self._pending.take():
            for area in self._areas:
                if cut := box.intersect(area):
                    self._on_damage(cut)
        return more

    def close(self) -> None:
        self._scope, self._areas = None, ()
        self._on_damage = self._on_layout = self._on_covers = _ignore
        self._display.close()

    # What the display says

    def _handle_damage(self, event: Any) -> None:
        if event.damage != self._damage_id:
            return  # of a scope that ended
        self._is_reported = True
        place = event.area
        box = Box(place.x, place.y, place.x + place.width, place.y + place.height)
        for area in self._areas:
            # Cut at once: merged with damage elsewhere it would cover more than changed here.
            for part in uncovered(box.intersect(area), self._cover_state.covers):
                self._pending.add(part)

    def _handle_layout(self, event: Any) -> None:
        self._is_stale = True

    def _handle_window(self, event: Any) -> None:
        """Something happened to a window: of interest when one is shared, when rules are about it, or to the root."""
        is_ruled = self._ruled.concerns(event)
        is_shared = self._scope is not None and self._scope.window is not None
        is_structure = not isinstance(event, xcffib.xproto.PropertyNotifyEvent)
        if is_ruled or (is_structure and (is_shared or event.window == self._display.root)):
            self._is_stale = True

    def _drain(self) -> None:
        """Handle all that has come in; where that finds no end, the layout counts as unknown."""
        for _ in range(MAX_DRAIN_READS):
            if not self._display.read():
                return
        self._is_stale = True

    def _settle(self) -> None:
        """Find out the layout again if it may have changed, and note it if it has."""
        now, due = time.monotonic(), self._cover_state.deadline()
        if not self._is_stale and (due is None or now < due):
            return
        self._is_stale = False
        monitors = self._monitor_list.read()
        areas = self._find_areas(monitors)
        self._settle_covers(monitors, now)
        self._drain()
        if self._is_window_gone():
            areas = ()
        if monitors == self._monitors and areas == self._areas:
            return
        self._monitors, self._areas = monitors, areas
        self._is_layout_pending = True
        for area in areas:
            self._pending.add(area)

    def _settle_covers(self, monitors: tuple[MonitorInfo, ...], now: float) -> None:
        if self._scope is None:
            return
        for box in self._cover_state.settle(self._see_ruled(), monitors, now):
            self._are_covers_pending = True
            self._pending.add(box)
        due = self._cover_state.deadline()
        if self._trail_timer is not None:
            self._trail_timer.cancel()
        if due is not None and self._loop is not None:
            self._trail_timer = self._loop.call_later(max(0.0, due - now) + 0.01, self._display.wake)

    def _see_ruled(self) -> list[SeenWindow] | None:
        """The windows that rules match; None when a compositor may show them anywhere."""
        return None if self._ruled and self._stacking.has_compositor() else self._ruled.seen()

    def _wake_if_pending(self) -> None:
        """Make `fileno` readable while something is kept for `read`."""
        if self._pending or self._is_layout_pending or self._are_covers_pending:
            self._display.wake()

    # What is shared

    def _find_areas(self, monitors: tuple[MonitorInfo, ...]) -> tuple[Box, ...]:
        scope = self._scope
        if scope is None:
            return ()
        granted: list[Box] = []
        for monitor in monitors:
            if monitor.id in scope.monitors:
                fresh = [box_of(monitor)]
                for earlier in granted:  # mirrored monitors share their pixels
                    fresh = [part for piece in fresh for part in piece.without(earlier)]
                granted += fresh
        if scope.window is None:
            return tuple(granted)
        if self._stacking.has_compositor():
            return ()
        shared = self._window_list.window(scope.window)
        place = None if shared is None else self._stacking.place(shared, trust_shapes=False)
        # Asked once more: the place may be that of another window with the same number.
        if place is None or shared is None or self._window_list.window(scope.window) is None:
            return ()
        # Told of what moves inside of its ancestors too; telling again is harmless.
        for window in (shared, *place.ancestors):
            self._watch_windows(window, EventMask.StructureNotify | EventMask.SubstructureNotify)
            self._stacking.watch_shape(window)
        return tuple(cut for box in place.visible() for area in granted if (cut := box.intersect(area)))

    def _is_window_gone(self) -> bool:
        """Whether the window of this scope was destroyed; then nothing is shared any more, whatever opens."""
        window = None if self._scope is None else self._scope.window
        return window is not None and not self._window_list.is_known(window)

    def _watch_windows(self, window: int, mask: int) -> None:
        if self._ruled:
            mask |= EventMask.PropertyChange  # its names matter too
        with self._display.using():
            self._display.core.ChangeWindowAttributes(window, CW.EventMask, [mask])

    # Pixels

    def _read_pixels(self, box: Box) -> Pixels | None:
        """The pixels of `box`, black where it is not shared; None when the display had them no more."""
        pieces = [cut for area in self._areas if (cut := box.intersect(area))]
        self._acknowledge()
        if pieces == [box]:
            return self._screen.read(box, self._monitors)
        pixels = np.zeros((box.height_px, box.width_px, 4), np.uint8)
        for piece in pieces:
            part = self._screen.read(piece, self._monitors)
            if part is None:
                return None
            left, top = piece.left - box.left, piece.top - box.top
            pixels[top : top + piece.height_px, left : left + piece.width_px] = part
        return pixels

    def _acknowledge(self) -> None:
        if self._is_reported:
            self._is_reported = False
            with self._display.using():
                assert self._damage is not None
                self._damage.Subtract(self._damage_id, 0, 0)
