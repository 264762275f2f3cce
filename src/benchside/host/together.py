"""Which parts of a picture share a record: small ones do.

Large ones come alone, so that one is opened while the next is on its way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from benchside.protocol.wire.picture import MAX_TOGETHER, PicturePart, Tile, Together, VideoFrame

__all__ = ["TOGETHER_BYTES", "in_records"]

TOGETHER_BYTES = 16 << 10
"""Some buttons and lines of text, 22 ms of 6 Mbit/s; from here on it is better that opening begins with the first."""

_HEAD_BYTES = 64
"""Of any part, at most, without its pixels."""
_MAX_BOXES_BYTES = 2 << 10
"""Of a video frame's 128 rectangles."""


def in_records(parts: Iterable[PicturePart]) -> Iterator[PicturePart | Together]:
    """The same parts in the same order, as few records as keep each below `TOGETHER_BYTES`, or one part."""
    held: list[PicturePart] = []
    held_bytes = 0
    for part in parts:
        size = _size(part)
        if held and (held_bytes + size > TOGETHER_BYTES or len(held) == MAX_TOGETHER):
            yield _joined(held)
            held, held_bytes = [], 0
        held.append(part)
        held_bytes += size
    if held:
        yield _joined(held)


def _joined(parts: list[PicturePart]) -> PicturePart | Together:
    return parts[0] if len(parts) == 1 else Together(tuple(parts))


def _size(part: PicturePart) -> int:
    match part:
        case Tile():
            return _HEAD_BYTES + len(part.data)
        case VideoFrame():
            return _HEAD_BYTES + _MAX_BOXES_BYTES + len(part.data)
        case _:
            return _HEAD_BYTES
