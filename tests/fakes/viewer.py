"""A viewer that draws what `view` says, as the console does, checking every limit; its pixels can be looked at."""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt
import zstandard

from benchside.media.tiles import MAX_ENCODED_BYTES
from benchside.protocol.wire.picture import (
    MAX_TILE_PIXELS,
    VIEW,
    Copy,
    Tile,
    TileEncoding,
    VideoEnd,
    VideoFrame,
    VideoStart,
    ViewMessage,
)

Pixels = npt.NDArray[np.uint8]


class Viewer:
    """The screen of one monitor, black at first."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self.pixels: Pixels = np.zeros((height_px, width_px, 4), np.uint8)
        self.encodings: list[TileEncoding] = []
        self.frames = 0
        self.copies = 0
        self._streams: dict[int, tuple[VideoStart, av.VideoCodecContext]] = {}
        self._parts: dict[int, bytes] = {}

    def show(self, *messages: ViewMessage) -> None:
        """Draw them, in order."""
        for message in messages:
            data = VIEW.encode(message)
            assert VIEW.decode(data) == message
            match message:
                case Tile():
                    self._tile(message)
                case Copy():
                    self._copy(message)
                case VideoStart():
                    assert message.stream not in self._streams, "expected a stream that is not running"
                    decoder = av.CodecContext.create("h264", "r")
                    assert isinstance(decoder, av.VideoCodecContext)
                    decoder.thread_count = 1  # or it holds frames back
                    decoder.flags |= 1 << 19  # low delay
                    self._streams[message.stream] = (message, decoder)
                case VideoFrame():
                    self._frame(message)
                case VideoEnd():
                    self._streams.pop(message.stream, None)  # as in the console: an end too many says nothing

    def _place(self, x_px: int, y_px: int, width_px: int, height_px: int) -> Pixels:
        height, width, _ = self.pixels.shape
        assert x_px + width_px <= width
        assert y_px + height_px <= height
        return self.pixels[y_px : y_px + height_px, x_px : x_px + width_px]

    def _tile(self, tile: Tile) -> None:
        assert 0 < tile.width_px * tile.height_px <= MAX_TILE_PIXELS
        assert len(tile.data) <= MAX_ENCODED_BYTES
        self.encodings.append(tile.encoding)
        place = self._place(tile.x_px, tile.y_px, tile.width_px, tile.height_px)
        place[...] = decode(tile)

    def _copy(self, copy: Copy) -> None:
        self.copies += 1
        source = self._place(copy.from_x_px, copy.from_y_px, copy.width_px, copy.height_px).copy()
        self._place(copy.x_px, copy.y_px, copy.width_px, copy.height_px)[...] = source

    def _frame(self, frame: VideoFrame) -> None:
        data = self._parts.pop(frame.stream, b"") + frame.data
        if not frame.is_last:
            self._parts[frame.stream] = data
            return
        start, decoder = self._streams[frame.stream]
        (picture,) = decoder.decode(av.Packet(data))
        self.frames += 1
        assert (picture.width, picture.height) == (start.width_px, start.height_px)
        drawn = picture.to_ndarray(format="bgra")
        for box in frame.boxes:
            place = self._place(start.x_px + box.x_px, start.y_px + box.y_px, box.width_px, box.height_px)
            place[...] = drawn[box.y_px : box.y_px + box.height_px, box.x_px : box.x_px + box.width_px]


def decode(tile: Tile) -> Pixels:
    """The pixels of a tile, written the slow and plain way."""
    width, height = tile.width_px, tile.height_px

    def unpack(data: bytes, each: int) -> Pixels:
        raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=width * height * each)
        assert len(raw) == width * height * each
        return np.frombuffer(raw, np.uint8).copy()

    if tile.encoding is TileEncoding.FILL:
        assert len(tile.data) == 4
        return np.broadcast_to(np.frombuffer(tile.data, np.uint8), (height, width, 4))
    if tile.encoding is TileEncoding.ZSTD:
        return unpack(tile.data, 4).reshape(height, width, 4)
    if tile.encoding is TileEncoding.PALETTE:
        count = tile.data[0] + 1
        colours = np.frombuffer(tile.data[3 : 3 + 4 * count], np.uint8).reshape(count, 4)
        indices = unpack(tile.data[3 + 4 * count :], 1).reshape(-1, 1)
        return colours[_from_bands(indices, tile.data[1], tile.data[2], width, height)[:, :, 0]]
    if tile.encoding is TileEncoding.BANDS:
        return _from_bands(unpack(tile.data[2:], 4).reshape(-1, 4), tile.data[0], tile.data[1], width, height)
    planes = unpack(tile.data, 3).reshape(3, height, width).astype(int)
    for plane in planes:
        _predict(plane)
    green = planes[0]
    alpha = np.full_like(green, 255)
    return np.stack([(green + planes[2]) % 256, green, (green + planes[1]) % 256, alpha], 2).astype(np.uint8)


def _from_bands(values: Pixels, first: int, pitch: int, width: int, height: int) -> Pixels:
    pixels = np.empty((height, width, values.shape[1]), np.uint8)
    top, rows, at = 0, first, 0
    while top < height:
        rows = min(rows, height - top)
        part = values[at : at + rows * width]
        pixels[top : top + rows] = part.reshape(width, rows, -1).swapaxes(0, 1)
        at, top, rows = at + rows * width, top + rows, pitch
    return pixels


def _predict(plane: npt.NDArray[np.int_]) -> None:
    """Turn residuals into values in place (ITU-T T.87, A.4.1)."""
    height, width = plane.shape
    for y in range(height):
        for x in range(width):
            left = plane[y, x - 1] if x else 0
            above = plane[y - 1, x] if y else 0
            corner = plane[y - 1, x - 1] if x and y else 0
            guess = min(max(left + above - corner, min(left, above)), max(left, above))
            plane[y, x] = (plane[y, x] + guess) % 256
