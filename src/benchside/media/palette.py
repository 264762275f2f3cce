"""Text and drawings as a palette in bands: indices of one byte, ordered so that equal letters are equal bytes.

Why bands: written row by row, a letter is a dozen short runs far apart, each different from its neighbours.  Written
column by column within one line of text, it is one run of bytes, and the compressor finds it wherever the same
letter stands again.  A dense page of 13-pixel text: 390 kB as pixels, 260 kB as indices by rows, 75 to 100 kB so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["MAX_COLOURS", "Bands", "Indexed", "Words", "find_bands", "in_bands", "index"]

Words = npt.NDArray[np.uint32]
Indices = npt.NDArray[np.uint8]

MAX_COLOURS = 256

# Rounds in which colours that the sample missed are added; each round is a pass over all pixels, and a picture that
# still shows new colours after three is no drawing.
MAX_ROUNDS = 3

# Odd factors that spread colours over 16 bits.  With 256 colours one of them is free of collisions with a
# probability of 0.6; with twelve, always but for 1 in 50,000 pictures, which then are sent as pixels.
_FACTORS = tuple(np.uint32((0x9E3779B1 + 0x3C6EF372 * k) % 2**32 | 1) for k in range(12))

# Text is rarely smaller or larger than this from line to line; between them a pitch is looked for.
MIN_PITCH, MAX_PITCH = 8, 64
USUAL_PITCH = 16


class Indexed(NamedTuple):
    """A picture as indices into its colours."""

    colours: Words
    indices: Indices


class Bands(NamedTuple):
    """Rows of the first band and of every other, 1 to 255."""

    first: int
    pitch: int


def index(words: Words) -> Indexed | None:
    """Return `words` (height, width) by its colours, or None when they are more than `MAX_COLOURS`."""
    colours = np.unique(words[:: _step(words.shape[0]), :: _step(words.shape[1])])
    for _ in range(MAX_ROUNDS):
        if colours.size > MAX_COLOURS:
            return None
        found = _look_up(words, colours)
        if found is None:
            return None
        wrong = colours[found] != words
        if not wrong.any():
            return Indexed(colours, found)
        missed = words[wrong]
        # A few thousand of them tell whether this is a drawing at all.
        colours = np.union1d(colours, missed[:: max(1, missed.size // 4096)])
    return None


def find_bands(indices: Indices | Words) -> Bands:
    """Return bands that follow the lines of text, as far as rows without ink between them show where these are."""
    height = indices.shape[0]
    if height <= 2 * USUAL_PITCH:
        return Bands(height, height)
    is_ink = (indices != indices[:, :1]).any(axis=1)
    starts = np.flatnonzero(is_ink[1:] & ~is_ink[:-1]) + 1
    gaps = np.diff(starts)
    gaps = gaps[(gaps >= MIN_PITCH) & (gaps <= MAX_PITCH)]
    if gaps.size == 0:
        return Bands(USUAL_PITCH, USUAL_PITCH)
    pitch = int(np.bincount(gaps).argmax())
    # Where most lines of that pitch begin: the first of them may be another kind of line.
    phase = int(np.bincount(starts % pitch).argmax())
    return Bands(phase or pitch, pitch)


def in_bands(values: npt.NDArray[np.generic], bands: Bands) -> bytes:
    """Return the values of `values` (height, width) band by band, each band column by column."""
    first, pitch = bands
    height, width = values.shape
    full = max(0, height - first) // pitch
    end = first + full * pitch
    middle = values[first:end].reshape(full, pitch, width).swapaxes(1, 2)
    return values[:first].T.tobytes() + middle.tobytes() + (values[end:].T.tobytes() if end < height else b"")


def _look_up(words: Words, colours: Words) -> Indices | None:
    """Return for each pixel the index of a colour that shares its slot; None when no factor keeps colours apart."""
    for factor in _FACTORS:
        slots = (colours * factor) >> np.uint32(16)
        if np.unique(slots).size == colours.size:
            table = np.zeros(65_536, np.uint8)
            table[slots] = np.arange(colours.size, dtype=np.uint8)
            found: Indices = table[(words * factor) >> np.uint32(16)]
            return found
    return None


def _step(size: int) -> int:
    """Sample some 100 along each side, in steps that share no factor with the usual distances of letters."""
    return max(1, size // 100 | 1)
