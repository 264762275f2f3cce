"""The `view` channel: exact tiles from the PC, acknowledgements from the console.

A picture is PictureBegin, its Tiles, PictureEnd, all with one sequence number; the console draws it as a
whole and answers PictureShown.  Coordinates are pixels of the granted monitor's own top left corner.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

from benchside.protocol.wire.capability import MAX_MONITORS, MonitorId, MonitorInfo
from benchside.protocol.wire.channel import MAX_RECORD_BYTES
from benchside.protocol.wire.codec import Codec, Compact

__all__ = [
    "MAX_POINTER_PX",
    "MAX_TILE_PIXELS",
    "VIEW",
    "MonitorLayout",
    "PictureBegin",
    "PictureEnd",
    "PictureShown",
    "PointerAt",
    "PointerShape",
    "Tile",
    "TileEncoding",
    "ViewAlive",
    "ViewMessage",
    "ViewReady",
]

MAX_TILE_PIXELS = 65_536
"""256 KiB raw: fits one record even when nothing compresses."""
MAX_POINTER_PX = 256
"""Larger pointers exist for presentations only; they are cut."""

_Side = Annotated[int, Meta(ge=1, le=32767)]
_At = Annotated[int, Meta(ge=0, le=32767)]
Sequence = Annotated[int, Meta(ge=1, le=2**53)]


class TileEncoding(IntEnum):
    """How a tile's pixels are written.  Pixels are B, G, R, 255, row by row from the top."""

    FILL = 0
    """4 bytes: one pixel for the whole tile."""
    ZSTD = 1
    """A zstd frame (RFC 8878) of width * height * 4 bytes."""
    ZSTD_PALETTE = 2
    """Count - 1 (1 byte), count pixels, then a zstd frame of width * height indices of 1 byte."""


class MonitorLayout(Compact, frozen=True, tag=1):
    """The granted monitors; sent first, and again when they change (then the picture starts whole)."""

    monitors: Annotated[tuple[MonitorInfo, ...], Meta(min_length=1, max_length=MAX_MONITORS)]


class PictureBegin(Compact, frozen=True, tag=2):
    """Opens picture `sequence`; `whole`: it repeats every pixel of the granted monitors."""

    sequence: Sequence
    whole: bool


class Tile(Compact, frozen=True, tag=3):
    """A rectangle of exact pixels.  width_px * height_px is at most MAX_TILE_PIXELS."""

    monitor: MonitorId
    x_px: _At
    y_px: _At
    width_px: _Side
    height_px: _Side
    encoding: TileEncoding
    data: Annotated[bytes, Meta(min_length=1, max_length=MAX_RECORD_BYTES - 64)]


class PictureEnd(Compact, frozen=True, tag=4):
    """Picture `sequence` is complete; now it may be drawn."""

    sequence: Sequence


class PointerShape(Compact, frozen=True, tag=5):
    """The pointer's picture as straight R, G, B, A; 0 x 0 is no pointer."""

    width_px: Annotated[int, Meta(ge=0, le=MAX_POINTER_PX)]
    height_px: Annotated[int, Meta(ge=0, le=MAX_POINTER_PX)]
    hot_x_px: Annotated[int, Meta(ge=0, le=MAX_POINTER_PX)]
    hot_y_px: Annotated[int, Meta(ge=0, le=MAX_POINTER_PX)]
    rgba: Annotated[bytes, Meta(max_length=MAX_POINTER_PX * MAX_POINTER_PX * 4)]


class PointerAt(Compact, frozen=True, tag=6):
    """Where the PC's pointer is; not sent for moves that the console itself made."""

    monitor: MonitorId
    x_px: _At
    y_px: _At


class PictureShown(Compact, frozen=True, tag=7):
    """From the console: picture `sequence` and all before it are on the screen."""

    sequence: Sequence


class ViewReady(Compact, frozen=True, tag=8):
    """From the console: start, or start again with a whole picture (after an error of decoding)."""


class ViewAlive(Compact, frozen=True, tag=9):
    """From either side when it has said nothing for a second."""


ViewMessage = (
    MonitorLayout | PictureBegin | Tile | PictureEnd | PointerShape | PointerAt | PictureShown | ViewReady | ViewAlive
)

VIEW: Codec[ViewMessage] = Codec(ViewMessage, max_bytes=MAX_RECORD_BYTES, name="view")
