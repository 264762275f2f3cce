"""Region: nothing that was added is ever lost, and the number of boxes stays bounded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.media.damage import Box, Region
from benchside.protocol.errors import CallerError

SIZE = 64


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    left, top = draw(st.integers(0, SIZE - 1)), draw(st.integers(0, SIZE - 1))
    return Box(left, top, draw(st.integers(left, SIZE)), draw(st.integers(top, SIZE)))


def painted(*some: Box) -> np.ndarray:
    cells = np.zeros((SIZE, SIZE), int)
    for box in some:
        cells[box.top : box.bottom, box.left : box.right] += 1
    return cells


# A small slack, or everything in a world of 64x64 would be merged at once.
@pytest.fixture(autouse=True)
def _no_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchside.media.damage.MERGE_SLACK_PX", 4)


@settings(max_examples=60, deadline=None)
@given(st.lists(boxes(), max_size=30), st.integers(1, 6))
def test_covers_all_that_was_added_without_overlap(some: list[Box], max_boxes: int) -> None:
    region = Region(some, max_boxes=max_boxes)
    cover = painted(*region)
    assert (cover[painted(*some) > 0] == 1).all()
    assert cover.max(initial=0) <= 1
    assert len(region) <= max_boxes
    assert region.area_px == cover.sum()


@settings(max_examples=60, deadline=None)
@given(st.lists(boxes(), max_size=12), st.lists(boxes(), max_size=4))
def test_subtract_is_exact_when_there_is_room(some: list[Box], gone: list[Box]) -> None:
    region = Region(some, max_boxes=500)
    before = painted(*region) > 0
    for box in gone:
        region.subtract(box)
    assert ((painted(*region) > 0) == (before & (painted(*gone) == 0))).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(boxes(), max_size=12), st.lists(boxes(), max_size=4), st.integers(1, 4))
def test_subtract_never_uncovers_more(some: list[Box], gone: list[Box], max_boxes: int) -> None:
    region = Region(some, max_boxes=max_boxes)
    before = painted(*region) > 0
    for box in gone:
        region.subtract(box)
    assert (painted(*region)[before & (painted(*gone) == 0)] == 1).all()
    assert len(region) <= max_boxes


@settings(max_examples=60, deadline=None)
@given(st.lists(boxes(), max_size=12), st.lists(boxes(), max_size=4))
def test_clip_is_exact_even_for_overlapping_areas(some: list[Box], areas: list[Box]) -> None:
    region = Region(some, max_boxes=5)
    clipped = painted(*region.clip(areas))
    assert (clipped == ((painted(*region) > 0) & (painted(*areas) > 0))).all()


def test_take_empties_and_update_joins() -> None:
    region = Region([Box(0, 0, 10, 10)])
    taken = region.take()
    assert list(taken) == [Box(0, 0, 10, 10)]
    assert not region
    assert region.bounds is None
    region.add(Box(200, 200, 300, 300))
    region.update(taken)
    assert region.bounds == Box(0, 0, 300, 300)
    region.clear()
    assert not region


def test_far_boxes_stay_apart_and_near_ones_merge() -> None:
    region = Region([Box(0, 0, 10, 10), Box(1000, 1000, 1010, 1010)])
    assert len(region) == 2
    region.add(Box(10, 0, 20, 10))
    assert sorted(region) == [Box(0, 0, 20, 10), Box(1000, 1000, 1010, 1010)]


def test_damage_may_arrive_while_the_region_is_read() -> None:
    region = Region([Box(0, 0, 10, 10), Box(1000, 0, 1010, 10)])
    for box in region:
        region.add(Box(box.left, 500, box.right, 600))
    assert len(region) == 4


def test_room_for_no_box_is_a_bug() -> None:
    with pytest.raises(CallerError):
        Region(max_boxes=0)
