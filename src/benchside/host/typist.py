"""Types a pasted text on the PC, key by key; each key asks consent like one from the console."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable

from benchside.protocol.wire.input import KeyChange, TypingEnd, TypingStands

__all__ = ["Typist"]

KEY_EVERY_S = 0.012
"""Eighty characters a second: programs that check each key of a form follow, and a page takes less than a minute."""
RARE_KEY_EVERY_S = 0.06
"""For what the layout may lack: a program reads the keyboard map after the key, and each such character borrows one
of a dozen keys, so its meaning stands for most of a second."""
TOLD_EVERY_S = 0.25

_NAMED = {"\n": "Enter", "\t": "Tab"}
# Control characters, halves of characters, code points without a character: no key could be pressed for them.
_NO_TEXT = ("Cc", "Cs", "Cn", "Co")


class Typist:
    """At most one text at a time.  `press` makes one change of a key; False: it may not, so the rest is dropped."""

    def __init__(self, press: Callable[[KeyChange], bool], tell: Callable[[TypingStands], None]) -> None:
        self._press = press
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._text = ""
        self._typed = 0
        self._told_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_typing(self) -> bool:
        """True until the text is typed or stopped."""
        return self._timer is not None

    def begin(self, text: str, *, is_granted: bool) -> None:
        """Type `text` from now on; an empty one stops what is being typed."""
        if not text:
            self.stop()
        elif self.is_typing:
            self._tell(TypingStands(0, len(text), TypingEnd.BUSY))
        elif not is_granted:
            self._tell(TypingStands(0, len(text), TypingEnd.NOT_GRANTED))
        elif not all(map(_can_type, text)):
            self._tell(TypingStands(0, len(text), TypingEnd.BAD_TEXT))
        else:
            self._text, self._typed, self._told_at = text, 0, self._loop.time()
            self._timer = self._loop.call_later(0, self._next)

    def stop(self) -> None:
        """Drop what is not typed yet."""
        if self._timer is not None:
            self._end(TypingEnd.STOPPED)

    def _next(self) -> None:
        character = self._text[self._typed]
        key = _NAMED.get(character, character)
        # A key that is down stays down for the key's own repeat, so each is lifted at once.
        if not all(self._press(KeyChange(key=key, code="", down=down)) for down in (True, False)):
            self.stop()
            return
        if self._timer is None:
            return  # the key itself ended it
        self._typed += 1
        if self._typed == len(self._text):
            self._end(TypingEnd.DONE)
            return
        now = self._loop.time()
        if now - self._told_at >= TOLD_EVERY_S:
            self._told_at = now
            self._tell(TypingStands(self._typed, len(self._text), None))
        pause_s = KEY_EVERY_S if character.isascii() else RARE_KEY_EVERY_S
        self._timer = self._loop.call_later(pause_s, self._next)

    def _end(self, why: TypingEnd) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        typed, of = self._typed, len(self._text)
        self._text = ""
        self._tell(TypingStands(typed, of, why))


def _can_type(character: str) -> bool:
    return character in _NAMED or unicodedata.category(character) not in _NO_TEXT
