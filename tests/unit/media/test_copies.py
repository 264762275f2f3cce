"""Moves: whatever is found makes the picture right, and what scrolled is found."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.media.copies import Move, find_moves
from benchside.media.palette import Words

ALPHA = np.uint32(0xFF000000)


def page(height: int, width: int, seed: int) -> Words:
    """Lines of marks, blank rows between them."""
    words = np.random.default_rng(seed).integers(0, 4, (height, width), np.uint32) | ALPHA
    words[::7] = ALPHA
    return words


def play(before: Words, moves: list[Move]) -> Words:
    after = before.copy()
    for source, left, top in moves:
        block = after[source.top : source.bottom, source.left : source.right].copy()
        after[top : top + source.height_px, left : left + source.width_px] = block
    return after


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 200),
    width=st.integers(1, 200),
    down=st.integers(-60, 60),
    right=st.integers(-60, 60),
    unknown=st.integers(0, 3),
    seed=st.integers(0, 99),
)
def test_a_move_brings_only_pixels_that_belong_there(
    height: int, width: int, down: int, right: int, unknown: int, seed: int
) -> None:
    before = page(height, width, seed)
    after = np.roll(before, (down, right), (0, 1))
    for k in range(unknown):
        before[k * 20 : k * 20 + 5] = 0
    shown = before.copy()
    for move in find_moves(before, after):
        shown = play(shown, [move])
        target = move.target
        place = np.s_[target.top : target.bottom, target.left : target.right]
        assert (shown[place] == after[place]).all()
        assert (shown[place] != 0).all()


def test_a_table_that_scrolls_between_fixed_columns_is_found() -> None:
    before = page(600, 640, 1)
    after = before.copy()
    after[50:550, 128:512] = page(700, 384, 2)[30:530]
    before[50:550, 128:512] = page(700, 384, 2)[0:500]
    moves = find_moves(before, after)
    right = play(before, moves) == after
    assert right[50:520, 128:512].all()
    assert right[:, :128].all()


def test_pages_that_have_nothing_in_common_are_not_copied() -> None:
    assert find_moves(page(300, 300, 1), page(300, 300, 2)) == []


def test_a_picture_that_did_not_change_is_not_copied() -> None:
    same = page(300, 300, 1)
    assert find_moves(same, same.copy()) == []
