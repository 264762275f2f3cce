"""Notes when a card is mapped on the PC's screen and when it is painted, as the X server tells it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

import xcffib
import xcffib.damage
from xcffib.xproto import CW, EventMask

from bench.photon.xclient import connect

__all__ = ["CardWatch", "Up"]

WITHIN_S = 20.0
MOST = 0.9
"""Of a window's area, drawn in one go: Qt brings a new window to the screen as a whole."""


@dataclass
class Up:
    """One window that no window manager decorates; moments by time.monotonic()."""

    box: tuple[int, int, int, int]
    mapped_at: float
    painted_at: float | None = None


class CardWatch:
    """Listens on one display, in a thread of its own.  A context manager."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._connection = connect(environment)
        root = self._connection.setup.roots[0].root
        self._connection.core.ChangeWindowAttributes(root, CW.EventMask, [EventMask.SubstructureNotify])
        damage = self._connection(xcffib.damage.key)
        damage.QueryVersion(1, 1).reply()
        level = xcffib.damage.ReportLevel.RawRectangles
        damage.Create(self._connection.generate_id(), root, level)
        self._connection.core.GetInputFocus().reply()
        self._ups: list[Up] = []
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._listen, name="cards that come up", daemon=True)

    def first_after(self, moment: float) -> Up:
        """The first that came up after the moment (by time.monotonic()), painted; TimeoutError."""
        until = time.monotonic() + WITHIN_S
        with self._news:
            while True:
                found = next((up for up in self._ups if up.mapped_at >= moment and up.painted_at is not None), None)
                if found is not None:
                    return found
                if not self._news.wait(until - time.monotonic()) and time.monotonic() > until:
                    raise TimeoutError(f"expected a card on the screen within {WITHIN_S} s")

    def __enter__(self) -> CardWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The thread ends with the display."""

    def _listen(self) -> None:
        places: dict[int, tuple[int, int, int, int]] = {}
        try:
            while True:
                event = self._connection.wait_for_event()
                now = time.monotonic()
                if isinstance(event, xcffib.xproto.CreateNotifyEvent | xcffib.xproto.ConfigureNotifyEvent):
                    places[event.window] = (event.x, event.y, event.width, event.height)
                elif isinstance(event, xcffib.xproto.MapNotifyEvent) and event.override_redirect:
                    with self._news:
                        self._ups.append(Up(places.get(event.window, (0, 0, 0, 0)), now))
                elif isinstance(event, xcffib.damage.NotifyEvent):
                    self._drawn(event.area, now)
        except xcffib.ConnectionException:
            return

    def _drawn(self, area: xcffib.xproto.RECTANGLE, now: float) -> None:
        with self._news:
            if not self._ups or self._ups[-1].painted_at is not None:
                return
            x, y, width, height = self._ups[-1].box
            across = min(x + width, area.x + area.width) - max(x, area.x)
            down = min(y + height, area.y + area.height) - max(y, area.y)
            if min(across, down) > 0 and across * down >= MOST * width * height:
                self._ups[-1].painted_at = now
                self._news.notify_all()
