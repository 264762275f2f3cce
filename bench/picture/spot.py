"""A mark by which the PC's picture is found on the engineer's display, whatever the viewer draws around it.

Black and white only: even a viewer that is lossy shows such blocks so that they can be told apart.
"""

from __future__ import annotations

import random

import numpy as np

from bench.picture.glyphs import Picture, blank, fill
from bench.picture.pages import HEIGHT, WIDTH

AT_PX = (960, 540)
BLOCKS, BLOCK_PX = 16, 8
_DRAW = random.Random("spot")
_BITS = np.array([[_DRAW.random() < 0.5 for _ in range(BLOCKS)] for _ in range(BLOCKS)])
_LIGHT = 128


def spotted() -> Picture:
    """A grey screen with the mark on it."""
    picture = blank(WIDTH, HEIGHT, (0x60, 0x60, 0x60))
    for row in range(BLOCKS):
        for column in range(BLOCKS):
            colour = (255, 255, 255) if _BITS[row, column] else (0, 0, 0)
            fill(picture, (AT_PX[0] + column * BLOCK_PX, AT_PX[1] + row * BLOCK_PX, BLOCK_PX, BLOCK_PX), colour)
    return picture


def find(screen: Picture) -> tuple[int, int] | None:
    """Where the PC's first pixel is in this picture of a display; None if the mark is not there once, exactly."""
    light = screen[:, :, 1] > _LIGHT
    side = BLOCKS * BLOCK_PX
    rows, columns = light.shape[0] - side + 1, light.shape[1] - side + 1
    if rows <= 0 or columns <= 0:
        return None
    fits = np.ones((rows, columns), bool)
    middle = BLOCK_PX // 2
    for row in range(BLOCKS):
        for column in range(BLOCKS):
            top, left = row * BLOCK_PX, column * BLOCK_PX
            # Two corners of each block pin the place down to the pixel; the middle alone would leave play.
            for down, right in ((0, 0), (BLOCK_PX - 1, BLOCK_PX - 1), (middle, middle)):
                y, x = top + down, left + right
                fits &= light[y : y + rows, x : x + columns] == _BITS[row, column]
    found = np.argwhere(fits)
    if len(found) != 1:
        return None
    return int(found[0][1]) - AT_PX[0], int(found[0][0]) - AT_PX[1]
