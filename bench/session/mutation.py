"""What a hostile relay can do to the messages of one connection, drawn at random."""

from __future__ import annotations

import random
from dataclasses import dataclass

KINDS = ("flip", "truncate", "extend", "drop", "double", "swap", "replay", "cross", "reflect")


@dataclass
class Tamperer:
    """Changes the messages of one connection at one place.  `done` tells whether it got to it.

    `others`: messages of other connections and channels, to cross in.
    """

    kind: str
    at: int
    draw: random.Random
    others: tuple[bytes, ...] = ()
    done: bool = False
    _seen: int = 0
    _held: bytes | None = None
    _history: list[bytes] | None = None

    def pass_on(self, message: bytes, reflected: bytes | None = None) -> list[bytes]:
        """Return what is sent on instead of `message`; `reflected`: something the receiver itself has sent."""
        history = self._history = self._history or []
        history.append(message)
        index, self._seen = self._seen, self._seen + 1
        if self._held is not None:
            held, self._held = self._held, None
            return [message, held]
        if self.done or index < self.at:
            return [message]
        changed = self._change(message, reflected)
        if changed is None:
            return [message]
        self.done = True
        return changed

    def _change(self, message: bytes, reflected: bytes | None) -> list[bytes] | None:
        draw = self.draw
        match self.kind:
            case "flip":
                place = draw.randrange(len(message))
                flipped = message[place] ^ 1 << draw.randrange(8)
                return [message[:place] + bytes([flipped]) + message[place + 1 :]]
            case "truncate":
                return [message[: draw.randrange(len(message))]]
            case "extend":
                return [message + draw.randbytes(draw.randint(1, 40))]
            case "drop":
                return []
            case "double":
                return [message, message]
            case "swap":
                self._held = message
                return []
            case "replay":
                old = [one for one in (self._history or [])[:-1] if one != message]
                return [draw.choice(old)] if old else None
            case "cross":
                return [draw.choice(self.others)] if self.others else None
            case _:
                return [reflected] if reflected is not None and reflected != message else None
