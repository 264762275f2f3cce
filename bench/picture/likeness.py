"""How like two pictures are: PSNR over the colours, SSIM over luma in blocks of 8 x 8."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bench.picture.glyphs import Picture

BLOCK_PX = 8
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def psnr_db(one: Picture, other: Picture) -> float:
    """Infinity for equal pictures."""
    difference = one[..., :3].astype(np.int16) - other[..., :3]
    mean = float(np.mean(np.square(difference, dtype=np.int32)))
    return math.inf if mean == 0 else 10 * math.log10(255**2 / mean)


def luma(picture: Picture) -> npt.NDArray[np.float32]:
    """Of BT.601, from B, G, R."""
    weights = np.array([0.114, 0.587, 0.299], np.float32)
    found: npt.NDArray[np.float32] = picture[..., :3].astype(np.float32) @ weights
    return found


def sampled_blocks(picture: Picture, every: int = 4) -> npt.NDArray[np.uint8]:
    """Every fourth block of 8 x 8 in both directions, as blocks x 64 x 3: enough to know a whole frame's SSIM by."""
    rows, columns = picture.shape[0] // BLOCK_PX, picture.shape[1] // BLOCK_PX
    blocks = picture[: rows * BLOCK_PX, : columns * BLOCK_PX, :3].reshape(rows, BLOCK_PX, columns, BLOCK_PX, -1)
    chosen = np.ascontiguousarray(blocks[::every, :, ::every].swapaxes(1, 2))
    return chosen.reshape(-1, BLOCK_PX * BLOCK_PX, chosen.shape[-1])


def ssim(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    """Mean SSIM (Wang et al. 2004, flat windows) of pictures given as `sampled_blocks`."""
    x, y = luma(one), luma(other)
    mean_x, mean_y = x.mean(axis=1), y.mean(axis=1)
    var_x, var_y = x.var(axis=1), y.var(axis=1)
    both = (x * y).mean(axis=1) - mean_x * mean_y
    likeness = ((2 * mean_x * mean_y + _C1) * (2 * both + _C2)) / (
        (mean_x**2 + mean_y**2 + _C1) * (var_x + var_y + _C2)
    )
    return float(likeness.mean())
