"""How fast the wheel may turn: as fast as a hand turns it; what is beyond is dropped."""

from __future__ import annotations

__all__ = ["MAX_STEPS_PER_S", "WheelBudget"]

# Faster than a hand turns a wheel, and each step costs the display a press and a release.
MAX_STEPS_PER_S = 60

# A wheel turned hard makes some twenty steps in a moment.  The refill is lowered by as much, so no window of one
# second ever holds more than 60.
BURST_STEPS = 20
REFILL_PER_S = MAX_STEPS_PER_S - BURST_STEPS


class WheelBudget:
    """Steps in all four directions together.  Times are seconds on one monotonic clock."""

    def __init__(self, now: float) -> None:
        self._steps = float(BURST_STEPS)
        self._filled_at = now

    def spend(self, right: int, down: int, now: float) -> tuple[int, int]:
        """Return how far of `right` and `down` the wheel may turn now, in the same directions."""
        elapsed_s = max(0.0, now - self._filled_at)
        self._steps = min(float(BURST_STEPS), self._steps + elapsed_s * REFILL_PER_S)
        self._filled_at = max(now, self._filled_at)
        return self._take(right), self._take(down)

    def _take(self, steps: int) -> int:
        taken = min(abs(steps), int(self._steps))
        self._steps -= taken
        return taken if steps > 0 else -taken
