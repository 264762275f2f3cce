"""The windows of an X desktop that a technician may choose to share."""

from __future__ import annotations

from xcffib.xproto import Atom, GetPropertyType, MapState

from benchside.platform.display.linux import Display, ProtocolError
from benchside.protocol.wire.capability import WindowInfo
from benchside.protocol.wire.text import clean

__all__ = ["shareable_windows"]

# More than anybody can choose from in a prompt.
MAX_WINDOWS = 64

# Longer titles are cut anyway (`Line` holds 200 characters); in units of 4 bytes, as the protocol counts.
_MAX_TITLE_UNITS = 256
_MAX_TITLE = 200
_MAX_LIST_UNITS = 1024


def shareable_windows(display: Display) -> tuple[WindowInfo, ...]:
    """Windows with a title that a person can see, topmost first."""
    with display.using():
        windows = _managed_windows(display) or _top_windows(display)
        found = []
        for window in windows:
            try:
                title = _title(display, window)
                state = display.core.GetWindowAttributes(window).reply().map_state
            except ProtocolError:
                continue  # closed since the list was made
            if title and state == MapState.Viewable:
                found.append(WindowInfo(id=window, title=title))
            if len(found) == MAX_WINDOWS:
                break
        return tuple(found)


def _managed_windows(display: Display) -> list[int]:
    """What the window manager lists (EWMH 1.5, _NET_CLIENT_LIST_STACKING is bottom to top)."""
    name = display.atom("_NET_CLIENT_LIST_STACKING")
    reply = display.core.GetProperty(False, display.root, name, Atom.WINDOW, 0, _MAX_LIST_UNITS).reply()
    return list(reversed(reply.value.to_atoms())) if reply.format == 32 else []


def _top_windows(display: Display) -> list[int]:
    """Without a window manager: the root's own children."""
    return list(reversed(list(display.core.QueryTree(display.root).reply().children)))[:_MAX_LIST_UNITS]


def _title(display: Display, window: int) -> str:
    for atom, encoding in ((display.atom("_NET_WM_NAME"), "utf-8"), (Atom.WM_NAME, "latin-1")):
        reply = display.core.GetProperty(False, window, atom, GetPropertyType.Any, 0, _MAX_TITLE_UNITS).reply()
        if reply.format == 8:
            title = clean(reply.value.buf().decode(encoding, "replace"), _MAX_TITLE)
            if title:
                return title
    return ""
