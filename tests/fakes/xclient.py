"""A small X program that draws and reads input, so that tests see what a real client sees."""

from __future__ import annotations

import select
import struct
import time
from typing import Any

import xcffib
import xcffib.shape
import xcffib.xproto
from xcffib.xproto import CW, GC, ConfigWindow, EventMask, InputFocus, StackMode, WindowClass

MAX_WAIT_S = 30.0


class XClient:
    def __init__(self, display: str) -> None:
        self.connection: Any = xcffib.connect(display=display)
        self.core: Any = self.connection.core
        self.screen: Any = self.connection.setup.roots[0]
        self.root: int = self.screen.root
        self._gc = self.connection.generate_id()
        self.core.CreateGC(self._gc, self.root, 0, [])

    def window(
        self,
        x: int,
        y: int,
        width: int,
        height: int,
        colour: int,
        *,
        parent: int | None = None,
        title: str = "",
        input_only: bool = False,
        events: int = 0,
        managed: bool = False,
    ) -> int:
        """A mapped window, the topmost of its parent; a window manager leaves it alone unless `managed`."""
        window: int = self.connection.generate_id()
        mask, values = CW.OverrideRedirect | CW.EventMask, [int(not managed), events]
        kind = WindowClass.InputOnly if input_only else WindowClass.InputOutput
        if not input_only:
            mask, values = mask | CW.BackPixel, [colour, *values]
        self.core.CreateWindow(
            0, window, self.root if parent is None else parent, x, y, width, height, 0, kind, 0, mask, values
        )
        if title:
            atoms = xcffib.xproto.Atom
            self.core.ChangeProperty(0, window, atoms.WM_NAME, atoms.STRING, 8, len(title), title)
        self.core.MapWindow(window)
        self.sync()
        return window

    def fill(self, drawable: int, x: int, y: int, width: int, height: int, colour: int) -> None:
        """Draw a rectangle into a window, or over all windows when it is the root."""
        self.core.ChangeGC(self._gc, GC.Foreground | GC.SubwindowMode, [colour, 1])
        rectangle = struct.pack("=hhHH", x, y, width, height)
        self.core.PolyFillRectangle(drawable, self._gc, 1, [rectangle])
        self.sync()

    def move(self, window: int, x: int, y: int) -> None:
        self.core.ConfigureWindow(window, ConfigWindow.X | ConfigWindow.Y, [x & 0xFFFFFFFF, y & 0xFFFFFFFF])
        self.sync()

    def raise_(self, window: int) -> None:
        self.core.ConfigureWindow(window, ConfigWindow.StackMode, [StackMode.Above])
        self.sync()

    def unmap(self, window: int) -> None:
        self.core.UnmapWindow(window)
        self.sync()

    def destroy(self, window: int) -> None:
        self.core.DestroyWindow(window)
        self.sync()

    def shape(self, window: int, *boxes: tuple[int, int, int, int]) -> None:
        """Cut a window to these (x, y, width, height)."""
        rectangles = [struct.pack("=hhHH", *box) for box in boxes]
        shape = self.connection(xcffib.shape.key)
        shape.Rectangles(0, 0, 0, window, 0, 0, len(rectangles), rectangles)
        self.sync()

    def focus(self, window: int) -> None:
        self.core.SetInputFocus(InputFocus.PointerRoot, window, 0)
        self.sync()

    def sync(self) -> None:
        self.core.GetInputFocus().reply()

    def events(self, kind: type[Any], count: int) -> list[Any]:
        """The next `count` events of a kind, waiting for them with a deadline."""
        found: list[Any] = []
        deadline = time.monotonic() + MAX_WAIT_S
        self.connection.flush()
        while len(found) < count:
            event = self.connection.poll_for_event()
            if event is None:
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    raise AssertionError(f"expected {count} events {kind.__name__}, got {len(found)}")
                select.select([self.connection.get_file_descriptor()], [], [], left_s)
            elif isinstance(event, kind):
                found.append(event)
        return found

    def close(self) -> None:
        self.connection.disconnect()


KEY_EVENTS = EventMask.KeyPress | EventMask.KeyRelease
