"""Exact tiles: the changed pixels of damaged boxes, cut, compared with what the viewer has, and compressed.

Pixels are numpy arrays of shape (height, width, 4), dtype uint8, bytes in the order B, G, R, X; X carries no
meaning and is sent as 255, so that it compresses and so that a viewer may take it for full opacity.

A palette (indices of one byte, then zstd) was measured and left out: on text it halves the bytes but takes
0.18 ms where plain zstd takes 0.07 ms (200x100), and pays for itself only below some 100 Mbit/s.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt
import zstandard

from benchside.media.damage import Box, Region
from benchside.protocol.errors import CallerError
from benchside.protocol.wire.picture import Tile, TileEncoding

__all__ = ["MAX_ENCODED_BYTES", "Encoder", "Pixels", "Shadow"]

Pixels = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint32]

# What zstd can at most make of 256 KiB of noise is 256 KiB and about 1 KiB; the rest is room for headers.
MAX_ENCODED_BYTES = 300 * 1024

# 256 KiB raw: fits one record even when nothing compresses.
MAX_RAW_PIXELS = 65_536

# Level 1: 79 kB in 3 ms for a dense page of 1080p; the next levels take longer than the saved bytes travel.
ZSTD_LEVEL = 1

# Changed parts closer than this become one tile: an extra tile costs about 30 us and a header, the unchanged
# rows or columns between two parts cost less.
MERGE_GAP_PX = 24

# Scattered specks: above this many parts in one box, whole rows are sent instead.  Bounds the work per box.
MAX_PARTS = 64

_ALPHA = np.uint32(0xFF000000)


class Shadow:
    """What the viewer has been sent of one area of the screen (a monitor): 4 bytes for each pixel.

    A pixel that was never sent equals none that can be captured, so a fresh shadow makes everything new.
    """

    def __init__(self, monitor: int, area: Box) -> None:
        """`area`: the monitor's place in the screen, in the coordinates of the damage."""
        if not area:
            raise CallerError(f"expected an area with pixels, got {area}")
        self.monitor = monitor
        self.area = area
        # Captured pixels are compared with X forced to 255, so 0 means "never sent".
        self._words: Words = np.zeros((area.height_px, area.width_px), np.uint32)

    def forget(self, box: Box | None = None) -> None:
        """Treat `box` (all by default) as never sent: a new viewer, or a reconnect that starts whole."""
        cut = self.area if box is None else self.area.intersect(box)
        if cut:
            self._part(cut)[...] = 0

    def _part(self, box: Box) -> Words:
        left, top = self.area.left, self.area.top
        return self._words[box.top - top : box.bottom - top, box.left - left : box.right - left]


class Encoder:
    """Turns damage into tiles; keeps nothing but the compressor, so one serves all areas of a session."""

    def __init__(self) -> None:
        if sys.byteorder != "little":
            raise CallerError("pixels are compared as little-endian words")
        self._zstd = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=False, write_content_size=True)

    def encode_damage(self, region: Region, grab: Callable[[Box], Pixels], shadow: Shadow) -> list[Tile]:
        """Tiles of what differs from `shadow` inside `region`; the shadow then holds what they show.

        `grab` returns the pixels of the box it is given; it is called once per box of the region and may
        raise, in which case boxes encoded before it are lost with the picture: call `shadow.forget()`.
        Damage outside of the shadow's area is left alone.  The tiles' places are the monitor's own.
        """
        tiles: list[Tile] = []
        for box in region.clip((shadow.area,)):
            tiles += self._encode_box(box, grab(box), shadow)
        return tiles

    def _encode_box(self, box: Box, pixels: Pixels, shadow: Shadow) -> Iterator[Tile]:
        words = _opaque_words(pixels)
        if words.shape != (box.height_px, box.width_px):
            raise CallerError(f"expected pixels of {box.width_px}x{box.height_px}, got shape {pixels.shape}")
        known = shadow._part(box)
        different = words != known
        for part in _changed_parts(different):
            new = words[part.top : part.bottom, part.left : part.right]
            known[part.top : part.bottom, part.left : part.right] = new
            for piece in _cut(part):
                encoding, data = self._compress(words[piece.top : piece.bottom, piece.left : piece.right])
                yield Tile(
                    monitor=shadow.monitor,
                    x_px=box.left + piece.left - shadow.area.left,
                    y_px=box.top + piece.top - shadow.area.top,
                    width_px=piece.width_px,
                    height_px=piece.height_px,
                    encoding=encoding,
                    data=data,
                )

    def _compress(self, words: Words) -> tuple[TileEncoding, bytes]:
        first = words[0, 0]
        # The last pixel is looked at first: it tells most pictures from a plain area without a full pass.
        if words[-1, -1] == first and bool((words == first).all()):
            return TileEncoding.FILL, first.tobytes()
        data = self._zstd.compress(np.ascontiguousarray(words).data.cast("B"))
        if len(data) > MAX_ENCODED_BYTES:
            raise CallerError(f"a tile of {words.size} pixels became {len(data)} bytes")
        return TileEncoding.ZSTD, data


def _opaque_words(pixels: Pixels) -> Words:
    """A contiguous copy as one word per pixel, X forced to 255."""
    if pixels.ndim != 3 or pixels.shape[2] != 4 or pixels.dtype != np.uint8:
        raise CallerError(f"expected BGRX bytes of shape (h, w, 4), got {pixels.dtype} {pixels.shape}")
    if pixels.strides[2] != 1:
        pixels = np.ascontiguousarray(pixels)
    words: Words = pixels.view(np.uint32)[:, :, 0]
    return words | _ALPHA


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


def _cut(box: Box) -> Iterator[Box]:
    """Whole-width strips (they are contiguous in memory) of at most `MAX_RAW_PIXELS` pixels."""
    rows = max(1, MAX_RAW_PIXELS // box.width_px)
    for top in range(box.top, box.bottom, rows):
        yield Box(box.left, top, box.right, min(box.bottom, top + rows))
