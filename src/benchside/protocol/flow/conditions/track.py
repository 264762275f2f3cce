"""What the board keeps of one condition beside its state: what was said last, and the moments that wait."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from benchside.protocol.flow.conditions.entry import Entry
from benchside.protocol.wire.condition import ConditionKey, Severity, Values

__all__ = [
    "CHANGED_EVERY_S",
    "FLAPS_WITHIN_S",
    "FOLDED_AT_LEAST",
    "FOLDED_EVERY_S",
    "FOLDED_WITHIN_S",
    "MAX_FLIPS",
    "Track",
]

CHANGED_EVERY_S = 10.0
"""A person reads one line in less; a value that drifts says its newest every so often."""
MAX_FLIPS = 6
"""So many times it may come or go within FLAPS_WITHIN_S; one more, and it flaps."""
FLAPS_WITHIN_S = 600.0
"""Also how long it must be quiet to be steady again: much harder to leave than to enter."""
FOLDED_EVERY_S = 60.0
FOLDED_AT_LEAST = 100
"""So many are a flood, of which each minute is told; a check that looks once a minute stays below."""
FOLDED_WITHIN_S = 3600.0
"""Fewer are summed up within the hour, or with the next change: a check that says the same each minute is no news."""


@dataclass(slots=True)
class Track:
    """One condition.  Moments are on the monotonic clock, in seconds; None: not waiting."""

    key: ConditionKey
    entry: Entry
    is_wanted: bool = False
    """What its source says, before delays."""
    is_pulse: bool = False
    severity: Severity = Severity.WARNING
    values: Values = field(default_factory=dict)
    turned_at: float = 0.0
    """When `is_wanted` changed last, or a pulse came."""
    raise_at: float | None = None
    clear_at: float | None = None
    steady_at: float | None = None
    """Set while it flaps."""
    unshelve_at: float | None = None
    until_utc_ms: int | None = None
    """Of the newest pulse: `clear_at` by the wall clock, for a restart."""
    is_dirty: bool = False
    """Severity or values may differ from what was told."""
    told_at: float = float("-inf")
    folded: int = 0
    fold_from: float = 0.0
    """When the first of `folded` came."""
    folded_at: float = float("-inf")
    """When a sum was written last."""
    flips: deque[float] = field(default_factory=deque)
    armed_at: float | None = None

    def turn(self, *, on: bool, now: float) -> bool:
        """Note what the source says; return whether that is new, which is a flip."""
        if on == self.is_wanted and not (on and self.is_pulse):
            return False
        self.is_wanted, self.turned_at = on, now
        return True

    def flipped(self, now: float) -> bool:
        """Note that it comes or goes; True when that is too often."""
        self.forget_flips(now)
        self.flips.append(now)
        return len(self.flips) > MAX_FLIPS

    def forget_flips(self, now: float) -> None:
        """Let go of what is too old to count."""
        while self.flips and now >= self.flips[0] + FLAPS_WITHIN_S:
            self.flips.popleft()

    def fold(self, count: int, now: float) -> None:
        """Take signals that led to nothing yet."""
        if not self.folded:
            self.fold_from = now
        self.folded += count

    def unfold(self) -> int:
        """Return how many wait, which are told with the change that is written now."""
        count, self.folded = self.folded, 0
        return count

    def fold_due_at(self) -> float | None:
        """Return when the sum must be written."""
        if not self.folded:
            return None
        if self.folded >= FOLDED_AT_LEAST:
            return max(self.fold_from, self.folded_at) + FOLDED_EVERY_S
        return self.fold_from + FOLDED_WITHIN_S

    def due_at(self) -> float | None:
        """Return the next moment at which something may have to be written."""
        told = self.told_at + CHANGED_EVERY_S if self.is_dirty else None
        quiet = self.flips[-1] + FLAPS_WITHIN_S if self.flips else None
        moments = (self.raise_at, self.clear_at, self.steady_at, self.unshelve_at, told, quiet, self.fold_due_at())
        return min((moment for moment in moments if moment is not None), default=None)

    @property
    def is_idle(self) -> bool:
        """Whether nothing of it needs to be remembered, as far as its state has nothing to say either."""
        return not self.is_wanted and self.due_at() is None
