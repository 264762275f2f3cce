"""Where a pointer ends up that may only be in some places."""

from __future__ import annotations

from collections.abc import Iterable

from benchside.media.damage import Box

__all__ = ["nearest"]


def nearest(x_px: int, y_px: int, areas: Iterable[Box]) -> tuple[int, int] | None:
    """The place itself if it lies in one of the areas, else the nearest that does; None without areas."""
    best, best_distance = None, 0
    for area in areas:
        x = min(max(x_px, area.left), area.right - 1)
        y = min(max(y_px, area.top), area.bottom - 1)
        distance = (x - x_px) ** 2 + (y - y_px) ** 2
        if best is None or distance < best_distance:
            best, best_distance = (x, y), distance
    return best
