"""How fast new conditions may take the place of those that are over, at a full share (conditions/shares.py).

Without this a program that says another name each time has three lines written for each of its words, whatever its
share is: gigabytes an hour, and a way to the server that is blocked for days.  What comes faster is counted.
"""

from __future__ import annotations

__all__ = ["ALL_PUSHED", "RENEWED_AT_ONCE", "Renewal"]

RENEWED_AT_ONCE = 100
"""Of one source: what an instrument may tell that comes back after a night."""
RENEWED_EVERY_S = 6.0
"""Of one source in the long run: more than a person can read."""
PUSHED_AT_ONCE = 300
PUSHED_EVERY_S = 1.0
"""Of all `local.` sources together, for a program that pushes names its source itself."""
ALL_PUSHED = "local."


class Renewal:
    """A bucket for each source, and one for all that is pushed; `now` is the monotonic clock in seconds."""

    def __init__(self) -> None:
        self._used: dict[str, tuple[float, float]] = {}
        """By source: how many were taken and have not come back, at which moment."""

    def take(self, source: str, now: float) -> bool:
        """Return whether one of `source` may be renewed now, and count it if so."""
        wanted = [(source, RENEWED_AT_ONCE, RENEWED_EVERY_S)]
        if source.startswith(ALL_PUSHED):
            wanted.append((ALL_PUSHED, PUSHED_AT_ONCE, PUSHED_EVERY_S))
        used = [self._used_now(name, every_s, now) for name, _, every_s in wanted]
        if any(many + 1 > most for many, (_, most, _) in zip(used, wanted, strict=True)):
            return False
        for many, (name, _, _) in zip(used, wanted, strict=True):
            self._used[name] = (many + 1, now)
        return True

    def forget(self, source: str) -> None:
        """Nothing of `source` is remembered any more."""
        if source != ALL_PUSHED:
            self._used.pop(source, None)

    def _used_now(self, name: str, every_s: float, now: float) -> float:
        many, at = self._used.get(name, (0.0, now))
        return max(0.0, many - (now - at) / every_s)
