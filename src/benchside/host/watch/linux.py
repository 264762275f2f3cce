"""The watch over the indicator on an X display: its place, what lies over it, and what is really seen there."""

from __future__ import annotations

import numpy as np
from xcffib.xproto import ImageFormat

from benchside.host.capture.linux_layout import MonitorList, box_of
from benchside.host.watch.contract import Sight, Unseen
from benchside.media.damage import Box
from benchside.platform.display.linux import Display, ProtocolError
from benchside.platform.stacking.linux import Stacking

__all__ = ["X11IndicatorWatch"]

# Room for a name, a clock and a Stop button that a person notices and hits.
MIN_WIDTH_PX, MIN_HEIGHT_PX = 160, 40

# A tooltip or a corner of another window may lie over it; with more gone nobody reads it.
MIN_SEEN_SHARE = 0.6

# What is looked at for colours: the largest pieces that are
# seen, enough of them to hold some of the text wherever it stands; 128 KiB each at most.
MAX_SAMPLES = 4
MAX_SAMPLE_WIDTH_PX, MAX_SAMPLE_HEIGHT_PX = 512, 64

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

    def look(self, window: int, stop: Box | None = None) -> Sight:
        place = self._stacking.place(window)
        if place is None:
            return Sight(Unseen.GONE)
        if not place.is_mapped:
            return Sight(Unseen.HIDDEN)
        whole = place.whole
        if whole.width_px < MIN_WIDTH_PX or whole.height_px < MIN_HEIGHT_PX:
            return Sight(Unseen.SMALL)
        least_px = MIN_SEEN_SHARE * whole.area_px
        monitors = _without_overlap([box_of(each) for each in self._monitors.read()])
        if _shared_px(place.inside, monitors) < least_px:
            return Sight(Unseen.OFF_SCREEN)
        seen = place.visible()
        if _shared_px(seen, monitors) < least_px:
            return Sight(Unseen.COVERED)
        if stop is not None:
            button = Box(whole.left + stop.left, whole.top + stop.top, whole.left + stop.right, whole.top + stop.bottom)
            on_screen = _without_overlap([cut for each in monitors if (cut := button.intersect(each))])
            if _shared_px(seen, on_screen) < button.area_px:
                return Sight(Unseen.COVERED)
        largest = sorted(seen, key=lambda piece: piece.area_px, reverse=True)[:MAX_SAMPLES]
        return Sight(Unseen.BLANK) if self._is_blank(largest) else Sight()

    def close(self) -> None:
        self._display.close()

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
