"""Parts of a picture in few records: all of them, in their order, none larger than it may be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from benchside.host.together import TOGETHER_BYTES, in_records
from benchside.protocol.wire.channel import MAX_RECORD_BYTES
from benchside.protocol.wire.picture import (
    MAX_TOGETHER,
    MAX_VIDEO_BOXES,
    VIEW,
    PictureBegin,
    PictureEnd,
    PicturePart,
    PictureState,
    Tile,
    TileEncoding,
    Together,
    VideoBox,
    VideoFrame,
)


def tile(size: int) -> Tile:
    return Tile(0, 0, 0, 8, 8, TileEncoding.ZSTD, bytes(size))


def opened(records: list[PicturePart | Together]) -> list[PicturePart]:
    return [part for each in records for part in (each.messages if isinstance(each, Together) else (each,))]


def test_a_changed_button_is_one_record() -> None:
    parts: list[PicturePart] = [PictureBegin(1, False), tile(300), PictureEnd(1, PictureState.EXACT)]
    assert list(in_records(parts)) == [Together(tuple(parts))]


def test_a_large_tile_comes_alone() -> None:
    parts: list[PicturePart] = [PictureBegin(1, False), tile(200_000), PictureEnd(1, PictureState.EXACT)]
    assert list(in_records(parts)) == parts


@given(st.lists(st.integers(1, 3 * TOGETHER_BYTES), max_size=200))
def test_all_parts_come_in_their_order_in_records_that_may_be_sent(sizes: list[int]) -> None:
    boxes = (VideoBox(32_767, 32_767, 32_767, 32_767),) * MAX_VIDEO_BOXES
    parts: list[PicturePart] = [
        tile(size) if size % 2 else VideoFrame(3, True, True, boxes, bytes(size)) for size in sizes
    ]
    records = list(in_records(parts))
    assert opened(records) == parts
    for record in records:
        if isinstance(record, Together):
            assert len(record.messages) <= MAX_TOGETHER
            assert len(VIEW.encode(record)) <= TOGETHER_BYTES
        assert len(VIEW.encode(record)) <= MAX_RECORD_BYTES
