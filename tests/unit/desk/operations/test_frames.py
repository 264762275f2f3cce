"""Frames survive any cutting of the stream, and lengths out of range end it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.desk.operations.frames import FrameReader, frame
from benchside.protocol.errors import CallerError, PeerError


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.lists(st.integers(1, 7), min_size=1, max_size=20))
def test_frames_come_back_however_they_are_cut(messages: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(frame(message) for message in messages)
    reader = FrameReader(max_bytes=40)
    found: list[bytes] = []
    at = turn = 0
    while at < len(stream):
        size = cuts[turn % len(cuts)]
        found += reader.feed(stream[at : at + size])
        at += size
        turn += 1
    assert found == messages


@pytest.mark.parametrize("length", [0, 41, 2**32 - 1])
def test_a_length_out_of_range_is_refused_before_its_bytes_come(length: int) -> None:
    with pytest.raises(PeerError):
        list(FrameReader(max_bytes=40).feed(length.to_bytes(4, "big")))


def test_nothing_is_no_frame() -> None:
    with pytest.raises(CallerError):
        frame(b"")
