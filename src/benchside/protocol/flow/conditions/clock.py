"""Notices that the wall clock was set: it runs beside the monotonic one, or it has jumped."""

from __future__ import annotations

__all__ = ["JUMP_S", "ClockWatch"]

JUMP_S = 300
"""Time services correct by less; what is more makes stamps, certificates and results disagree."""


class ClockWatch:
    """Compares the two clocks at each look."""

    def __init__(self) -> None:
        self._ahead_s: float | None = None

    def jumped_s(self, now: float, utc_ms: int, last_utc_ms: int | None = None) -> int:
        """Return by how many seconds the wall clock has jumped since the last look; 0: by less than JUMP_S.

        `last_utc_ms`: at the first look, a moment that is past for sure; a clock before it has gone back.
        """
        ahead_s = utc_ms / 1000 - now
        before_s, self._ahead_s = self._ahead_s, ahead_s
        if before_s is None:
            back_s = 0 if last_utc_ms is None else (utc_ms - last_utc_ms) // 1000
            return back_s if back_s < -JUMP_S else 0
        by_s = round(ahead_s - before_s)
        return by_s if abs(by_s) > JUMP_S else 0
