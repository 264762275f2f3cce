"""The watch over the indicator on an X display: its place, what lies over it, and what is really seen there.

What changes any of that is told by the display: windows that come, go, move or change their order beside the
indicator or beside a window that holds it, monitors, its own shape, and what is drawn into it by whoever.  Two things
are not told and make a look say so: a window above that is cut to a shape may grow, and a compositor may draw
whatever it likes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import xcffib.damage
import xcffib.randr
import xcffib.shape
from xcffib.xproto import CW, EventMask, ImageFormat

from benchside.host.capture.linux_layout import MonitorList, box_of
from benchside.host.watch.contract import Sight, Unseen
from benchside.media.damage import Box
from benchside.platform.display.linux import Display, ProtocolError
from benchside.platform.stacking.linux import Stacking, WindowPlace
from benchside.protocol.errors import UnavailableError

__all__ = ["X11IndicatorWatch"]

# Room for a name, a clock and a Stop button that a person notices and hits.
MIN_WIDTH_PX, MIN_HEIGHT_PX = 160, 40

# A tooltip or a corner of another window may lie over it; with more gone nobody reads it.
MIN_SEEN_SHARE = 0.6

# What is looked at for colours: the largest pieces that are
# seen, enough of them to hold some of the text wherever it stands; 128 KiB each at most.
MAX_SAMPLES = 4
MAX_SAMPLE_WIDTH_PX, MAX_SAMPLE_HEIGHT_PX = 512, 64

_PARENT_EVENTS = EventMask.StructureNotify | EventMask.SubstructureNotify
_WINDOW_EVENTS = ("Circulate", "Configure", "Create", "Destroy", "Gravity", "Map", "Reparent", "Unmap")

_ALL_PLANES = 0xFFFFFFFF
_REPLY_HEADER_BYTES = 32
_DEEP = 24


class X11IndicatorWatch:
    """An `IndicatorWatch` of one X display, which may also be the compositor's: its overlay covers nothing.

    UnavailableError: no display there.
    """

    def __init__(self, display: str | None = None) -> None:
        self._display = Display(display)
        self._stacking = Stacking(self._display)
        self._monitors = MonitorList(self._display)
        self._damage = self._display.extension(xcffib.damage.key, 1, 1)
        self._on_change: Callable[[], None] | None = None
        self._chain: tuple[int, ...] = ()
        self._drawn: int | None = None  # what tells that something was drawn into the indicator
        self._has_changed = False
        events = [getattr(xcffib.xproto, f"{name}NotifyEvent") for name in _WINDOW_EVENTS]
        events += [xcffib.randr.ScreenChangeNotifyEvent, xcffib.randr.NotifyEvent]
        for event in (*events, xcffib.shape.NotifyEvent, xcffib.damage.NotifyEvent):
            self._display.on(event, self._handle)

    def attach(self, on_change: Callable[[], None]) -> None:
        with contextlib.suppress(UnavailableError):  # the next look says so
            self._monitors.watch()
            self._select(self._display.root, _PARENT_EVENTS)
            self._display.flush()
        self._on_change = on_change
        self._display.attach(self._read)

    def detach(self) -> None:
        self._display.detach()
        self._on_change = None
        with contextlib.suppress(UnavailableError):  # then there is nothing left to let go
            self._follow(())
            self._select(self._display.root, 0)
            self._display.flush()

    def look(self, window: int, stop: Box | None = None) -> Sight:
        self._has_changed = False
        place = self._stacking.place(window)
        if place is not None and self._on_change is not None and self._follow((window, *place.ancestors)):
            place = self._stacking.place(window)  # whatever happens from here on is told
        reason = Unseen.GONE if place is None else self._judge(place, stop)
        is_followed = place is not None and (window, *place.ancestors) == self._chain and not place.may_grow
        is_followed = is_followed and self._drawn is not None and not self._stacking.has_compositor()
        self._keep_changes()
        return Sight(reason, is_followed)

    def close(self) -> None:
        self._on_change = None
        self._display.close()

    def _judge(self, place: WindowPlace, stop: Box | None) -> Unseen | None:
        if not place.is_mapped:
            return Unseen.HIDDEN
        whole = place.whole
        if whole.width_px < MIN_WIDTH_PX or whole.height_px < MIN_HEIGHT_PX:
            return Unseen.SMALL
        least_px = MIN_SEEN_SHARE * whole.area_px
        monitors = _without_overlap([box_of(each) for each in self._monitors.read()])
        if _shared_px(place.inside, monitors) < least_px:
            return Unseen.OFF_SCREEN
        seen = place.visible()
        if _shared_px(seen, monitors) < least_px:
            return Unseen.COVERED
        if stop is not None:
            button = Box(whole.left + stop.left, whole.top + stop.top, whole.left + stop.right, whole.top + stop.bottom)
            on_screen = _without_overlap([cut for each in monitors if (cut := button.intersect(each))])
            if _shared_px(seen, on_screen) < button.area_px:
                return Unseen.COVERED
        largest = sorted(seen, key=lambda piece: piece.area_px, reverse=True)[:MAX_SAMPLES]
        return Unseen.BLANK if self._is_blank(largest) else None

    # what is told

    def _follow(self, chain: tuple[int, ...]) -> bool:
        """Have the display tell of these windows, from the indicator to the one below the root; False: it does."""
        if chain == self._chain:
            self._take_drawn()
            return False
        for window in self._chain:
            if window not in chain:
                self._select(window, 0)
        for window in chain:
            self._select(window, _PARENT_EVENTS)
            self._stacking.watch_shape(window)
        if chain[:1] != self._chain[:1]:
            self._watch_drawing(chain[0] if chain else None)
        self._chain = chain
        return bool(chain)

    def _select(self, window: int, events: int) -> None:
        with self._display.using():
            self._display.core.ChangeWindowAttributes(window, CW.EventMask, [events])

    def _watch_drawing(self, window: int | None) -> None:
        """Have the display tell once that something was drawn there; it tells at once that all of it was."""
        drawn, self._drawn = self._drawn, None
        if self._damage is None:
            return
        with self._display.using():
            if drawn is not None:
                self._damage.Destroy(drawn)
            if window is not None:
                self._drawn = self._display.new_id()
                self._damage.Create(self._drawn, window, xcffib.damage.ReportLevel.NonEmpty)

    def _take_drawn(self) -> None:
        """From here on it tells of drawing again."""
        if self._damage is not None and self._drawn is not None:
            with self._display.using():
                self._damage.Subtract(self._drawn, 0, 0)

    def _handle(self, event: Any) -> None:
        self._has_changed = True

    def _keep_changes(self) -> None:
        """Take events that came in ahead of a reply, for the next `_read`."""
        if self._on_change is not None and (self._display.read() or self._has_changed):
            self._display.wake()

    def _read(self) -> None:
        try:
            is_more = self._display.read()
        except UnavailableError:
            self._display.detach()  # it would be readable for ever; the next look says what it means
            is_more, self._has_changed = False, True
        if is_more:
            asyncio.get_running_loop().call_soon(self._read)
        if self._has_changed and self._on_change is not None:
            self._has_changed = False
            self._on_change()

    # what is seen

    def _is_blank(self, pieces: list[Box]) -> bool:
        """Whether the screen shows one single colour there: a window whose program no longer draws."""
        colours: set[int] = set()
        for piece in pieces:
            colours |= self._some_colours(piece)
            if len(colours) > 1:
                return False
        return True

    def _some_colours(self, piece: Box) -> set[int]:
        """The lowest and the highest of the colours seen there, as the screen numbers them."""
        # An even width, so that rows of 16 bits have no padding.
        width = min(piece.width_px, MAX_SAMPLE_WIDTH_PX) & ~1
        height = min(piece.height_px, MAX_SAMPLE_HEIGHT_PX)
        left = piece.left + (piece.width_px - width) // 2
        top = piece.top + (piece.height_px - height) // 2
        if not width:
            return set()
        try:
            with self._display.using():
                cookie = self._display.core.GetImage(
                    ImageFormat.ZPixmap, self._display.root, left, top, width, height, _ALL_PLANES
                )
                # The reply's own class would make an int of each byte.
                reply = self._display.connection.wait_for_reply(cookie.sequence)
                depth, data = reply.buf[1], bytes(reply.buf[_REPLY_HEADER_BYTES:])
        except ProtocolError:
            return set()  # the screen has just become smaller
        is_deep = int.from_bytes(depth, "little") >= _DEEP
        pixel_bytes = 4 if is_deep else 2
        pixels = np.frombuffer(data, "<u4" if is_deep else "<u2", count=len(data) // pixel_bytes)
        colours = pixels.astype(np.uint32) & 0xFFFFFF
        return {int(colours.min()), int(colours.max())}


def _without_overlap(boxes: list[Box]) -> list[Box]:
    """The same pixels, each in one box: mirrored monitors show theirs twice."""
    apart: list[Box] = []
    for box in boxes:
        fresh = [box]
        for earlier in apart:
            fresh = [part for piece in fresh for part in piece.without(earlier)]
        apart += fresh
    return apart


def _shared_px(some: tuple[Box, ...], others: list[Box]) -> int:
    """Pixels in both lists, neither of which overlaps itself."""
    return sum(one.intersect(other).area_px for one in some for other in others)
