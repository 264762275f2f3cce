"""How long to wait before the next try to reach the agent on this PC."""

from __future__ import annotations

__all__ = ["FIRST_WAIT_S", "MAX_WAIT_S", "Backoff"]

FIRST_WAIT_S = 0.2
"""A restart of the service takes about this long."""
MAX_WAIT_S = 5.0
"""The socket is local: a try costs nothing, and a technician who waits looks at the window."""


class Backoff:
    """Doubles from FIRST_WAIT_S up to MAX_WAIT_S.  Without jitter: one desk asks one agent."""

    def __init__(self) -> None:
        self._next_s = FIRST_WAIT_S

    def wait_s(self) -> float:
        """Return the seconds to wait now; the next answer is twice as long."""
        current = self._next_s
        self._next_s = min(MAX_WAIT_S, current * 2)
        return current

    def reset(self) -> None:
        """Start over: the agent spoke."""
        self._next_s = FIRST_WAIT_S
