"""How many messages may come in a time: beyond, the other end floods and is broken off."""

from __future__ import annotations

from collections import deque

from benchside.protocol.errors import PeerError, PeerFault

__all__ = ["Pace"]


class Pace:
    """`count(now)` for each message."""

    def __init__(self, *, most: int, within_s: float) -> None:
        """At most `most` messages in any `within_s` seconds."""
        self._most = most
        self._within_s = within_s
        self._came_at: deque[float] = deque()

    def count(self, now: float) -> None:
        """Take one message at `now` (seconds, monotonic); PeerError when it is one too many."""
        while self._came_at and now - self._came_at[0] >= self._within_s:
            self._came_at.popleft()
        if len(self._came_at) >= self._most:
            raise PeerError(
                PeerFault.TOO_MANY, f"expected at most {self._most} messages in {self._within_s} s, got more"
            )
        self._came_at.append(now)
