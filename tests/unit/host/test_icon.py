"""What Windows' cursor bitmaps look like to a viewer."""

from __future__ import annotations

import numpy as np

from benchside.host.pointer.icon import rgba_of_colour, rgba_of_mask

CLEAR, BLACK, WHITE = (0, 0, 0, 0), (0, 0, 0, 255), (255, 255, 255, 255)


def pixels(rgba: bytes) -> list[tuple[int, ...]]:
    return [tuple(rgba[at : at + 4]) for at in range(0, len(rgba), 4)]


def test_a_mask_is_black_white_clear_and_black_where_it_would_invert() -> None:
    mask = np.array([[0, 0, 255, 255], [0, 255, 0, 255]], np.uint8)
    assert pixels(rgba_of_mask(mask)) == [BLACK, WHITE, CLEAR, BLACK]


def test_colour_with_transparency_is_taken_as_it_is() -> None:
    colour = np.array([[[1, 2, 3, 128], [9, 9, 9, 0]]], np.uint8)
    assert pixels(rgba_of_colour(colour, np.zeros((1, 2), np.uint8))) == [(3, 2, 1, 128), CLEAR]


def test_colour_without_transparency_follows_its_mask() -> None:
    colour = np.array([[[1, 2, 3, 0], [0, 0, 0, 0], [0, 0, 0, 0], [255, 255, 255, 0]]], np.uint8)
    mask = np.array([[0, 0, 255, 255]], np.uint8)
    assert pixels(rgba_of_colour(colour, mask)) == [(3, 2, 1, 255), BLACK, CLEAR, WHITE]
