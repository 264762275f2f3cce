"""Waits between tries: doubling, bounded, with jitter so that a thousand PCs do not come back at once."""

from __future__ import annotations

import random

__all__ = ["Backoff"]


class Backoff:
    """`next_s()` before each new try, `reset()` after a success.  Not for secrets: the jitter is ordinary."""

    def __init__(self, *, first_s: float, most_s: float) -> None:
        """`first_s`: about the first wait; `most_s`: no wait is longer."""
        self._first_s = first_s
        self._most_s = most_s
        self._tries = 0

    def next_s(self) -> float:
        """Return the next wait: between half and the whole of first * 2^tries, at most `most_s`."""
        whole = min(self._most_s, self._first_s * 2.0 ** min(self._tries, 30))
        self._tries += 1
        return whole * random.uniform(0.5, 1.0)  # noqa: S311 - spreading load needs no secrecy

    def reset(self) -> None:
        """Start again with the first wait."""
        self._tries = 0
