"""Situations that were seen, and how each is sent."""

from __future__ import annotations

import numpy as np
import pytest

from benchside.media.choose import Situation, choose_video

GRID = (17, 30)  # 1080p
CELL = 64 * 64
FULL = np.ones(GRID, np.bool_)
NONE = np.zeros(GRID, np.bool_)
MBIT = 125_000.0


def part(rows: slice, columns: slice) -> np.ndarray:
    flags = NONE.copy()
    flags[rows, columns] = True
    return flags


def situation(
    changed: np.ndarray,
    *,
    photo: np.ndarray = NONE,
    hot: np.ndarray = NONE,
    lossy: np.ndarray = NONE,
    px: int = CELL,
    plain_bytes: float = 0.05,
    mbit: float = 6.0,
    per_s: float = 15.0,
) -> Situation:
    return Situation(
        changed_px=np.where(changed, px, 0),
        photographic=photo,
        bytes_per_px=np.where(photo, 1.7, plain_bytes),
        hot=hot,
        lossy=lossy,
        rate=mbit * MBIT,
        pictures_per_s=per_s,
        processor_share=0.6,
    )


def test_a_page_of_text_is_exact_at_6_and_at_2_mbit() -> None:
    for mbit in (6.0, 2.0):
        assert not choose_video(situation(FULL, mbit=mbit)).any()


def test_a_photograph_is_rough_first_on_a_slow_line_and_exact_at_once_on_a_quick_one() -> None:
    assert choose_video(situation(FULL, photo=FULL)).all()
    assert not choose_video(situation(FULL, photo=FULL, mbit=500.0)).any()


def test_a_small_photograph_is_exact_even_on_a_slow_line() -> None:
    small = part(slice(0, 2), slice(0, 2))
    assert not choose_video(situation(small, photo=small)).any()


def test_a_photograph_beside_text_leaves_the_text_exact() -> None:
    left = part(slice(None), slice(0, 15))
    assert (choose_video(situation(FULL, photo=left)) == left).all()


def test_a_plot_of_600_by_400_at_20_pictures_a_second_stays_exact() -> None:
    plot = part(slice(2, 9), slice(4, 14))
    assert not choose_video(situation(plot, hot=plot, px=300, plain_bytes=0.03, per_s=20.0)).any()


def test_a_film_is_video_on_any_line() -> None:
    for mbit in (2.0, 6.0, 1000.0):
        assert choose_video(situation(FULL, photo=FULL, hot=FULL, mbit=mbit)).all()


def test_a_number_that_counts_beside_a_film_stays_exact() -> None:
    film, number = part(slice(0, 12), slice(0, 20)), part(slice(14, 15), slice(25, 26))
    changed = film | number
    now = situation(changed, photo=film, hot=changed)
    now.changed_px[number] = 200
    assert (choose_video(now) == film).all()


def test_text_that_scrolls_faster_than_the_line_carries_is_video_too() -> None:
    assert choose_video(situation(FULL, hot=FULL, plain_bytes=0.1)).all()


@pytest.mark.parametrize("per_s", [4.0, 30.0])
def test_what_is_video_stays_so_while_it_moves_a_little(per_s: float) -> None:
    film = part(slice(4, 6), slice(4, 6))
    assert (choose_video(situation(film, hot=film, lossy=film, px=2000, per_s=per_s)) == film).all()


def test_nothing_changed_is_nothing() -> None:
    assert not choose_video(situation(NONE)).any()
