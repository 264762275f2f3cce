"""The pointer of an X display: its shape by XFixes, its place by XInput 2.

A raw motion event says that it moves at all; from then on the place is asked for at a steady pace and no event is
wanted, until it rests again.  So a mouse that reports a thousand times a second costs no more than a slow one, and
one that lies still costs nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import xcffib.xfixes
import xcffib.xinput
from xcffib.xinput import Device, XIEventMask

from benchside.host.pointer.contract import MOVED_PER_S
from benchside.platform.display.linux import Display, ProtocolError
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.picture import MAX_POINTER_PX, PointerShape

__all__ = ["X11Pointer", "straight_rgba"]

# What a server could claim; above this a picture is not asked to be anything but hidden.
_MAX_CLAIMED_PX = 4096

_HIDDEN = PointerShape(0, 0, 0, 0, b"")

# Raw events come to a window that has no grab since version 2.1; 2.2 is in every server since 2012.
_VERSION = (2, 2)

# A program that puts the pointer elsewhere (XWarpPointer) makes no raw event; nobody minds a second of that.
_REST_S = 1.0
# A display without XInput 2 is asked instead.
_REST_WITHOUT_EVENTS_S = 0.1


class X11Pointer:
    """A `Pointer` of one X display.  UnavailableError: none there, or one without XFixes."""

    def __init__(self, display: str | None = None) -> None:
        self._display = Display(display)
        self._xfixes = self._display.extension(xcffib.xfixes.key, 5, 0)
        if self._xfixes is None:
            self._display.close()
            raise UnavailableError("the display does not show its pointer")
        self._xinput = self._find_xinput()
        self._on_shape: Callable[[], None] | None = None
        self._on_moved: Callable[[int, int], None] | None = None
        self._changed = False
        self._has_moved = False
        self._is_moving = False
        self._wants_motion = False
        self._told: tuple[int, int] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._display.on(xcffib.xfixes.CursorNotifyEvent, self._handle_change)
        self._display.on(xcffib.xinput.RawMotionEvent, self._handle_motion)

    def start(self, on_shape: Callable[[], None], on_moved: Callable[[int, int], None]) -> None:
        self._select(xcffib.xfixes.CursorNotifyMask.DisplayCursor)
        self._on_shape, self._on_moved = on_shape, on_moved
        self._told = None
        on_shape()
        self._rest()

    def shape(self) -> PointerShape:
        with self._display.using():
            assert self._xfixes is not None
            try:
                image = self._xfixes.GetCursorImage().reply()
            except ProtocolError:
                return _HIDDEN
        self._keep_changes()
        width, height = image.width, image.height
        if not 0 < width <= _MAX_CLAIMED_PX or not 0 < height <= _MAX_CLAIMED_PX:
            return _HIDDEN
        words = np.frombuffer(image.cursor_image.buf(), "<u4").reshape(height, width)
        words = words[:MAX_POINTER_PX, :MAX_POINTER_PX]
        return PointerShape(
            width_px=words.shape[1],
            height_px=words.shape[0],
            hot_x_px=min(image.xhot, words.shape[1]),
            hot_y_px=min(image.yhot, words.shape[0]),
            rgba=straight_rgba(words),
        )

    def position(self) -> tuple[int, int]:
        with self._display.using():
            pointer = self._display.core.QueryPointer(self._display.root).reply()
        self._keep_changes()
        return pointer.root_x, pointer.root_y

    def stop(self) -> None:
        self._forget()
        with contextlib.suppress(UnavailableError):  # then there is nothing left to stop
            self._select(0)
            self._want_motion(False)
            self._display.flush()

    def fileno(self) -> int:
        """The descriptor that is readable when `read` is due, the same until `close`."""
        return self._display.fileno()

    def attach(self, on_ready: Callable[[], None]) -> None:
        self._display.attach(on_ready)

    def detach(self) -> None:
        self._display.detach()

    def read(self) -> bool:
        more = self._display.read()
        if self._changed:
            self._changed = False
            if self._on_shape is not None:
                self._on_shape()
        if self._has_moved:
            self._has_moved = False
            if self._on_moved is not None and not self._is_moving:
                self._move()
        return more

    def close(self) -> None:
        self._forget()
        self._display.close()

    # place

    def _look(self) -> bool:
        """Tell the place if it is another one; whether it is."""
        where = self.position()
        if where == self._told or self._on_moved is None:
            return False
        self._told = where
        self._on_moved(*where)
        return True

    def _move(self) -> None:
        """It moves: one look in each interval from now on.

        Not at once: what comes from an associate's click is a motion to where the pointer is, and the display has
        to paint what the click does.
        """
        self._is_moving = True
        self._wait(1 / MOVED_PER_S)

    def _rest(self) -> None:
        """It rests: wait for the next event.  Asked for before the look, so that no move falls between the two."""
        has_looked = self._is_moving and self._wants_motion
        self._is_moving = False
        self._want_motion(True)
        if not has_looked and self._look():
            self._move()
        else:
            self._wait(_REST_S if self._xinput is not None else _REST_WITHOUT_EVENTS_S)

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._moment)

    def _moment(self) -> None:
        self._timer = None
        try:
            if self._is_moving and self._look():
                self._want_motion(False)  # the looks tell
                self._wait(1 / MOVED_PER_S)
            elif self._on_moved is not None:
                self._rest()
        except UnavailableError:
            self._display.wake()  # whoever reads next hears of it

    def _want_motion(self, wanted: bool) -> None:
        if self._xinput is None or wanted == self._wants_motion:
            return
        self._wants_motion = wanted
        mask: Any = xcffib.xinput.EventMask.synthetic
        masks = [mask(Device.AllMaster, 1, [XIEventMask.RawMotion if wanted else 0])]
        with self._display.using():
            self._xinput.XISelectEvents(self._display.root, len(masks), masks)

    def _handle_motion(self, event: Any) -> None:
        self._has_moved = True

    def _find_xinput(self) -> Any | None:
        xinput = self._display.extension(xcffib.xinput.key)
        if xinput is None:
            return None
        with self._display.using():
            try:
                version = xinput.XIQueryVersion(*_VERSION).reply()
            except ProtocolError:
                return None
        return xinput if (version.major_version, version.minor_version) >= _VERSION else None

    # both

    def _forget(self) -> None:
        self._on_shape = self._on_moved = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _select(self, mask: int) -> None:
        with self._display.using():
            assert self._xfixes is not None
            self._xfixes.SelectCursorInput(self._display.root, mask)
        self._display.flush()

    def _keep_changes(self) -> None:
        """Take events that came in ahead of a reply, for the next `read`."""
        if self._display.read() or self._changed or self._has_moved:
            self._display.wake()

    def _handle_change(self, event: Any) -> None:
        self._changed = True


def straight_rgba(words: npt.NDArray[np.uint32]) -> bytes:
    """From words of A, R, G, B with the colours multiplied by A to bytes R, G, B, A with them whole.

    Colours above their alpha, which a correct picture never has, are cut to full.
    """
    alpha = (words >> 24) & 255
    divisor = np.maximum(alpha, 1)
    straight = np.empty((*words.shape, 4), np.uint8)
    for index, shift in enumerate((16, 8, 0)):
        colour = (words >> shift) & 255
        straight[..., index] = np.minimum((colour * 255 + divisor // 2) // divisor, 255)
    straight[..., :3][alpha == 0] = 0
    straight[..., 3] = alpha
    return straight.tobytes()
