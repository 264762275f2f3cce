"""Tiles: what the viewer puts together is exactly the screen, and what it already has is not sent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import viewer

from benchside.media.damage import Box, Region
from benchside.media.tiles import (
    MAX_PARTS,
    Encoder,
    Pixels,
    Shadow,
    opaque_words,
)
from benchside.protocol.errors import CallerError
from benchside.protocol.wire.picture import Tile, TileEncoding

WIDTH, HEIGHT = 300, 200
WHOLE = Box(0, 0, WIDTH, HEIGHT)


class Screen:
    def __init__(self, area: Box = WHOLE) -> None:
        self.area = area
        self.pixels: Pixels = np.zeros((area.height_px, area.width_px, 4), np.uint8)
        self.grabs: list[Box] = []

    def grab(self, box: Box) -> Pixels:
        self.grabs.append(box)
        left, top = self.area.left, self.area.top
        return self.pixels[box.top - top : box.bottom - top, box.left - left : box.right - left]


def encode_damage(encoder: Encoder, region: Region, grab: Callable[[Box], Pixels], shadow: Shadow) -> list[Tile]:
    """Tiles of all that differs from the shadow inside the region."""
    boxes = region.clip((shadow.area,))
    return [tile for box in boxes for tile in encoder.encode_box(box, opaque_words(grab(box)), shadow).tiles]


class Viewer:
    """Decodes as the console does."""

    def __init__(self, area: Box = WHOLE) -> None:
        self.area = area
        self._drawn = viewer.Viewer(area.width_px, area.height_px)
        self.pixels = self._drawn.pixels

    def show(self, tiles: list[Tile]) -> None:
        self._drawn.show(*tiles)


def matches(screen: Screen, viewer: Viewer) -> bool:
    return bool((screen.pixels[..., :3] == viewer.pixels[..., :3]).all() and (viewer.pixels[..., 3] == 255).all())


def test_the_first_picture_is_whole_even_when_black() -> None:
    screen, viewer, shadow = Screen(), Viewer(), Shadow(0, WHOLE)
    tiles = encode_damage(Encoder(), Region([WHOLE]), screen.grab, shadow)
    viewer.show(tiles)
    assert matches(screen, viewer)
    assert [tile.encoding for tile in tiles] == [TileEncoding.FILL]
    assert tiles[0].data == b"\0\0\0\xff"


def test_what_the_viewer_has_is_not_sent_again() -> None:
    screen, viewer, shadow, encoder = Screen(), Viewer(), Shadow(0, WHOLE), Encoder()
    viewer.show(encode_damage(encoder, Region([WHOLE]), screen.grab, shadow))
    assert encode_damage(encoder, Region([WHOLE]), screen.grab, shadow) == []
    screen.pixels[..., 3] = 77  # the X byte alone is no change
    assert encode_damage(encoder, Region([WHOLE]), screen.grab, shadow) == []
    screen.pixels[50:53, 100:104, 1] = 9
    (tile,) = encode_damage(encoder, Region([WHOLE]), screen.grab, shadow)
    assert (tile.x_px, tile.y_px, tile.width_px, tile.height_px) == (100, 50, 4, 3)
    viewer.show([tile])
    assert matches(screen, viewer)


def test_far_changes_become_tiles_of_their_own() -> None:
    screen, shadow, encoder = Screen(), Shadow(0, WHOLE), Encoder()
    encode_damage(encoder, Region([WHOLE]), screen.grab, shadow)
    screen.pixels[0:10, 0:5, 0] = 1
    screen.pixels[5:8, 290:300, 0] = 1
    screen.pixels[150:160, 20:30, 0] = 1
    tiles = encode_damage(encoder, Region([WHOLE]), screen.grab, shadow)
    assert [(t.x_px, t.y_px, t.width_px, t.height_px) for t in tiles] == [
        (0, 0, 5, 10),
        (290, 5, 10, 3),
        (20, 150, 10, 10),
    ]


def test_scattered_specks_are_bounded() -> None:
    area = Box(0, 0, 1920, 1080)
    screen, viewer, shadow, encoder = Screen(area), Viewer(area), Shadow(3, area), Encoder()
    viewer.show(encode_damage(encoder, Region([area]), screen.grab, shadow))
    screen.pixels[::40, ::40, 2] = 200
    tiles = encode_damage(encoder, Region([area]), screen.grab, shadow)
    viewer.show(tiles)
    assert len(tiles) <= 2 * MAX_PARTS
    assert matches(screen, viewer)


def test_noise_keeps_within_the_limit_of_a_tile() -> None:
    area = Box(10, 20, 10 + 700, 20 + 500)
    screen, viewer = Screen(area), Viewer(area)
    screen.pixels[...] = np.random.default_rng(7).integers(0, 256, screen.pixels.shape, np.uint8)
    viewer.show(encode_damage(Encoder(), Region([area]), screen.grab, Shadow(3, area)))
    assert matches(screen, viewer)


def test_a_very_wide_line_is_cut_into_rows() -> None:
    area = Box(0, 0, 32_767, 5)
    screen, viewer = Screen(area), Viewer(area)
    screen.pixels[..., 0] = np.arange(32_767) % 251
    viewer.show(encode_damage(Encoder(), Region([area]), screen.grab, Shadow(3, area)))
    assert matches(screen, viewer)


def test_forgetting_sends_whole_again() -> None:
    screen, shadow, encoder = Screen(), Shadow(0, WHOLE), Encoder()
    encode_damage(encoder, Region([WHOLE]), screen.grab, shadow)
    shadow.forget(Box(10, 10, 20, 20))
    (tile,) = encode_damage(encoder, Region([WHOLE]), screen.grab, shadow)
    assert (tile.x_px, tile.y_px, tile.width_px, tile.height_px) == (10, 10, 10, 10)
    shadow.forget()
    tiles = encode_damage(encoder, Region([WHOLE]), screen.grab, shadow)
    assert sum(tile.width_px * tile.height_px for tile in tiles) == WHOLE.area_px


def test_damage_outside_the_area_is_left_alone() -> None:
    screen = Screen()
    region = Region([Box(WIDTH + 5, 0, WIDTH + 50, 50), Box(-50, -50, 10, 10)])
    (tile,) = encode_damage(Encoder(), region, screen.grab, Shadow(0, WHOLE))
    assert screen.grabs == [Box(0, 0, 10, 10)]
    assert (tile.width_px, tile.height_px) == (10, 10)


def test_pixels_of_another_shape_are_a_bug() -> None:
    encoder, region = Encoder(), Region([Box(0, 0, 10, 10)])
    with pytest.raises(CallerError):
        encode_damage(encoder, region, lambda box: np.zeros((3, 10, 4), np.uint8), Shadow(0, WHOLE))
    with pytest.raises(CallerError):
        encode_damage(encoder, region, lambda box: np.zeros((10, 10, 3), np.uint8), Shadow(0, WHOLE))
    with pytest.raises(CallerError):
        Shadow(0, Box(0, 0, 0, 5))


def test_reversed_channels_are_copied_not_misread() -> None:
    rgb = np.zeros((10, 10, 4), np.uint8)
    rgb[..., 0] = 200
    (tile,) = encode_damage(
        Encoder(), Region([Box(0, 0, 10, 10)]), lambda box: rgb[..., [2, 1, 0, 3]], Shadow(0, WHOLE)
    )
    assert tile.data == bytes((0, 0, 200, 255))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), st.integers(1, 90), st.integers(1, 90)),
        max_size=12,
    ),
    st.integers(0, 2**32 - 1),
)
def test_any_changes_arrive_exactly(changes: list[tuple[int, int, int, int]], seed: int) -> None:
    random = np.random.default_rng(seed)
    screen, viewer, shadow, encoder = Screen(), Viewer(), Shadow(0, WHOLE), Encoder()
    viewer.show(encode_damage(encoder, Region([WHOLE]), screen.grab, shadow))
    region = Region()
    for x, y, width, height in changes:
        part = screen.pixels[y : y + height, x : x + width]
        part[...] = random.integers(0, 3, part.shape, np.uint8)
        region.add(Box(x, y, min(WIDTH, x + width), min(HEIGHT, y + height)))
    viewer.show(encode_damage(encoder, region, screen.grab, shadow))
    assert matches(screen, viewer)
