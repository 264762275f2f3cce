"""A Windows cursor's two bitmaps as one picture with transparency."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["rgba_of_colour", "rgba_of_mask"]

_Bits = npt.NDArray[np.uint8]


def rgba_of_colour(colour: _Bits, mask: _Bits) -> bytes:
    """Of a cursor in colour: `colour` is (height, width, 4) B, G, R, A; `mask` (height, width) is not 0 where the
    screen shows through.

    Old cursors leave A at 0 everywhere: then the mask alone says what is seen.  What is to invert the screen, which
    a viewer cannot, is drawn in its own colour.
    """
    rgba = colour[..., [2, 1, 0, 3]].copy()
    if not rgba[..., 3].any():
        shows_through = (mask != 0) & ~rgba[..., :3].any(axis=-1)
        rgba[..., 3] = np.where(shows_through, 0, 255)
    rgba[..., :3][rgba[..., 3] == 0] = 0
    return rgba.tobytes()


def rgba_of_mask(mask: _Bits) -> bytes:
    """Of a cursor without colour: `mask` is (2 * height, width), in its upper half the AND, in its lower half the XOR.

    Microsoft, "Icons and Cursors": 0 and 0 is black, 0 and 1 white, 1 and 0 the screen, 1 and 1 the screen inverted,
    which is drawn black with what is around it left as it is.
    """
    height = mask.shape[0] // 2
    both, other = mask[:height] != 0, mask[height : 2 * height] != 0
    rgba = np.zeros((height, mask.shape[1], 4), np.uint8)
    rgba[..., 3] = np.where(both & ~other, 0, 255)
    rgba[..., :3] = np.where(~both & other, 255, 0)[..., None]
    return rgba.tobytes()
