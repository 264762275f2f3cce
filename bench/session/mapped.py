"""Notes the moment at which a window that no window manager decorates comes up: a prompt, or the indicator."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from types import TracebackType

import xcffib
from xcffib.xproto import CW, EventMask

from bench.photon.xclient import connect

WITHIN_S = 20.0


class MapWatch:
    """Listens on one display, in a thread of its own.  A context manager."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._connection = connect(environment)
        root = self._connection.setup.roots[0].root
        self._connection.core.ChangeWindowAttributes(root, CW.EventMask, [EventMask.SubstructureNotify])
        self._connection.core.GetInputFocus().reply()
        self._mapped_at: list[float] = []
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._listen, name="windows that come up", daemon=True)

    def first_after(self, moment: float) -> float:
        """When the first window came up after the moment, both by time.monotonic(); TimeoutError."""
        until = time.monotonic() + WITHIN_S
        with self._news:
            while True:
                found = next((at for at in self._mapped_at if at >= moment), None)
                if found is not None:
                    return found
                if not self._news.wait(until - time.monotonic()) and time.monotonic() > until:
                    raise TimeoutError(f"expected a window within {WITHIN_S} s")

    def __enter__(self) -> MapWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The thread ends with the display."""

    def _listen(self) -> None:
        try:
            while True:
                event = self._connection.wait_for_event()
                if isinstance(event, xcffib.xproto.MapNotifyEvent) and event.override_redirect:
                    with self._news:
                        self._mapped_at.append(time.monotonic())
                        self._news.notify_all()
        except xcffib.ConnectionException:
            return
