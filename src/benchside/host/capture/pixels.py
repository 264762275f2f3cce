"""The display's pixel formats, and how each becomes B, G, R, X."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from benchside.media.tiles import Pixels
from benchside.protocol.errors import UnavailableError

__all__ = ["PixelFormat"]

_NATIVE_MASKS = (0xFF0000, 0x00FF00, 0x0000FF)
_565_MASKS = (0xF800, 0x07E0, 0x001F)
_555_MASKS = (0x7C00, 0x03E0, 0x001F)


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How a row of the screen lies in memory, little-endian, each row padded to 4 bytes."""

    bytes_per_pixel: int
    masks: tuple[int, int, int]

    @classmethod
    def of(cls, bits_per_pixel: int, masks: tuple[int, int, int]) -> PixelFormat:
        """The format, or UnavailableError for one that cannot be shown exactly (10 bits a colour, palettes)."""
        if bits_per_pixel == 32 and masks == _NATIVE_MASKS:
            return cls(4, masks)
        if bits_per_pixel == 16 and masks in (_565_MASKS, _555_MASKS):
            return cls(2, masks)
        text = f"expected a screen of 8 bits for each colour, or of 15 or 16 bits, got {bits_per_pixel} bits"
        raise UnavailableError(text)

    def size_bytes(self, width_px: int, height_px: int) -> int:
        """Room that an image takes."""
        return self._stride(width_px) * height_px

    def read(self, memory: npt.NDArray[np.uint8], width_px: int, height_px: int) -> Pixels:
        """The image at the start of `memory`: a view where nothing has to be converted, else a copy."""
        stride = self._stride(width_px)
        rows = memory[: stride * height_px].reshape(height_px, stride)
        if self.bytes_per_pixel == 4:
            return rows.reshape(height_px, width_px, 4)
        packed = np.ascontiguousarray(rows[:, : width_px * 2]).view("<u2")
        converted: Pixels = _table(self.masks)[packed].view(np.uint8).reshape(height_px, width_px, 4)
        return converted

    def _stride(self, width_px: int) -> int:
        return (width_px * self.bytes_per_pixel + 3) & ~3


@cache
def _table(masks: tuple[int, int, int]) -> npt.NDArray[np.uint32]:
    """For each value of 16 bits its B, G, R, 255.  256 KiB, made when a screen first needs it."""
    values = np.arange(1 << 16, dtype=np.uint32)
    red, green, blue = (_widen(values, mask) for mask in masks)
    return (np.uint32(0xFF000000) | (red << 16) | (green << 8) | blue).astype("<u4")


def _widen(values: npt.NDArray[np.uint32], mask: int) -> npt.NDArray[np.uint32]:
    """The bits under `mask` as 8 bits, the low ones filled with copies of the high: full stays full."""
    shift = (mask & -mask).bit_length() - 1
    bits = mask.bit_count()
    field = (values & np.uint32(mask)) >> np.uint32(shift)
    return ((field << np.uint32(8 - bits)) | (field >> np.uint32(2 * bits - 8))).astype(np.uint32)
