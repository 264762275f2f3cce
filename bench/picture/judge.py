"""Follows one change of the PC's picture at the engineer's: when it is recognisable, and when exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.picture.eye import Eye
from bench.picture.likeness import psnr_db

EVERY_PX = 4
"""One pixel of 4 x 4 tells a picture's PSNR well enough while it is still changing; the crossing is counted whole."""


@dataclass
class Followed:
    """Seconds from the moment of painting.  `reached_s`: to each PSNR in dB; None for what did not come in time."""

    exact_s: float | None
    reached_s: dict[float, float | None] = field(default_factory=dict)
    wrong: int = 0
    psnr_db: float = float("inf")


def follow(eye: Eye, painted_at: float, within_s: float, levels_db: Sequence[float] = ()) -> Followed:
    """Watch until every pixel is right; the PC's picture rests meanwhile."""
    eye.expect_now()
    reached: dict[float, float | None] = dict.fromkeys(levels_db)
    sampled = eye.expected[::EVERY_PX, ::EVERY_PX].copy()

    def look(seen_at: float) -> None:
        open_levels = [level for level, at in reached.items() if at is None]
        if not open_levels:
            return
        seen = eye.look()
        if psnr_db(seen[::EVERY_PX, ::EVERY_PX], sampled) < min(open_levels) - 0.5:
            return
        whole = psnr_db(seen, eye.expected)
        for level in open_levels:
            if whole >= level:
                reached[level] = seen_at - painted_at

    exact_at = eye.watch(within_s, on_change=look)
    exact_s = None if exact_at is None else exact_at - painted_at
    for level, at in reached.items():
        # What came at once and exact was never seen on its way.
        reached[level] = exact_s if at is None else at
    if exact_s is not None:
        return Followed(exact_s, reached)
    return Followed(None, reached, eye.count_wrong(), psnr_db(eye.look(), eye.expected))
