"""Takes a window out of sight as a hostile or clumsy program would: unmaps it, or lies on top of it, and insists."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import xcffib
from xcffib.xproto import CW, ConfigWindow, EventMask, StackMode, WindowClass

from bench.photon.click import on_display

AGAIN_S = 0.01


class Cover:
    """A context manager: inside of it the window is not seen, from `since` (time.monotonic()) on."""

    def __init__(self, environment: Mapping[str, str], window: int, *, unmap: bool) -> None:
        with on_display(environment):
            self._connection: Any = xcffib.connect(display=environment["DISPLAY"])
        self._core = self._connection.core
        self._window = window
        self._unmap = unmap
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._insist, name="cover")
        self.since = 0.0

    def __enter__(self) -> Cover:
        if self._unmap:
            self._core.UnmapWindow(self._window)
        else:
            self._lie_on_top()
        self.since = time.monotonic()
        self._core.GetInputFocus().reply()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()
        self._connection.disconnect()  # a cover of ours goes with it

    def _lie_on_top(self) -> None:
        place = self._core.GetGeometry(self._window).reply()
        self._cover = self._connection.generate_id()
        self._core.CreateWindow(
            0, self._cover, self._connection.setup.roots[0].root, place.x, place.y, place.width, place.height, 0,
            WindowClass.InputOutput, 0, CW.BackPixel | CW.OverrideRedirect | CW.EventMask,
            [0x202020, 1, EventMask.VisibilityChange],
        )  # fmt: skip
        self._core.MapWindow(self._cover)

    def _insist(self) -> None:
        """The indicator raises itself ten times a second; the cover answers each time within milliseconds."""
        try:
            while not self._is_over.wait(AGAIN_S):
                if self._unmap:
                    self._core.UnmapWindow(self._window)
                else:
                    self._core.ConfigureWindow(self._cover, ConfigWindow.StackMode, [StackMode.Above])
                self._connection.flush()
        except xcffib.ConnectionException:
            return
