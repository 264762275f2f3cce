"""What each cell of 64x64 pixels of a monitor has been doing: when it changed, how often, and whether it is exact.

Grids are arrays of shape (rows, columns), in the monitor's own order.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchside.media.damage import Box

__all__ = ["CELL_PX", "TEXT_BYTES", "Cells", "Counts", "Flags", "boxes_of", "count_in_cells"]

CELL_PX = 64
"""Small enough that text beside a moving picture stays text; a 1080p screen has 510 of them."""

HALF_LIFE_S = 0.5
"""How long a cell remembers its changes."""
HOT_CHANGES = 3.0
"""Remembered changes from which on a cell counts as moving: about four a second, and lasting."""

TEXT_BYTES = 0.05
"""What an exact pixel of a page of text takes; also of a cell that nobody has looked at yet."""

Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]


class Cells:
    """The cells of one area of the screen."""

    def __init__(self, area: Box) -> None:
        self.area = area
        shape = (-(-area.height_px // CELL_PX), -(-area.width_px // CELL_PX))
        self.lossy: Flags = np.zeros(shape, np.bool_)
        """Shown as video; not exact yet."""
        self.photographic: Flags = np.zeros(shape, np.bool_)
        """As last looked at."""
        self.bytes_per_px = np.full(shape, TEXT_BYTES)
        """What its exact pixels are likely to cost, as last looked at."""
        self._changed_at = np.full(shape, -1e9)
        self._heat = np.zeros(shape)

    def changed(self, flags: Flags, now: float) -> None:
        """These cells show something else than before."""
        aged = self._heat[flags] * 0.5 ** ((now - self._changed_at[flags]) / HALF_LIFE_S)
        self._heat[flags] = aged + 1.0
        self._changed_at[flags] = now

    def hot(self, now: float) -> Flags:
        """The cells that keep changing."""
        flags: Flags = self._heat * 0.5 ** ((now - self._changed_at) / HALF_LIFE_S) >= HOT_CHANGES
        return flags

    def rested(self, now: float, rest_s: float) -> Flags:
        """The cells that are not exact and have not changed for so long."""
        flags: Flags = self.lossy & (self._changed_at <= now - rest_s)
        return flags

    def rests_at(self, rest_s: float) -> float | None:
        """When the next cell will have rested so long; None when all is exact."""
        return float(self._changed_at[self.lossy].min()) + rest_s if self.lossy.any() else None

    def box(self, row: int, column: int) -> Box:
        """The cell's place in the screen."""
        left, top = self.area.left + column * CELL_PX, self.area.top + row * CELL_PX
        return Box(left, top, left + CELL_PX, top + CELL_PX).intersect(self.area)

    def bounds(self, flags: Flags) -> Box:
        """The box around the true cells, of which there is one."""
        rows, columns = np.flatnonzero(flags.any(axis=1)), np.flatnonzero(flags.any(axis=0))
        return self.box(int(rows[0]), int(columns[0])).bound(self.box(int(rows[-1]), int(columns[-1])))

    def flags_of(self, box: Box) -> Flags:
        """The cells that have pixels of `box`."""
        flags = np.zeros(self.lossy.shape, np.bool_)
        cut = box.intersect(self.area)
        if cut:
            left, top = cut.left - self.area.left, cut.top - self.area.top
            right, bottom = cut.right - self.area.left, cut.bottom - self.area.top
            flags[top // CELL_PX : -(-bottom // CELL_PX), left // CELL_PX : -(-right // CELL_PX)] = True
        return flags


def count_in_cells(flags: Flags, box: Box, cells: Cells, *, row_step: int = 1) -> Counts:
    """Count the true pixels of `flags`, which are those of `box` inside of the area, in each cell.

    `row_step`: `flags` has every so many rows of the box only, and each counts for as many.
    """
    left, top = box.left - cells.area.left, box.top - cells.area.top
    rows, columns = _edges(top, box.height_px), _edges(left, box.width_px)
    if row_step > 1:
        rows = [-(-row // row_step) for row in rows]
        # A last cell of which no row is looked at counts the last row that is, in place of the cell above.
        rows = [min(row, flags.shape[0] - 1) for row in rows]
    sums = np.add.reduceat(flags, columns, axis=1, dtype=np.int32)
    sums = np.add.reduceat(sums, rows, axis=0)
    counts = np.zeros(cells.lossy.shape, np.int64)
    counts[top // CELL_PX :, left // CELL_PX :][: sums.shape[0], : sums.shape[1]] = sums
    return counts * row_step if row_step > 1 else counts


def boxes_of(flags: Flags, cells: Cells) -> list[Box]:
    """Return boxes of the screen that cover the true cells exactly: runs of a row, joined with equal ones below."""
    done: list[Box] = []
    open_runs: dict[tuple[int, int], int] = {}
    for row in range(flags.shape[0] + 1):
        runs = _runs(flags[row]) if row < flags.shape[0] else []
        for run in [each for each in open_runs if each not in runs]:
            first = cells.box(open_runs.pop(run), run[0])
            done.append(first.bound(cells.box(row - 1, run[1] - 1)))
        for run in runs:
            open_runs.setdefault(run, row)
    return done


def _runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.view(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _edges(start: int, length: int) -> list[int]:
    """Where cells begin within a span of pixels that begins at `start`."""
    return [0, *range(CELL_PX - start % CELL_PX, length, CELL_PX)]
