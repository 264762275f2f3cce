"""Keys of our own on the whole X desktop, by passive grabs on the root window (X protocol, GrabKey)."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import xcffib.xproto

from benchside.platform.display.linux import Display, ProtocolError

__all__ = ["HotKeys", "Stroke"]

CONTROL = 0x04
ALT = 0x08
"""Mod1, which is Alt on every layout that X.Org ships."""
_IGNORED = (0x00, 0x02, 0x10, 0x12)
"""Caps Lock and Num Lock may be on: without these four grabs the key would only work while both are off."""

KEYSYM_PAUSE = 0xFF13
KEYSYM_B = 0x0062

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stroke:
    """A key by X keysym, with the modifiers (X protocol, SETofKEYMASK) that must be held."""

    keysym: int
    modifiers: int = 0


class HotKeys:
    """Calls back when one of `strokes` is pressed anywhere; `held` says which of them could be had."""

    def __init__(self, display: Display, strokes: Mapping[str, Stroke], pressed: Callable[[str], None]) -> None:
        """`pressed` gets the stroke's name, within `process`.  UnavailableError when the display is gone."""
        self._display = display
        self._pressed = pressed
        self._names: dict[tuple[int, int], str] = {}
        self.held: frozenset[str] = frozenset(name for name, stroke in strokes.items() if self._grab(name, stroke))
        display.on(xcffib.xproto.KeyPressEvent, self._take)
        display.flush()

    def fileno(self) -> int:
        """Return the descriptor that is readable when `process` has something to do."""
        return self._display.fileno()

    def process(self) -> None:
        """Take in what the display has to say, without waiting."""
        while self._display.read():
            pass

    def _grab(self, name: str, stroke: Stroke) -> bool:
        code = self._keycode(stroke.keysym)
        if code is None:
            _log.warning("the keyboard has no key for %s", name)
            return False
        mode = xcffib.xproto.GrabMode.Async
        with self._display.using():
            for extra in _IGNORED:
                try:
                    self._display.core.GrabKey(
                        False, self._display.root, stroke.modifiers | extra, code, mode, mode, is_checked=True
                    ).check()
                except ProtocolError:
                    _log.warning("another program holds the key for %s", name)
                    return False
        self._names[code, stroke.modifiers] = name
        return True

    def _keycode(self, keysym: int) -> int | None:
        with self._display.using():
            setup = self._display.connection.get_setup()
            first, count = setup.min_keycode, setup.max_keycode - setup.min_keycode + 1
            reply = self._display.core.GetKeyboardMapping(first, count).reply()
        keysyms = list(reply.keysyms)
        width = reply.keysyms_per_keycode
        for place in itertools.chain.from_iterable(range(column, len(keysyms), width) for column in range(width)):
            if keysyms[place] == keysym:
                return int(first + place // width)
        return None

    def _take(self, event: xcffib.xproto.KeyPressEvent) -> None:
        name = self._names.get((event.detail, event.state & (CONTROL | ALT | 0x01 | 0x40)))
        if name is not None:
            self._pressed(name)
