"""The picture benchmark's own instruments: the line's rule, the frames' numbers, the spot, and the likenesses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from bench.picture import likeness, result, scenes, spot, table
from bench.picture.glyphs import Picture, blank
from bench.picture.way import Shape, Way, payload_of
from bench.picture.work import drawing

SIZE = 1000


def packet(size: int = SIZE, payload: int = 960) -> bytes:
    """An IPv4 packet of TCP with plain headers."""
    header = bytearray(size)
    header[0], header[9], header[32] = 0x45, 6, 0x50
    header[2:4] = (payload + 40).to_bytes(2, "big")
    return bytes(header)


def test_packets_leave_at_the_lines_rate_and_after_its_length() -> None:
    way = Way()
    way.shape = Shape(rate_bps=8e5, delay_s=0.5, queue_s=1.0)
    for _ in range(3):
        way.put(packet(), now=10.0)
    assert [way.take(10.509), len(way.take(10.511))] == [[], 1]
    assert way.due() == pytest.approx(10.52)
    assert len(way.take(10.531)) == 2
    assert way.due() is None


def test_a_full_queue_drops_what_comes_last() -> None:
    way = Way()
    way.shape = Shape(rate_bps=8e5, delay_s=0.0, queue_s=0.1)
    for _ in range(15):
        way.put(packet(), now=0.0)
    assert (way.count.packets, way.count.dropped) == (10, 5)
    assert way.count.payload_bytes == 9600
    way.put(packet(), now=0.05)
    assert way.count.packets == 11


def test_a_shorter_way_lets_nothing_overtake() -> None:
    way = Way()
    way.shape = Shape(delay_s=0.5)
    way.put(packet(100), now=0.0)
    way.shape = Shape()
    way.put(packet(200), now=0.1)
    assert way.take(0.4) == []
    assert [len(each) for each in way.take(0.5)] == [100, 200]


@pytest.mark.parametrize("data", [b"", b"\x45" * 10, b"\x60" + bytes(60), bytes(60)])
def test_what_is_no_tcp_has_no_payload(data: bytes) -> None:
    assert payload_of(data) == 0


@pytest.mark.parametrize("frame", [0, 1, 130, 499])
def test_a_frames_number_is_read_in_spite_of_a_lossy_codec(frame: int) -> None:
    badge = scenes.badge(frame)
    noise = np.random.default_rng(1).integers(-40, 40, badge.shape)
    assert scenes.read_badge((badge.astype(int) + noise).clip(0, 255).astype(np.uint8)) == frame


def test_what_is_no_number_is_not_read() -> None:
    assert scenes.read_badge(blank(scenes.BITS * scenes.BLOCK_PX, 2 * scenes.BLOCK_PX, (90, 90, 90))) is None


@pytest.mark.slow
def test_the_spot_is_found_to_the_pixel() -> None:
    screen = blank(1984, 1280, (230, 230, 230))
    screen[77 : 77 + 1080, 13 : 13 + 1920] = spot.spotted()
    assert spot.find(screen) == (13, 77)
    assert spot.find(blank(1984, 1280)) is None


@pytest.mark.parametrize("name", ["page 3 grey", "page 3 subpixel", "dialog 1", "red"])
@pytest.mark.slow
def test_the_work_is_the_same_each_time(name: str) -> None:
    assert np.array_equal(drawing(name), drawing(name))


def test_a_picture_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="name of a picture"):
        drawing("page 3 blue")


def test_likeness_of_equal_and_of_spoilt_pictures() -> None:
    one: Picture = np.random.default_rng(2).integers(0, 255, (64, 64, 4), dtype=np.uint8)
    other = one.copy()
    assert likeness.psnr_db(one, other) == math.inf
    assert likeness.ssim(likeness.sampled_blocks(one, 1), likeness.sampled_blocks(other, 1)) == pytest.approx(1)
    other[:, :, :3] = (one[:, :, :3].astype(int) + np.where(one[:, :, :3] > 127, -10, 10)).astype(np.uint8)
    assert likeness.psnr_db(one, other) == pytest.approx(28.13, abs=0.01)
    assert likeness.ssim(likeness.sampled_blocks(one, 1), likeness.sampled_blocks(one[::-1], 1)) < 0.2


def test_what_did_not_come_about_is_no_figure() -> None:
    found = result.Result()
    found.say("benchside", "page_exact_6m_s", result.median([None, 1.0, None]))
    found.say("novnc", "page_exact_6m_s", result.median([3.0, 1.0, None]))
    assert found.figures == {}
    assert found.peers == {"novnc_page_exact_6m_s": 3.0}
    assert len(found.notes) == 1
    assert "not measured" in table.write(found)
