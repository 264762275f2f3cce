"""The pointer of an X display, by XFixes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import xcffib.xfixes

from benchside.platform.display.linux import Display, ProtocolError
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.picture import MAX_POINTER_PX, PointerShape

__all__ = ["X11Pointer", "straight_rgba"]

# What a server could claim; above this a picture is not asked to be anything but hidden.
_MAX_CLAIMED_PX = 4096

_HIDDEN = PointerShape(0, 0, 0, 0, b"")


class X11Pointer:
    """A `Pointer` of one X display.  UnavailableError: none there, or one without XFixes."""

    def __init__(self, display: str | None = None) -> None:
        self._display = Display(display)
        self._xfixes = self._display.extension(xcffib.xfixes.key, 5, 0)
        if self._xfixes is None:
            self._display.close()
            raise UnavailableError("the display does not show its pointer")
        self._on_shape: Callable[[], None] | None = None
        self._changed = False
        self._display.on(xcffib.xfixes.CursorNotifyEvent, self._handle_change)

    def start(self, on_shape: Callable[[], None]) -> None:
        self._select(xcffib.xfixes.CursorNotifyMask.DisplayCursor)
        self._on_shape = on_shape
        on_shape()

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
        self._on_shape = None
        with contextlib.suppress(UnavailableError):  # then there is nothing left to stop
            self._select(0)

    def fileno(self) -> int:
        return self._display.fileno()

    def read(self) -> bool:
        more = self._display.read()
        if self._changed:
            self._changed = False
            if self._on_shape is not None:
                self._on_shape()
        return more

    def close(self) -> None:
        self._on_shape = None
        self._display.close()

    def _select(self, mask: int) -> None:
        with self._display.using():
            assert self._xfixes is not None
            self._xfixes.SelectCursorInput(self._display.root, mask)
        self._display.flush()

    def _keep_changes(self) -> None:
        """Take events that came in ahead of a reply, for the next `read`."""
        if self._display.read() or self._changed:
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
