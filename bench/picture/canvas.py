"""A full screen of our own on the PC: a window beneath the session's indicator, pictures kept in the X server."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xcffib
import xcffib.xproto
from xcffib.xproto import CW, GC, ConfigWindow, ImageFormat, WindowClass

from bench.photon.xclient import connect
from bench.picture.glyphs import Picture
from bench.picture.pages import HEIGHT, WIDTH

_ROWS_AT_ONCE = 256
"""Of a picture in one request: 2 MB at 1080p, where a server takes at most 16."""
_DEPTH = 24
_ABOVE, _BELOW = 0, 1

# xcffib comes without types.
_rectangle: Callable[..., Any] = xcffib.xproto.RECTANGLE.synthetic
_point: Callable[..., Any] = xcffib.xproto.POINT.synthetic

Box = tuple[int, int, int, int]
"""x, y, width, height."""


class Canvas:
    """The window.  Nothing but this program's own pixels, no pointer's picture over it, and no window manager's."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._connection: Any = connect(environment)
        self._core = self._connection.core
        root = self._connection.setup.roots[0].root
        pen, self.window = self._connection.generate_id(), self._connection.generate_id()
        self._core.CreateWindow(
            0, self.window, root, 0, 0, WIDTH, HEIGHT, 0, WindowClass.InputOutput, 0,
            CW.BackPixel | CW.OverrideRedirect | CW.Cursor, [0, 1, self._no_cursor(root)],
        )  # fmt: skip
        self._core.CreateGC(pen, self.window, GC.GraphicsExposures, [0])
        self._pen = pen
        self._root = root
        self.restack()
        self._core.MapWindow(self.window)
        self.painted()

    def keep(self, picture: Picture) -> int:
        """Send a picture to the server, to be shown later in no time; its number."""
        number = self.surface(picture.shape[1], picture.shape[0])
        self.put(number, 0, 0, picture)
        self.painted()
        return number

    def surface(self, width: int, height: int) -> int:
        """An empty picture in the server."""
        number: int = self._connection.generate_id()
        self._core.CreatePixmap(_DEPTH, number, self.window, width, height)
        return number

    def forget(self, number: int) -> None:
        self._core.FreePixmap(number)

    def put(self, target: int, x: int, y: int, picture: Picture) -> None:
        for top in range(0, picture.shape[0], _ROWS_AT_ONCE):
            rows = np.ascontiguousarray(picture[top : top + _ROWS_AT_ONCE])
            self._core.PutImage(
                ImageFormat.ZPixmap, target, self._pen, rows.shape[1], rows.shape[0], x, y + top, 0, _DEPTH,
                rows.nbytes, rows.tobytes(), is_checked=False,
            )  # fmt: skip

    def copy(self, source: int, target: int, box: Box, to: tuple[int, int]) -> None:
        self._core.CopyArea(source, target, self._pen, box[0], box[1], *to, box[2], box[3])

    def fill(self, target: int, box: Box, colour: int) -> None:
        self._core.ChangeGC(self._pen, GC.Foreground, [colour])
        self._core.PolyFillRectangle(target, self._pen, 1, [_rectangle(*box)])

    def lines(self, target: int, points: list[tuple[int, int]], colour: int) -> None:
        self._core.ChangeGC(self._pen, GC.Foreground, [colour])
        joined = [_point(*point) for point in points]
        self._core.PolyLine(xcffib.xproto.CoordMode.Origin, target, self._pen, len(joined), joined)

    def show(self, number: int) -> None:
        """This picture, on the whole screen."""
        self.copy(number, self.window, (0, 0, WIDTH, HEIGHT), (0, 0))

    def painted(self) -> float:
        """Wait until the server has done all that was asked; the moment, by time.monotonic()."""
        self._core.GetInputFocus().reply()
        return time.monotonic()

    def restack(self) -> None:
        """Go above what a window manager has decorated, beneath what stands above everything: the indicator."""
        managed = 0
        for window in self._core.QueryTree(self._root).reply().children:
            known = self._core.GetWindowAttributes(window).reply()
            if known.map_state == xcffib.xproto.MapState.Viewable and not self._is_plain(window, known):
                managed = window
        words = ConfigWindow.Sibling | ConfigWindow.StackMode
        if managed:
            self._core.ConfigureWindow(self.window, words, [managed, _ABOVE])
        else:
            self._core.ConfigureWindow(self.window, ConfigWindow.StackMode, [_BELOW])

    def _no_cursor(self, root: int) -> int:
        empty, cursor = self._connection.generate_id(), self._connection.generate_id()
        self._core.CreatePixmap(1, empty, root, 1, 1)
        pen = self._connection.generate_id()
        self._core.CreateGC(pen, empty, GC.Foreground, [0])
        self._core.PolyFillRectangle(empty, pen, 1, [_rectangle(0, 0, 1, 1)])
        self._core.CreateCursor(cursor, empty, empty, 0, 0, 0, 0, 0, 0, 0, 0)
        return int(cursor)

    def _is_plain(self, window: int, known: Any) -> bool:
        """No window manager's frame: a frame has the program's own window in it."""
        return bool(known.override_redirect) and not self._core.QueryTree(window).reply().children
