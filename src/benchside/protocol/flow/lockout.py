"""How many attempts at a code are left, and how long until the next: the PC's own rule (R54).

Lives in the agent, which writes the state to disk before it lets the host answer.  Only an associate whom
the policy admits and who has proved their key gets this far, so strangers can neither guess nor lock out.
An attempt counts as wrong when it is spent; only a right confirmation takes it back.
"""

from __future__ import annotations

import msgspec

from benchside.protocol.errors import Refusal, RefusedError

__all__ = [
    "ATTEMPTS",
    "DAY_S",
    "MAX_FRESH_WAIT_S",
    "MAX_WAIT_S",
    "WRONG_A_DAY",
    "KeyTrack",
    "Lockout",
    "LockoutState",
]

ATTEMPTS = 3
"""For each code: two slips of the tongue and a mistyped one; the check character catches most before."""
WRONG_A_DAY = 10
"""After so many wrong attempts in 24 hours each further code allows one, and the desk warns."""
DAY_S = 86_400.0
MAX_FRESH_WAIT_S = 60.0
"""A fresh code is never held back longer by what went wrong before it, whoever did it."""
MAX_WAIT_S = 3600.0
"""Doubling stops here: the code is dead long before."""
_FIRST_WAIT_S = 2.0
_MAX_KEYS = 64
"""Keys remembered for their delays; the longest quiet goes first.  A site sees a handful."""


class KeyTrack(msgspec.Struct, kw_only=True):
    """Wrong attempts in a row of one associate key, and the moment until which it waits (UTC seconds)."""

    wrong: int = 0
    last_at: float = 0.0


class LockoutState(msgspec.Struct, kw_only=True):
    """What is kept across restarts.  Moments are UTC seconds, for no other clock survives a restart."""

    code_attempts_left: int = 0
    code_made_at: float = 0.0
    wrong_at: list[float] = []
    keys: dict[str, KeyTrack] = {}
    newest_at: float = 0.0
    """The moment of the last call: shows when the clock was set back."""


class Lockout:
    """Decides about attempts; `state` is what the caller stores after each call that changes it."""

    def __init__(self, state: LockoutState | None = None) -> None:
        self.state = state or LockoutState()

    def new_code(self, now: float) -> int:
        """A fresh code was made by the technician's hand; return its attempts (3, or 1 after a bad day)."""
        now = self._seen(now)
        state = self.state
        state.code_made_at = now
        state.code_attempts_left = 1 if self.is_warned(now) else ATTEMPTS
        return state.code_attempts_left

    def kill_code(self) -> None:
        """The code is used, cancelled or out of time."""
        self.state.code_attempts_left = 0

    def is_warned(self, now: float) -> bool:
        """True after more than WRONG_A_DAY wrong attempts within the last day."""
        self._forget_old(self._seen(now))
        return len(self.state.wrong_at) >= WRONG_A_DAY

    def spend(self, key: str, now: float) -> int:
        """Count one attempt of this key as wrong and return how many the code has left after it.

        RefusedError: CODE_DEAD when none was left, WAIT with `wait_s` while the key's delay runs; neither
        counts anything.
        """
        now = self._seen(now)
        state = self.state
        if state.code_attempts_left <= 0:
            raise RefusedError(Refusal.CODE_DEAD, "expected a code with attempts left, got a dead one")
        wait_s = self.wait_s(key, now)
        if wait_s > 0:
            raise RefusedError(Refusal.WAIT, "expected an attempt after the delay, got one before", wait_s=wait_s)
        self._forget_old(now)
        state.code_attempts_left -= 1
        state.wrong_at.append(now)
        track = state.keys.setdefault(key, KeyTrack())
        track.wrong += 1
        track.last_at = now
        self._bound_keys(key)
        return state.code_attempts_left

    def right(self, key: str) -> None:
        """The attempt that was spent last was right: it no longer counts, and the code is used up."""
        state = self.state
        state.code_attempts_left = 0
        if state.wrong_at:
            state.wrong_at.pop()
        state.keys.pop(key, None)

    def wait_s(self, key: str, now: float) -> float:
        """Return how long this key must wait, in seconds; at most MAX_FRESH_WAIT_S from the code's making."""
        now = self._seen(now)
        track = self.state.keys.get(key)
        if track is None or track.wrong == 0:
            return 0.0
        delay_s = min(MAX_WAIT_S, _FIRST_WAIT_S * 2.0 ** (min(track.wrong, 32) - 1))
        until = track.last_at + delay_s
        if track.last_at <= self.state.code_made_at:
            until = min(until, self.state.code_made_at + MAX_FRESH_WAIT_S)
        return max(0.0, until - now)

    def _seen(self, now: float) -> float:
        """Follow the clock.  When it was set back, every stored moment goes back with it.

        So elapsed time neither shrinks nor grows: setting the clock back shortens no wait and empties no day,
        and a clock that was once ahead does not lock anybody out until the world has caught up.
        """
        state = self.state
        back_s = state.newest_at - now
        if back_s > 0:
            state.code_made_at -= back_s
            state.wrong_at = [at - back_s for at in state.wrong_at]
            for track in state.keys.values():
                track.last_at -= back_s
        state.newest_at = now
        return now

    def _forget_old(self, now: float) -> None:
        self.state.wrong_at = [at for at in self.state.wrong_at if now - at < DAY_S][-1000:]

    def _bound_keys(self, newest: str) -> None:
        keys = self.state.keys
        while len(keys) > _MAX_KEYS:
            del keys[min((key for key in keys if key != newest), key=lambda key: keys[key].last_at)]
