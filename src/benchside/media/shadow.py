"""What the viewer shows of one monitor, as far as it is known exactly."""

from __future__ import annotations

import numpy as np

from benchside.media.damage import Box
from benchside.media.palette import Words
from benchside.protocol.errors import CallerError

__all__ = ["UNKNOWN", "Shadow"]

UNKNOWN = np.uint32(0)
"""A pixel that was never sent, or only as video: equal to none that can be captured, since those have X = 255."""


class Shadow:
    """The pixels that the viewer has been sent of one monitor: 4 bytes for each.  A fresh one makes everything new."""

    def __init__(self, monitor: int, area: Box) -> None:
        """`area`: the monitor's place in the screen, in the coordinates of the damage."""
        if not area:
            raise CallerError(f"expected an area with pixels, got {area}")
        self.monitor = monitor
        self.area = area
        self._words: Words = np.zeros((area.height_px, area.width_px), np.uint32)

    def part(self, box: Box) -> Words:
        """The pixels of `box`, which lies inside of the area; writing to them says that they were sent."""
        left, top = self.area.left, self.area.top
        return self._words[box.top - top : box.bottom - top, box.left - left : box.right - left]

    def forget(self, box: Box | None = None) -> None:
        """Treat `box` (all by default) as never sent: a new viewer, a reconnect, or something that is not exact."""
        cut = self.area if box is None else self.area.intersect(box)
        if cut:
            self.part(cut)[...] = UNKNOWN

    def move(self, source: Box, left: int, top: int) -> None:
        """The viewer copies `source` to this place; all inside of the area."""
        target = Box(left, top, left + source.width_px, top + source.height_px)
        self.part(target)[...] = self.part(source).copy()
