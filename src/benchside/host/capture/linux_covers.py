"""The windows of an X desktop that cover rules speak of, wherever a window manager has put them.

INVARIANT: a window is watched before it is asked for its names and children, so whatever changes after the answer
comes as an event, ahead of every later reply.  What an answer said stays known until such an event.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xcffib.xproto import CW, Atom, EventMask, GetPropertyType, MapState

from benchside.host.capture.covers import SeenWindow
from benchside.media.damage import Box
from benchside.platform.display.linux import Display, ProtocolError
from benchside.protocol.wire.cover import CoverRule

__all__ = ["RuledWindows"]

# Frame, wrapper, client: what window managers put around a program's window, and one more.
MAX_DEPTH = 4

# A desktop has a hundred; a program that opens more hides nothing by it: then everything is covered.
MAX_WINDOWS = 2000

# Names of 4 KiB, in units of 4 bytes; a longer one counts as matching.
_MAX_NAME_UNITS = 1024

_NOWHERE = Box(0, 0, 0, 0)
_MASK = EventMask.SubstructureNotify | EventMask.PropertyChange


@dataclass(slots=True)
class _Window:
    """What is known of a window.  `children` is None until asked, and again after they changed."""

    titles: tuple[str, ...] | None = ()
    classes: tuple[str, ...] = ()
    is_client: bool = False
    is_named: bool = False  # whether the names above were asked for
    children: tuple[int, ...] | None = None


class RuledWindows:
    """Finds the windows that some rule matches.  `changed` is to be told of every event that `concerns` takes."""

    def __init__(self, display: Display, rules: Iterable[CoverRule]) -> None:
        self._display = display
        self._matches = tuple(rule.window for rule in rules if rule.window is not None)
        self._windows: dict[int, _Window] = {}
        self._meant: dict[int, int] = {}  # a window that a rule matches -> the frame it is in, or itself
        self._concerned: set[int] = set()  # those, and all that they lie in
        self._is_tree_known = False
        names = ("_NET_WM_NAME", "WM_STATE")
        self._net_name, self._state = (display.atom(name) for name in names)
        self._names = (Atom.WM_NAME, Atom.WM_CLASS, self._net_name, self._state)

    def __bool__(self) -> bool:
        """Whether any rule is for a window."""
        return bool(self._matches)

    def rest(self) -> None:
        """Watch nothing from here on; `seen` asks everything anew."""
        core = self._display.core
        with self._display.using():
            for window, cookie in [(window, core.GetWindowAttributes(window)) for window in self._windows]:
                with contextlib.suppress(ProtocolError):  # it has gone meanwhile
                    core.ChangeWindowAttributes(window, CW.EventMask, [cookie.reply().your_event_mask & ~_MASK])
        self._windows.clear()
        self._meant.clear()
        self._concerned.clear()
        self._is_tree_known = False

    def concerns(self, event: Any) -> bool:
        """Take an event in; return whether it may change where the windows are that rules match."""
        match type(event).__name__:
            case "PropertyNotifyEvent":
                if event.atom not in self._names or event.window not in self._windows:
                    return False
                self._windows[event.window].is_named = False
            case "CreateNotifyEvent":
                self._lose_children(event.parent)
            case "ReparentNotifyEvent":
                self._lose_children(event.event)
                self._lose_children(event.parent)
            case "DestroyNotifyEvent":
                self._windows.pop(event.window, None)
                self._lose_children(event.event)
            case _:
                # moved, resized, shown, hidden: only of those that matter, with what they lie in
                return event.window in self._concerned
        self._is_tree_known = False
        return True

    def seen(self) -> list[SeenWindow] | None:
        """Return those that are shown now; None when there are too many windows to tell."""
        if not self._matches:
            return []
        with self._display.using():
            if not self._is_tree_known and not self._walk():
                return None
            return [seen for window, frame in self._meant.items() if (seen := self._place(window, frame)) is not None]

    def _lose_children(self, parent: int) -> None:
        if parent in self._windows:
            self._windows[parent].children = None

    def _walk(self) -> bool:
        """Find all windows that rules match.  False: there are too many windows."""
        self._meant, self._concerned = {}, set()
        root = self._display.root
        level: list[tuple[int, ...]] = [(root,)]  # each window with all that it lies in, the root first
        found: list[tuple[int, ...]] = []
        for depth in range(MAX_DEPTH + 1):
            self._learn([path[-1] for path in level], is_root=depth == 0)
            level = [path for path in level if path[-1] in self._windows]
            found += level
            level = [
                (*path, child)
                for path in level
                if not self._windows[path[-1]].is_client
                for child in self._windows[path[-1]].children or ()
            ]
            if len(level) + len(found) > MAX_WINDOWS:
                return False
        there = {path[-1] for path in found}
        self._windows = {window: about for window, about in self._windows.items() if window in there}
        for path in found:
            about = self._windows[path[-1]]
            seen = SeenWindow(about.titles, about.classes, _NOWHERE, _NOWHERE)
            if path[-1] != root and any(seen.is_meant(match) for match in self._matches):
                self._meant[path[-1]] = path[1]
                self._concerned.update(path[1:])
        self._is_tree_known = True
        return True

    def _learn(self, windows: list[int], *, is_root: bool) -> None:
        """Ask what is not known of these; those that have gone are unknown after.  A few round trips for any number."""
        core = self._display.core
        new = [window for window in windows if window not in self._windows]
        for window, cookie in [(window, core.GetWindowAttributes(window)) for window in new]:
            try:
                mask = cookie.reply().your_event_mask
            except ProtocolError:
                continue
            core.ChangeWindowAttributes(window, CW.EventMask, [mask | _MASK])
            self._windows[window] = _Window(is_named=is_root)
        ask = core.GetProperty
        asked = []
        for window in windows:
            about = self._windows.get(window)
            if about is None or (about.is_named and about.children is not None):
                continue
            names = None
            if not about.is_named:
                about.is_named = True
                names = [
                    ask(False, window, atom, GetPropertyType.Any, 0, _MAX_NAME_UNITS)
                    for atom in (self._net_name, Atom.WM_NAME, Atom.WM_CLASS, self._state)
                ]
            asked.append((window, about, names, core.QueryTree(window)))
        for window, about, names, tree in asked:
            try:
                if names is not None:
                    _take_names(about, *(cookie.reply() for cookie in names))
                about.children = tuple(tree.reply().children)
            except ProtocolError:
                self._windows.pop(window, None)

    def _place(self, window: int, frame: int) -> SeenWindow | None:
        core, root = self._display.core, self._display.root
        about = self._windows[window]
        asked = (
            core.GetWindowAttributes(window),
            core.GetGeometry(window),
            core.TranslateCoordinates(window, root, 0, 0),
            core.GetGeometry(frame),
        )
        try:
            attributes, size, at, around = (cookie.reply() for cookie in asked)
        except ProtocolError:
            return None  # closed; the event of it comes
        if attributes.map_state != MapState.Viewable:
            return None
        inner = Box(at.dst_x, at.dst_y, at.dst_x + size.width, at.dst_y + size.height)
        border = 2 * around.border_width
        outer = Box(around.x, around.y, around.x + around.width + border, around.y + around.height + border)
        return SeenWindow(about.titles, about.classes, inner, outer.bound(inner))


def _take_names(about: _Window, net_name: Any, name: Any, classes: Any, state: Any) -> None:
    raw = [bytes(reply.value.buf()) for reply in (net_name, name) if reply.format == 8]
    # older programs write in the encoding of their own place: both readings count
    about.titles = tuple(
        dict.fromkeys(text for each in raw for text in (each.decode("utf-8", "replace"), each.decode("latin-1")))
    )
    if net_name.bytes_after or name.bytes_after:
        about.titles = None
    pair = bytes(classes.value.buf()).decode("latin-1") if classes.format == 8 else ""
    about.classes = tuple(part for part in pair.split("\0") if part)
    about.is_client = state.format != 0
