"""Exact tiles: the changed pixels of a box, cut, compared with what the viewer has, and written the smallest way.

Pixels are numpy arrays of shape (height, width, 4), dtype uint8, bytes in the order B, G, R, X; X carries no
meaning and is sent as 255, so that it compresses and so that a viewer may take it for full opacity.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import zstandard

from benchside.media import palette, photo
from benchside.media.content import is_photographic
from benchside.media.damage import Box
from benchside.media.palette import Words
from benchside.media.shadow import Shadow
from benchside.protocol.errors import CallerError
from benchside.protocol.wire.picture import MAX_TILE_PIXELS, Tile, TileEncoding

__all__ = ["MAX_ENCODED_BYTES", "QUICK_BYTES_PER_S", "Encoded", "Encoder", "Pixels", "opaque_words"]

Pixels = npt.NDArray[np.uint8]

# What zstd can at most make of 256 KiB of noise is 256 KiB and about 1 KiB; the rest is room for headers.
MAX_ENCODED_BYTES = 300 * 1024

# 256 KiB raw: fits one record even when nothing compresses.
MAX_RAW_PIXELS = 65_536
# The more of a page there is in one tile, the more letters have been there before: 58 kB in one, 110 kB in eight.
MAX_FINE_PIXELS = MAX_TILE_PIXELS

# Level 1 for pixels: 79 kB in 3 ms for a dense page of 1080p; the next levels take longer than the saved bytes
# travel.  In bands, where letters repeat, level 6 takes a third off.
ZSTD_LEVEL = 1
FINE_LEVEL = 6

# From this rate on (26 Mbit/s) bands take longer to write (30 ns a pixel) than the bytes they save (0.1) to travel.
QUICK_BYTES_PER_S = 3_300_000

# Below this many pixels no palette, no bands and no prediction pay for their headers.
MIN_FINE_PIXELS = 48

# Changed parts closer than this become one tile: an extra tile costs about 30 us and a header, the unchanged
# rows or columns between two parts cost less.
MERGE_GAP_PX = 24

# Scattered specks: above this many parts in one box, whole rows are sent instead.  Bounds the work per box.
MAX_PARTS = 64

_ALPHA = np.uint32(0xFF000000)


class Encoded(NamedTuple):
    """Tiles in the order in which they are drawn, and what of the box was not reached within the budget."""

    tiles: list[Tile]
    left: list[Box]
    size_bytes: int
    area_px: int
    """Pixels that the tiles show."""


class Encoder:
    """Turns damage into tiles; keeps nothing but the compressors, so one serves all monitors of a session."""

    def __init__(self) -> None:
        if sys.byteorder != "little":
            raise CallerError("pixels are compared as little-endian words")
        self._zstd = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=False, write_content_size=True)
        self._fine = zstandard.ZstdCompressor(level=FINE_LEVEL, write_checksum=False, write_content_size=True)

    def encode_box(
        self, box: Box, words: Words, shadow: Shadow, *, rate: float = float("inf"), budget_bytes: int | None = None
    ) -> Encoded:
        """Tiles of what differs from `shadow` in `box`, whose pixels are `words`, as the line's `rate` has it best.

        Stops after the tile that reaches the budget.  The shadow then holds what the tiles show, and nothing else.
        """
        if words.shape != (box.height_px, box.width_px):
            raise CallerError(f"expected pixels of {box.width_px}x{box.height_px}, got shape {words.shape}")
        known = shadow.part(box)
        waiting = deque(_changed_parts(words != known))
        tiles: list[Tile] = []
        size = area = 0
        while waiting and (budget_bytes is None or size < budget_bytes):
            part = waiting.popleft()
            new = words[part.top : part.bottom, part.left : part.right]
            written = self._write(new, is_quick=rate >= QUICK_BYTES_PER_S)
            if written is None:
                waiting.extendleft(reversed(_halves(part)))
                continue
            known[part.top : part.bottom, part.left : part.right] = new
            encoding, data = written
            size += len(data)
            area += new.size
            tiles.append(
                Tile(
                    monitor=shadow.monitor,
                    x_px=box.left + part.left - shadow.area.left,
                    y_px=box.top + part.top - shadow.area.top,
                    width_px=part.width_px,
                    height_px=part.height_px,
                    encoding=encoding,
                    data=data,
                )
            )
        left = [Box(box.left + p.left, box.top + p.top, box.left + p.right, box.top + p.bottom) for p in waiting]
        return Encoded(tiles, left, size, area)

    def _write(self, words: Words, *, is_quick: bool) -> tuple[TileEncoding, bytes] | None:
        """Write these pixels, or return None when they are too many, or too different, for one tile."""
        first = words[0, 0]
        # The last pixel is looked at first: it tells most pictures from a plain area without a full pass.
        is_plain = words[-1, -1] == first and words.size <= MAX_FINE_PIXELS and bool((words == first).all())
        if is_plain:
            return TileEncoding.FILL, first.tobytes()
        if words.size > (MAX_RAW_PIXELS if is_quick else MAX_FINE_PIXELS):
            return None
        if is_quick or words.size < MIN_FINE_PIXELS:
            return TileEncoding.ZSTD, _checked(self._zstd.compress(np.ascontiguousarray(words).data.cast("B")))
        return self._write_finely(words)

    def _write_finely(self, words: Words) -> tuple[TileEncoding, bytes] | None:
        if words.size > MAX_RAW_PIXELS and _has_photograph(words):
            return None  # until text and photograph are apart
        indexed = palette.index(words)
        if indexed is not None:
            bands = palette.find_bands(indexed.indices)
            head = bytes((indexed.colours.size - 1, *bands)) + indexed.colours.tobytes()
            encoding, data = TileEncoding.PALETTE, head + self._fine.compress(palette.in_bands(indexed.indices, bands))
        elif is_photographic(words):
            encoding, data = TileEncoding.PHOTO, self._zstd.compress(photo.residuals(np.ascontiguousarray(words)))
        else:
            bands = palette.find_bands(words)
            encoding, data = TileEncoding.BANDS, bytes(bands) + self._fine.compress(palette.in_bands(words, bands))
        if words.size > MAX_RAW_PIXELS and len(data) > MAX_ENCODED_BYTES:
            return None
        return encoding, _checked(data)


def opaque_words(pixels: Pixels) -> Words:
    """A contiguous copy as one word per pixel, X forced to 255."""
    if pixels.ndim != 3 or pixels.shape[2] != 4 or pixels.dtype != np.uint8:
        raise CallerError(f"expected BGRX bytes of shape (h, w, 4), got {pixels.dtype} {pixels.shape}")
    if pixels.strides[2] != 1:
        pixels = np.ascontiguousarray(pixels)
    words: Words = pixels.view(np.uint32)[:, :, 0]
    return words | _ALPHA


def _has_photograph(words: Words) -> bool:
    """Whether one of a few places looks like a photograph's."""
    height, width = words.shape
    tops = range(0, height, max(64, height // 4))
    lefts = range(0, width, max(64, width // 6))
    return any(is_photographic(words[top : top + 64, left : left + 64]) for top in tops for left in lefts)


def _checked(data: bytes) -> bytes:
    if len(data) > MAX_ENCODED_BYTES:
        raise CallerError(f"expected a tile of at most {MAX_ENCODED_BYTES} bytes, got {len(data)}")
    return data


def _changed_parts(different: npt.NDArray[np.bool_]) -> Iterable[Box]:
    """Boxes that hold every true cell: bands of rows, each split into columns, each shrunk to its rows."""
    parts: list[Box] = []
    for top, bottom in _runs(np.any(different, axis=1)):
        runs = list(_runs(np.any(different[top:bottom], axis=0)))
        if len(runs) == 1 or len(parts) + len(runs) > MAX_PARTS:
            parts.append(Box(runs[0][0], top, runs[-1][1], bottom))
            continue
        for left, right in runs:
            inner = np.flatnonzero(different[top:bottom, left:right].any(axis=1))
            parts.append(Box(left, top + int(inner[0]), right, top + int(inner[-1]) + 1))
    return parts


def _runs(flags: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Half-open runs of true cells, runs closer than `MERGE_GAP_PX` taken as one."""
    hits = np.flatnonzero(flags)
    if not hits.size:
        return
    breaks = np.flatnonzero(np.diff(hits) > MERGE_GAP_PX)
    starts = np.concatenate((hits[:1], hits[breaks + 1]))
    ends = np.concatenate((hits[breaks], hits[-1:])) + 1
    yield from zip(starts.tolist(), ends.tolist(), strict=True)


def _halves(box: Box) -> tuple[Box, Box]:
    """Two parts: strips while they are wide enough to be contiguous in memory, then squares."""
    left, top, right, bottom = box
    if box.height_px >= box.width_px // 4 and box.height_px > 1:
        middle = top + box.height_px // 2
        return Box(left, top, right, middle), Box(left, middle, right, bottom)
    middle = left + box.width_px // 2
    return Box(left, top, middle, bottom), Box(middle, top, right, bottom)
