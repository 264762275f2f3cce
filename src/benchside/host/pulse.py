"""What time tells of a session: when the console is to be asked for a word, and when the PC itself stood still."""

from __future__ import annotations

__all__ = ["Pulse"]

PING_AFTER_S = 1.25
"""Of silence: a console that is looked at speaks each second, one in a hidden tab only when it is spoken to."""
JUMP_S = 10.0
"""A gap between two beats of a loop that beats four times a second: the PC slept or was frozen."""


class Pulse:
    """Times are seconds on one monotonic clock."""

    def __init__(self, now: float) -> None:
        self._beat_at = self._spoke_at = now

    def hear(self, now: float) -> None:
        """The console said something."""
        self._spoke_at = now

    def has_jumped(self, now: float) -> bool:
        """Take one beat; whether the one before was far too long ago."""
        jumped_s, self._beat_at = now - self._beat_at, now
        return jumped_s > JUMP_S

    def ping_is_due(self, now: float) -> bool:
        """Whether to ask the console for a word now; then not again for as long."""
        if now - self._spoke_at < PING_AFTER_S:
            return False
        self._spoke_at = now
        return True
