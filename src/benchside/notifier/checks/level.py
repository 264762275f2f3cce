"""A threshold with hysteresis: on from one value, off from another, and between them as it was."""

from __future__ import annotations

__all__ = ["Level"]

MAX_SUBJECTS = 256
"""Things watched by one level; a PC has a handful of drives and programs."""


class Level:
    """Remembers for each subject whether it is on.  `is_high_bad`: else low values are."""

    def __init__(self, *, on_at: float, off_at: float, is_high_bad: bool) -> None:
        """High: on from `on_at` upwards, off below `off_at`.  Low: on below `on_at`, off from `off_at` upwards."""
        self._on_at, self._off_at, self._is_high_bad = on_at, off_at, is_high_bad
        self._was: dict[str, bool] = {}

    def judge(self, subject: str, value: float) -> bool | None:
        """Return whether it is on; None between the two when nothing is known from before: it stays as it is."""
        if self._is_high_bad:
            is_on, is_off = value >= self._on_at, value < self._off_at
        else:
            is_on, is_off = value < self._on_at, value >= self._off_at
        if is_on or is_off:
            if len(self._was) >= MAX_SUBJECTS and subject not in self._was:
                self._was.clear()
            self._was[subject] = is_on
        return self._was.get(subject)

    def forget(self, subject: str) -> bool:
        """Forget one that is gone; True when it was on."""
        return self._was.pop(subject, False)
