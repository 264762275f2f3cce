"""Letters as pixels, drawn by FreeType through Pillow from Debian's DejaVu fonts, the same on every machine.

Two ways of smoothing: `grey`, hinted, as Linux and remote desktops have it, and `subpixel`, as Windows' ClearType
has it: thrice the resolution along the line, filtered, a third of a pixel for each of red, green and blue.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Smoothing = Literal["grey", "subpixel"]
Picture = npt.NDArray[np.uint8]
"""Rows of pixels of B, G, R, 0, as X servers of depth 24 have them."""
Colour = tuple[int, int, int]
"""Red, green, blue."""

FONTS = Path("/usr/share/fonts/truetype/dejavu")
SANS, MONO, BOLD = "DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSans-Bold.ttf"
_FILTER = np.array([1, 2, 3, 2, 1]) / 9
"""FreeType's default for LCD, roughly: spreads each third over its neighbours, so that no colour fringe is seen."""


@dataclass(frozen=True)
class Pen:
    """How text is written."""

    font: str = SANS
    size_px: int = 13
    smoothing: Smoothing = "grey"
    ink: Colour = (0x20, 0x20, 0x20)


def blank(width: int, height: int, colour: Colour = (0xFF, 0xFF, 0xFF)) -> Picture:
    picture = np.zeros((height, width, 4), np.uint8)
    picture[:, :, :3] = colour[::-1]
    return picture


def fill(picture: Picture, box: tuple[int, int, int, int], colour: Colour) -> None:
    """`box`: x, y, width, height."""
    x, y, width, height = box
    picture[y : y + height, x : x + width, :3] = colour[::-1]


def write(picture: Picture, x: int, y: int, text: str, pen: Pen) -> None:
    """Put a line of text with its top left corner at x, y; what is outside of the picture is cut off."""
    mask = _mask(text, pen)
    height, width = mask.shape[0], mask.shape[1]
    target = picture[y : y + height, x : x + width, :3]
    part = mask[: target.shape[0], : target.shape[1]].astype(np.uint16)
    ink = np.array(pen.ink[::-1], np.uint16)
    target[:] = ((target * (255 - part) + ink * part + 127) // 255).astype(np.uint8)


def _mask(text: str, pen: Pen) -> npt.NDArray[np.uint8]:
    """How much of the ink each pixel gets: one number for grey, one for each of B, G, R for subpixel."""
    if pen.smoothing == "grey":
        font = _font(pen.font, pen.size_px)
        width = int(font.getlength(text)) + 2
        image = Image.new("L", (width, pen.size_px * 4 // 3 + 2))
        ImageDraw.Draw(image).text((0, 0), text, font=font, fill=255)
        return np.asarray(image)[:, :, None]
    font = _font(pen.font, pen.size_px * 3)
    width = (int(font.getlength(text)) // 3 + 3) * 3
    image = Image.new("L", (width, (pen.size_px * 4 // 3 + 2) * 3))
    ImageDraw.Draw(image).text((3, 0), text, font=font, fill=255)
    fine = np.asarray(image, np.float32)
    rows = fine.reshape(fine.shape[0] // 3, 3, width).mean(axis=1)
    padded = np.pad(rows, ((0, 0), (2, 2)))
    smooth = sum(_FILTER[shift] * padded[:, shift : shift + width] for shift in range(5))
    return np.asarray(smooth, np.float32).round().astype(np.uint8).reshape(rows.shape[0], width // 3, 3)[:, :, ::-1]


@cache
def _font(name: str, size_px: int) -> ImageFont.FreeTypeFont:
    # The basic layout needs no library that some builds of Pillow lack.
    return ImageFont.truetype(str(FONTS / name), size_px, layout_engine=ImageFont.Layout.BASIC)
