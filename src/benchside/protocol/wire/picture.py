"""The `view` channel: pictures from the PC, acknowledgements from the console.

A picture is PictureBegin, then Copies, Tiles and VideoFrames in the order in which they take effect, then
PictureEnd; the console draws it as a whole, after all before it, and answers PictureShown.  Coordinates are
pixels from the granted monitor's own top left corner.

Tiles and Copies are exact.  Video is not: what it drew is made exact by Tiles once it rests, and PictureEnd
says honestly how far the picture is.  A Copy reads what the console shows, so the PC copies exact pixels only.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from benchside.protocol.wire.capability import MAX_MONITORS, MonitorId, MonitorInfo
from benchside.protocol.wire.channel import MAX_RECORD_BYTES
from benchside.protocol.wire.codec import Codec, Compact

__all__ = [
    "MAX_COVERED",
    "MAX_POINTER_PX",
    "MAX_STREAMS",
    "MAX_TILE_PIXELS",
    "MAX_TOGETHER",
    "MAX_VIDEO_BOXES",
    "MAX_VIDEO_FRAME_BYTES",
    "VIEW",
    "Copy",
    "Covered",
    "CoveredArea",
    "MonitorLayout",
    "PictureBegin",
    "PictureEnd",
    "PicturePart",
    "PictureShown",
    "PictureState",
    "PointerAt",
    "PointerShape",
    "Tile",
    "TileEncoding",
    "Together",
    "VideoAbility",
    "VideoBox",
    "VideoEnd",
    "VideoFrame",
    "VideoStart",
    "ViewAlive",
    "ViewMessage",
    "ViewReady",
]

MAX_TILE_PIXELS = 1 << 20
"""4 MiB decoded: what a console keeps ready for one tile.  The record's limit bounds what each encoding can hold."""
MAX_STREAMS = 4
"""Video streams at once: decoders are scarce, and more moving areas than this are one."""
MAX_VIDEO_BOXES = 128
"""Rectangles that one frame is drawn into."""
MAX_VIDEO_FRAME_BYTES = 4 << 20
"""Of all parts of one frame: a whole 4K key frame of the finest quality is some 2 MB."""
MAX_COVERED = 64
"""Areas that a lab covers; more become fewer and larger ones."""
MAX_TOGETHER = 64
"""Messages in one record; more would only make its reader wait for the last of them."""
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
    PALETTE = 2
    """Count - 1, first, pitch (1 byte each), count pixels of 4 bytes, then a zstd frame of width * height
    indices of 1 byte, in bands: the first band is `first` rows tall and each other `pitch` rows (1 to 255; the
    last is what is left), and within a band the indices go down each column, columns from the left.  A line of
    text as one band makes equal letters equal bytes."""
    BANDS = 3
    """First, pitch (1 byte each), then a zstd frame of width * height pixels of 4 bytes in the order of PALETTE."""
    PHOTO = 4
    """A zstd frame of width * height * 3 bytes: planes of G, R - G and B - G (modulo 256), row by row, each value
    less its prediction from its neighbours (modulo 256): the median of left, above, and left + above - above
    left, as LOCO-I has it (ITU-T T.87, A.4.1), with 0 for a neighbour outside of the tile."""


class PictureState(IntEnum):
    """What the console shows once this picture is drawn."""

    EXACT = 0
    """Every pixel as it was when the picture was taken."""
    REFINING = 1
    """Some of it came as video and has still to be made exact."""
    BEHIND = 2
    """More has changed than the line could carry yet."""


class VideoAbility(IntEnum):
    """What the console can decode."""

    NONE = 0
    H264 = 1
    """H.264 with 4:2:0 (High)."""
    H264_444 = 2
    """Also 4:4:4 (High 4:4:4 Predictive)."""


class MonitorLayout(Compact, frozen=True, tag=1):
    """The granted monitors; sent first, and again when they change (then the picture starts whole)."""

    monitors: Annotated[tuple[MonitorInfo, ...], Meta(min_length=1, max_length=MAX_MONITORS)]


class PictureBegin(Compact, frozen=True, tag=2):
    """Opens picture `sequence`.

    `whole`: it starts anew.  This picture and those after it bring every pixel again, and build on nothing that
    came before; all video streams are over.
    """

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
    state: PictureState


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
    """From the console: picture `sequence` and all before it are on the screen.

    `took_ms`: from the moment at which all of it had come to this one.  The line did not take that time.
    """

    sequence: Sequence
    took_ms: Annotated[int, Meta(ge=0, le=60_000)] = 0


class ViewReady(Compact, frozen=True, tag=8):
    """From the console: start, or start again with a whole picture (after an error of decoding), with this video."""

    video: VideoAbility
    together: bool = False
    """It takes `Together`."""


class ViewAlive(Compact, frozen=True, tag=9):
    """Says nothing; either side may send it and takes it.  That the line lives is known from `main` and the relay."""


class Copy(Compact, frozen=True, tag=10):
    """Pixels of a monitor move to another place on it; both places may overlap."""

    monitor: MonitorId
    from_x_px: _At
    from_y_px: _At
    x_px: _At
    y_px: _At
    width_px: _Side
    height_px: _Side


_Stream = Annotated[int, Meta(ge=0, lt=MAX_STREAMS)]


class VideoStart(Compact, frozen=True, tag=11):
    """A stream that shows this rectangle of a monitor begins; its first frame is a key frame."""

    stream: _Stream
    monitor: MonitorId
    x_px: _At
    y_px: _At
    width_px: _Side
    height_px: _Side
    codec: Annotated[str, Meta(pattern="^avc1\\.[0-9a-f]{6}\\Z")]
    """As WebCodecs names it (RFC 6381): profile, constraints and level as in the stream's own SPS."""


class VideoBox(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A rectangle of the stream's own, from its top left corner."""

    x_px: _At
    y_px: _At
    width_px: _Side
    height_px: _Side


class VideoFrame(Compact, frozen=True, tag=12):
    """A part of one H.264 access unit (Annex B); with the last part it is decoded and drawn into `boxes`."""

    stream: _Stream
    is_key: bool
    is_last: bool
    boxes: Annotated[tuple[VideoBox, ...], Meta(max_length=MAX_VIDEO_BOXES)]
    """Only of the last part: what else the frame holds is not drawn, since it is exact already."""
    data: Annotated[bytes, Meta(min_length=1, max_length=MAX_RECORD_BYTES - 4096)]


class VideoEnd(Compact, frozen=True, tag=13):
    """The stream is over; its number may be used again."""

    stream: _Stream


class CoveredArea(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A place of a monitor whose pixels stay on the PC."""

    monitor: MonitorId
    x_px: _At
    y_px: _At
    width_px: _Side
    height_px: _Side
    by_hand: bool
    """Drawn by the technician; else by a rule of the lab's."""


class Covered(Compact, frozen=True, tag=14):
    """All that the lab covers now; said when it changes, between pictures."""

    areas: Annotated[tuple[CoveredArea, ...], Meta(max_length=MAX_COVERED)]


PicturePart = PictureBegin | Tile | Copy | VideoStart | VideoFrame | VideoEnd | PictureEnd


class Together(Compact, frozen=True, tag=15):
    """Parts of pictures in their order, as if each had come in a record of its own.

    A record costs both ends and the relay a turn of their own.  For a changed button, from its first record to the
    canvas: 1.4 ms in three records, 0.6 ms in one (medians of 100).
    """

    messages: Annotated[tuple[PicturePart, ...], Meta(min_length=2, max_length=MAX_TOGETHER)]


ViewMessage = (
    MonitorLayout
    | PictureBegin
    | Tile
    | PictureEnd
    | PointerShape
    | PointerAt
    | PictureShown
    | ViewReady
    | ViewAlive
    | Copy
    | VideoStart
    | VideoFrame
    | VideoEnd
    | Covered
    | Together
)

VIEW: Codec[ViewMessage] = Codec(ViewMessage, max_bytes=MAX_RECORD_BYTES, name="view")
