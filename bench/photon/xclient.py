"""A raw X client of the benchmarks: connect to a display, open a plain window, paint in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import xcffib
import xcffib.xproto
from xcffib.xproto import CW, GC, WindowClass

# xcffib comes without types.
_connect: Callable[..., Any] = xcffib.connect
_rectangle: Callable[..., Any] = xcffib.xproto.RECTANGLE.synthetic


def connect(environment: Mapping[str, str]) -> Any:
    """A connection to the display of these variables.

    libxcb finds the display's cookie by this process's own environment, at this moment.
    """
    before = os.environ.get("XAUTHORITY")
    os.environ["XAUTHORITY"] = environment["XAUTHORITY"]
    try:
        return _connect(display=environment["DISPLAY"])
    finally:
        if before is None:
            del os.environ["XAUTHORITY"]
        else:
            os.environ["XAUTHORITY"] = before


class PlainWindow:
    """A window above all others and no window manager's: nothing but a colour, and what is painted in it."""

    def __init__(self, connection: Any, box: tuple[int, int, int, int], *, colour: int, events: int) -> None:
        """`box`: x, y, width, height; `events`: an EventMask."""
        self._core = connection.core
        self.number = connection.generate_id()
        self._pen = connection.generate_id()
        root = connection.setup.roots[0].root
        self._core.CreateWindow(
            0, self.number, root, *box, 0, WindowClass.InputOutput, 0,
            CW.BackPixel | CW.OverrideRedirect | CW.EventMask, [colour, 1, events],
        )  # fmt: skip
        self._core.CreateGC(self._pen, self.number, GC.Foreground, [colour])
        self._core.MapWindow(self.number)
        connection.flush()

    def fill(self, colour: int, box: tuple[int, int, int, int]) -> None:
        """Paint this part; it goes out with the next flush or reply."""
        self._core.ChangeGC(self._pen, GC.Foreground, [colour])
        self._core.PolyFillRectangle(self.number, self._pen, 1, [_rectangle(*box)])
