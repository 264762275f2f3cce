"""Damage found by looking: where pictures differ, and when to look."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from benchside.host.capture.changes import QUICK_FOR_S, QUICK_S, REST_MOST_S, REST_S, LookPace, changed_boxes
from benchside.media.damage import Box


def picture(width: int = 100, height: int = 70) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.zeros((height, width, 4), np.uint8)


def test_the_same_picture_has_no_damage() -> None:
    assert not changed_boxes(picture(), picture(), 10, 20)


@pytest.mark.parametrize("place", [(0, 0), (99, 0), (0, 69), (99, 69), (50, 33)])
def test_each_changed_pixel_is_covered_where_it_lies_on_the_desktop(place: tuple[int, int]) -> None:
    x, y = place
    new = picture()
    new[y, x, 1] = 1
    (box,) = changed_boxes(picture(), new, -1000, 20)
    assert box.holds(Box(x - 1000, y + 20, x - 999, y + 21))
    assert box.width_px == 1
    assert Box(-1000, 20, -900, 90).holds(box)


def test_changes_far_apart_stay_apart() -> None:
    new = picture(400, 400)
    new[5, 3] = 9
    new[395, 390] = 9
    assert len(changed_boxes(picture(400, 400), new, 0, 0)) == 2


def rest(pace: LookPace, now: float, cost_s: float, looks: int) -> list[float]:
    """Look whenever it is due and find nothing; return the waits between."""
    waits = []
    for _ in range(looks):
        began = now
        while not pace.is_due(now):
            now += 0.001
        waits.append(now - began)
        pace.looked(now, cost_s, found=False)
    return waits


def test_looking_becomes_rare_when_nothing_moves() -> None:
    waits = rest(LookPace(0.0), 0.0, 0.004, 100)
    assert waits[1] == pytest.approx(QUICK_S, abs=0.002)
    assert waits[-1] == pytest.approx(REST_S, abs=0.002)
    assert all(later > earlier - 0.002 for earlier, later in pairwise(waits[1:]))


def test_a_dear_look_becomes_rarer_still_up_to_a_bound() -> None:
    assert rest(LookPace(0.0), 0.0, 0.012, 100)[-1] == pytest.approx(1.2, abs=0.002)
    assert rest(LookPace(0.0), 0.0, 0.5, 100)[-1] == pytest.approx(REST_MOST_S, abs=0.002)


def test_a_dear_look_is_not_made_thirty_times_a_second_though_all_moves() -> None:
    pace = LookPace(0.0)
    pace.looked(0.0, 0.05, found=True)
    assert not pace.is_due(0.19)
    assert pace.is_due(0.2)


def test_a_change_or_a_touch_brings_quick_looks_back() -> None:
    for wake in ("found", "touched"):
        pace, now = LookPace(0.0), 100.0
        rest(pace, 0.0, 0.004, 60)
        if wake == "touched":
            pace.touched(now)
        else:
            pace.looked(now, 0.004, found=True)
        assert pace.is_due(now + QUICK_S)
        pace.looked(now + QUICK_FOR_S - QUICK_S, 0.004, found=False)
        assert pace.is_due(now + QUICK_FOR_S)
