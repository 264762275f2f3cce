"""Takes a window out of sight as a hostile or clumsy program would: unmaps it, or lies on top of it, and insists."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from types import TracebackType

import xcffib
from xcffib.xproto import ConfigWindow, StackMode

from bench.photon.xclient import PlainWindow, connect

AGAIN_S = 0.01
"""The indicator raises itself ten times a second; the cover is on top again after a tenth of that time."""
COLOUR = 0x202020


class Cover:
    """A context manager: inside of it the window is not seen, from `since` (time.monotonic()) on."""

    def __init__(self, environment: Mapping[str, str], window: int, *, unmap: bool) -> None:
        self._connection = connect(environment)
        self._core = self._connection.core
        self._window = window
        self._unmap = unmap
        self._cover = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._insist, name="cover")
        self.since = 0.0

    def __enter__(self) -> Cover:
        if self._unmap:
            self._core.UnmapWindow(self._window)
        else:
            place = self._core.GetGeometry(self._window).reply()
            box = (place.x, place.y, place.width, place.height)
            self._cover = PlainWindow(self._connection, box, colour=COLOUR, events=0).number
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

    def _insist(self) -> None:
        try:
            while not self._is_over.wait(AGAIN_S):
                if self._unmap:
                    self._core.UnmapWindow(self._window)
                else:
                    self._core.ConfigureWindow(self._cover, ConfigWindow.StackMode, [StackMode.Above])
                self._connection.flush()
        except xcffib.ConnectionException:
            return
