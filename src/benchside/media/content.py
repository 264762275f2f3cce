"""What kind of picture this is, told from how neighbours in a row differ.

Letters and lines differ much, or not at all; shading and a sensor's noise differ a little, nearly everywhere.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchside.media.cells import CELL_PX, Cells
from benchside.media.damage import Box
from benchside.media.palette import Words

__all__ = ["Content", "is_photographic", "look"]

# Rows that are looked at: one of these.
ROW_STEP = 8

# Steps of green up to this are shading or noise; a letter's edge, also a smoothed one, is mostly steeper.
SMALL_STEP = 8
# From this share of small steps on it is a photograph: a dense page of text has a tenth.
PHOTO_SHARE = 0.25

# Bytes that a pixel costs exactly, by what was measured of pages and photographs: a place where neighbours differ
# much, one where they differ a little (which no compressor foresees), and any.
EDGE_BYTES = 0.12
SHADE_BYTES = 1.9
PLAIN_BYTES = 0.002


class Content:
    """The content of each cell that was looked at.  Grids as in `Cells`."""

    def __init__(self, cells: Cells) -> None:
        self._samples = np.zeros(cells.lossy.shape)
        self._small = np.zeros(cells.lossy.shape)
        self._any = np.zeros(cells.lossy.shape)
        self._cells = cells

    def add(self, box: Box, words: Words) -> None:
        """Look at `words`, the pixels of `box`."""
        if words.shape[1] < 2:
            return
        steps = _steps(words)
        left, top = box.left - self._cells.area.left, box.top - self._cells.area.top
        columns = [0, *range(CELL_PX - left % CELL_PX, steps.shape[1], CELL_PX)]
        rows = (top + ROW_STEP * np.arange(steps.shape[0])) // CELL_PX
        first = left // CELL_PX
        widths = np.diff([*columns, steps.shape[1]])
        span = slice(first, first + len(columns))
        for grid, flags in ((self._small, _is_small(steps)), (self._any, steps > 0)):
            np.add.at(grid[:, span], rows, np.add.reduceat(flags, columns, axis=1, dtype=np.int32))
        np.add.at(self._samples[:, span], rows, widths)

    def settle(self) -> None:
        """Write down in the cells what was seen of them."""
        seen = self._samples > 0
        small = self._small[seen] / self._samples[seen]
        edges = self._any[seen] / self._samples[seen] - small
        self._cells.photographic[seen] = small > PHOTO_SHARE
        self._cells.bytes_per_px[seen] = PLAIN_BYTES + EDGE_BYTES * edges + SHADE_BYTES * small


def look(cells: Cells, pictures: list[tuple[Box, Words]]) -> None:
    """See what kind of content these boxes have."""
    content = Content(cells)
    for box, words in pictures:
        content.add(box, words)
    content.settle()


def is_photographic(words: Words) -> bool:
    """Whether these pixels are a photograph's."""
    return words.shape[1] > 1 and float(_is_small(_steps(words)).mean()) > PHOTO_SHARE


def _steps(words: Words) -> npt.NDArray[np.int16]:
    """How much green differs from one pixel to the next, in some of the rows."""
    green = (words[::ROW_STEP] >> np.uint32(8)).astype(np.uint8).astype(np.int16)
    steps: npt.NDArray[np.int16] = np.abs(green[:, 1:] - green[:, :-1])
    return steps


def _is_small(steps: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    flags: npt.NDArray[np.bool_] = (steps > 0) & (steps <= SMALL_STEP)
    return flags
