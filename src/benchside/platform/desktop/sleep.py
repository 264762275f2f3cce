"""Whether the machine has slept: two clocks, one of which stands still meanwhile."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["SleepGap"]

# The two clocks are read one after the other; anything above is a sleep that a person would notice.
MIN_SLEEP_S = 1.0


class SleepGap:
    """Compares a clock that counts sleep (`boot_s`) with one that does not (`awake_s`), both in seconds."""

    def __init__(self, boot_s: Callable[[], float], awake_s: Callable[[], float]) -> None:
        self._boot_s, self._awake_s = boot_s, awake_s
        self._asleep_s = boot_s() - awake_s()

    def has_slept(self) -> bool:
        """True when the machine has slept since the last call."""
        asleep_s = self._boot_s() - self._awake_s()
        slept = asleep_s - self._asleep_s > MIN_SLEEP_S
        self._asleep_s = asleep_s if slept else min(self._asleep_s, asleep_s)
        return slept
