"""Whether the active window of an X display covers a whole screen (EWMH 1.5, _NET_ACTIVE_WINDOW, _NET_WM_STATE)."""

from __future__ import annotations

import xcffib.xproto

from benchside.platform.display.linux import Display, ProtocolError
from benchside.protocol.errors import UnavailableError

__all__ = ["Foreground"]

MAX_STATES = 32
"""Window managers know a dozen."""


class Foreground:
    """Asks the display each time; UnavailableError from the constructor: there is none."""

    def __init__(self, name: str | None = None) -> None:
        """`name` of the display; None: the one that DISPLAY names."""
        self._display = Display(name)
        self._active = self._display.atom("_NET_ACTIVE_WINDOW")
        self._states = self._display.atom("_NET_WM_STATE")
        self._full = self._display.atom("_NET_WM_STATE_FULLSCREEN")

    def is_full_screen(self) -> bool:
        """Return whether a program has the whole screen now; False where nobody can tell."""
        try:
            with self._display.using():
                active = self._values(self._display.root, self._active, 1)
                return bool(active and active[0]) and self._full in self._values(active[0], self._states, MAX_STATES)
        except (UnavailableError, ProtocolError):
            return False  # the window has gone meanwhile, or the display has

    def close(self) -> None:
        """Let go of the display."""
        self._display.close()

    def _values(self, window: int, name: int, most: int) -> tuple[int, ...]:
        anything = xcffib.xproto.GetPropertyType.Any
        reply = self._display.core.GetProperty(False, window, name, anything, 0, most).reply()
        return tuple(reply.value.to_atoms()) if reply.format == 32 else ()
