"""The lock-out's state on disk: counted before anything is answered, and still there after a restart."""

from __future__ import annotations

import time

import msgspec

from benchside.agent.journal import Journal
from benchside.protocol.flow.lockout import Lockout, LockoutState

__all__ = ["Attempts"]

_FACT = "lockout"


class Attempts:
    """The lock-out with its journal.  UnavailableError: not on disk, so nothing may follow from it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        stored = journal.fact(_FACT)
        self._lockout = Lockout(None if stored is None else msgspec.msgpack.decode(stored, type=LockoutState))
        # within one run the clock that nobody can set decides; only the start is the wall's
        self._utc_at_zero = time.time() - time.monotonic()
        self._lockout.kill_code()  # a code lives in the host's memory: none outlives a restart

    def new_code(self) -> tuple[int, bool]:
        """A fresh code: return its attempts, and whether the desk should warn."""
        now = self._now()
        left, warned = self._lockout.new_code(now), self._lockout.is_warned(now)
        self._keep()
        return left, warned

    def spend(self, key: bytes) -> int:
        """Count one attempt of this key; RefusedError when it may not try now."""
        left = self._lockout.spend(key.hex(), self._now())
        self._keep()
        return left

    def right(self, key: bytes) -> None:
        """The attempt was right."""
        self._lockout.right(key.hex())
        self._keep()

    def kill_code(self) -> None:
        """The code is worth nothing any more."""
        self._lockout.kill_code()
        self._keep()

    @property
    def left(self) -> int:
        """Attempts that the present code has."""
        return self._lockout.state.code_attempts_left

    def _now(self) -> float:
        return self._utc_at_zero + time.monotonic()

    def _keep(self) -> None:
        self._journal.keep_fact(_FACT, msgspec.msgpack.encode(self._lockout.state))
