"""Pixel formats: 16 bits become 8 for each colour exactly, and what cannot be exact is refused."""

from __future__ import annotations

import numpy as np
import pytest

from benchside.host.capture.pixels import PixelFormat
from benchside.protocol.errors import UnavailableError

M565 = (0xF800, 0x07E0, 0x001F)
M555 = (0x7C00, 0x03E0, 0x001F)


def test_32_bits_are_a_view() -> None:
    memory = np.arange(4 * 6, dtype=np.uint8)
    pixels = PixelFormat.of(32, (0xFF0000, 0xFF00, 0xFF)).read(memory, 3, 2)
    assert pixels.shape == (2, 3, 4)
    assert np.shares_memory(pixels, memory)


@pytest.mark.parametrize(
    ("masks", "value", "bgr"),
    [
        (M565, 0xFFFF, (255, 255, 255)),
        (M565, 0x0000, (0, 0, 0)),
        (M565, 0xF800, (0, 0, 255)),
        (M565, 0x8410, (132, 130, 132)),
        (M565, 0x0821, (8, 4, 8)),
        (M555, 0x7FFF, (255, 255, 255)),
        (M555, 0x4210, (132, 132, 132)),
    ],
)
def test_16_bits_widen_by_repeating_their_high_bits(
    masks: tuple[int, int, int], value: int, bgr: tuple[int, int, int]
) -> None:
    form = PixelFormat.of(16, masks)
    # Odd widths: a row is padded to 4 bytes.
    memory = np.array([value, 0xABCD, value, 0x1234], "<u2").view(np.uint8)
    assert form.size_bytes(1, 2) == 8
    pixels = form.read(memory, 1, 2)
    assert pixels.tolist() == [[[*bgr, 255]], [[*bgr, 255]]]


@pytest.mark.parametrize(("bits", "masks"), [(32, (0x3FF00000, 0xFFC00, 0x3FF)), (8, (0, 0, 0)), (16, (1, 2, 3))])
def test_other_formats_are_refused(bits: int, masks: tuple[int, int, int]) -> None:
    with pytest.raises(UnavailableError):
        PixelFormat.of(bits, masks)
