"""The windows of an X desktop that a technician may choose to share, each with a number that stays its own.

The display's own number for a window is given to another program's as soon as the first program has ended, so
a grant must not hold on to it.
"""

from __future__ import annotations

from xcffib.xproto import CW, Atom, EventMask, GetPropertyType, MapState

from benchside.platform.display.linux import Display, ProtocolError
from benchside.protocol.wire.capability import WindowInfo
from benchside.protocol.wire.text import clean

__all__ = ["WindowList"]

# More than anybody can choose from in a prompt.
MAX_WINDOWS = 64

# Longer titles are cut anyway (`Line` holds 200 characters); in units of 4 bytes, as the protocol counts.
_MAX_TITLE_UNITS = 256
_MAX_TITLE = 200
_MAX_LIST_UNITS = 1024
_OUR_CLASS = b"benchside"

# Windows that are watched after they were listed.  Sixteen full lists; beyond that the one that was listed
# longest ago can no longer be shared.
MAX_KNOWN = 1024


class WindowList:
    """Asks the display for its windows.  INVARIANT: a number once given to a window is never another's.

    Whoever reads the display's events says which windows were destroyed: `forget`.
    """

    def __init__(self, display: Display) -> None:
        self._display = display
        self._windows: dict[int, int] = {}  # by our number, the window longest known first
        self._last_number = 0

    def read(self, keep: int | None) -> tuple[WindowInfo, ...]:
        """Windows with a title that a person can see, topmost first.  The window numbered `keep` stays known."""
        display = self._display
        numbers = {window: number for number, window in self._windows.items()}
        found = []
        with display.using():
            for window in _managed_windows(display) or _top_windows(display):
                try:
                    if window not in numbers:
                        self._watch(window)
                    title = _title(display, window)
                    attributes = display.core.GetWindowAttributes(window).reply()
                except ProtocolError:
                    continue  # closed since the list was made
                # Asked last: who is still being told of its end has seen no other window under this number.
                is_watched = attributes.your_event_mask & EventMask.StructureNotify
                if (
                    not title
                    or _is_ours(display, window)
                    or attributes.map_state != MapState.Viewable
                    or not is_watched
                ):
                    continue
                number = numbers.get(window) or self._number(window, keep)
                found.append(WindowInfo(id=number, title=title))
                if len(found) == MAX_WINDOWS:
                    break
        return tuple(found)

    def window(self, number: int) -> int | None:
        """The display's number for a window that has been there without a break since it was listed, else None."""
        window = self._windows.get(number)
        if window is None:
            return None
        try:
            with self._display.using():
                mask = self._display.core.GetWindowAttributes(window).reply().your_event_mask
        except ProtocolError:
            mask = 0
        if not mask & EventMask.StructureNotify:
            # Destroyed, and what has its number now is another's: nobody watches that.
            del self._windows[number]
            return None
        return window

    def is_known(self, number: int) -> bool:
        """False for good once its window was destroyed, as far as events have been read."""
        return number in self._windows

    def forget(self, window: int) -> None:
        """The display said that it destroyed `window`."""
        self._windows = {number: each for number, each in self._windows.items() if each != window}

    def _number(self, window: int, keep: int | None) -> int:
        if len(self._windows) >= MAX_KNOWN:
            oldest = next(number for number in self._windows if number != keep)
            del self._windows[oldest]
        self._last_number += 1
        self._windows[self._last_number] = window
        return self._last_number

    def _watch(self, window: int) -> None:
        """Have the display tell of its end, besides what it tells of it already."""
        core = self._display.core
        mask = core.GetWindowAttributes(window).reply().your_event_mask
        core.ChangeWindowAttributes(window, CW.EventMask, [mask | EventMask.StructureNotify])


def _managed_windows(display: Display) -> list[int]:
    """What the window manager lists (EWMH 1.5, _NET_CLIENT_LIST_STACKING is bottom to top)."""
    name = display.atom("_NET_CLIENT_LIST_STACKING")
    reply = display.core.GetProperty(False, display.root, name, Atom.WINDOW, 0, _MAX_LIST_UNITS).reply()
    return list(reversed(reply.value.to_atoms())) if reply.format == 32 else []


def _top_windows(display: Display) -> list[int]:
    """Without a window manager: the root's own children."""
    return list(reversed(list(display.core.QueryTree(display.root).reply().children)))[:_MAX_LIST_UNITS]


def _is_ours(display: Display, window: int) -> bool:
    """Whether it is the desk's own: that shows nothing that anybody would share, and the code among it."""
    reply = display.core.GetProperty(False, window, Atom.WM_CLASS, Atom.STRING, 0, _MAX_TITLE_UNITS).reply()
    return reply.format == 8 and _OUR_CLASS in bytes(reply.value.buf()).lower().split(b"\0")


def _title(display: Display, window: int) -> str:
    for atom, encoding in ((display.atom("_NET_WM_NAME"), "utf-8"), (Atom.WM_NAME, "latin-1")):
        reply = display.core.GetProperty(False, window, atom, GetPropertyType.Any, 0, _MAX_TITLE_UNITS).reply()
        if reply.format == 8:
            title = clean(reply.value.buf().decode(encoding, "replace"), _MAX_TITLE)
            if title:
                return title
    return ""
