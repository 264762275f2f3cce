"""What is covered: rules against windows and monitors, areas within them, and never less than was said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.host.capture.covers import (
    COVER_BGRX,
    LINGER_S,
    MAX_TRAIL,
    Cover,
    CoverState,
    SeenWindow,
    cover_by_rule,
    join,
    paint,
    part_of,
    uncovered,
)
from benchside.media.damage import Box
from benchside.protocol.wire.capability import MonitorInfo
from benchside.protocol.wire.cover import MAX_SHOWN_COVERS, CoverArea, CoverRule, WhenMissing, WindowMatch

DESKTOP = Box(0, 0, 1000, 500)
LEFT = MonitorInfo(id=4, name="a", x_px=0, y_px=0, width_px=600, height_px=500, primary=False)
RIGHT = MonitorInfo(id=2, name="b", x_px=600, y_px=0, width_px=400, height_px=500, primary=True)
FRAME, INSIDE = Box(90, 70, 310, 310), Box(100, 100, 300, 300)
WORKLIST = SeenWindow(("Worklist 12",), ("lims", "Lims"), INSIDE, FRAME)


def cover(*rules: CoverRule, windows: tuple[SeenWindow, ...] | None = (WORKLIST,)) -> list[Box]:
    return cover_by_rule(rules, windows, (LEFT, RIGHT), DESKTOP)


def rule(area: CoverArea | None = None, missing: WhenMissing = WhenMissing.NOTHING, **match: str) -> CoverRule:
    return CoverRule(name="r", window=WindowMatch(**match), area=area or CoverArea(), missing=missing)


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        (CoverArea(), Box(100, 100, 300, 300)),
        (CoverArea(width=50), Box(100, 100, 150, 300)),
        (CoverArea(right=0, width=50), Box(250, 100, 300, 300)),
        (CoverArea(left=10, right=20, top=30, bottom=40), Box(110, 130, 280, 260)),
        (CoverArea(left=0.5), Box(200, 100, 300, 300)),
        (CoverArea(top=0.1, height=0.25), Box(100, 120, 300, 170)),
        (CoverArea(bottom=10, height=30), Box(100, 260, 300, 290)),
        (CoverArea(left=150, width=500), Box(250, 100, 300, 300)),
        (CoverArea(right=150, width=500), Box(100, 100, 150, 300)),
    ],
)
def test_areas_count_from_any_edge_in_pixels_or_fractions(area: CoverArea, expected: Box) -> None:
    assert part_of(area, INSIDE) == expected


def test_an_area_beyond_the_window_covers_nothing() -> None:
    assert not part_of(CoverArea(left=500), INSIDE)
    assert cover(rule(CoverArea(left=500), title="*")) == []


lengths = st.none() | st.integers(0, 300) | st.floats(0, 1)


@given(lengths, lengths, st.integers(1, 300))
def test_a_fraction_never_covers_less_than_it_says(near: float | None, size: float | None, side: int) -> None:
    part = part_of(CoverArea(left=near, width=size), Box(0, 0, side, 10))
    start = 0.0 if near is None else near if isinstance(near, int) else near * side
    wide = side - start if size is None else size if isinstance(size, int) else size * side
    assert Box(0, 0, side, 10).holds(part) or not part
    for pixel in range(side):
        if pixel + 1 > start and pixel < start + wide and wide > 0:
            assert part.left <= pixel < part.right


def test_all_of_a_window_is_with_its_frame_and_a_part_is_within_it() -> None:
    assert cover(rule(title="worklist*")) == [FRAME]
    assert cover(rule(CoverArea(width=10), title="worklist*")) == [Box(100, 100, 110, 300)]


def test_title_and_class_must_both_match_and_every_match_is_covered() -> None:
    other = SeenWindow(("Worklist 13",), ("results",), Box(0, 0, 10, 10), Box(0, 0, 10, 10))
    windows = (WORKLIST, other)
    assert cover(rule(title="Worklist*"), windows=windows) == [FRAME, other.outer]
    assert cover(rule(title="Worklist*", program_class="LIMS"), windows=windows) == [FRAME]
    assert cover(rule(title="Results", program_class="lims"), windows=windows) == []


def test_a_title_that_cannot_be_read_counts_as_meant() -> None:
    assert cover(rule(title="Worklist*"), windows=(SeenWindow(None, ("x",), INSIDE, FRAME),)) == [FRAME]


def test_when_its_window_is_missing_a_rule_does_what_it_says() -> None:
    assert cover(rule(title="Other")) == []
    assert cover(rule(title="Other", missing=WhenMissing.WHOLE_SCREEN)) == [DESKTOP]
    assert cover(CoverRule(name="m", monitor=3, missing=WhenMissing.WHOLE_SCREEN)) == [DESKTOP]


def test_windows_that_cannot_be_told_cover_everything() -> None:
    assert cover(rule(title="Other"), windows=None) == [DESKTOP]
    assert cover(CoverRule(name="m", monitor=2), windows=None) == [Box(600, 0, 1000, 500)]


def test_monitors_count_as_in_the_prompt() -> None:
    assert cover(CoverRule(name="m", monitor=1)) == [Box(0, 0, 600, 500)]
    assert cover(CoverRule(name="m", monitor=0, area=CoverArea(bottom=0, height=20))) == [Box(600, 480, 1000, 500)]
    assert cover(CoverRule(name="m")) == [DESKTOP]


boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    st.integers(-50, 1000), st.integers(-50, 500), st.integers(0, 300), st.integers(0, 300),
)  # fmt: skip


@given(st.lists(boxes, max_size=120), st.lists(boxes, max_size=32))
def test_however_many_they_are_no_pixel_is_lost(by_rule: list[Box], by_hand: list[Box]) -> None:
    covers = join(by_rule, by_hand, DESKTOP)
    assert len(covers) <= MAX_SHOWN_COVERS
    for box in [*by_rule, *by_hand]:
        assert uncovered(box.intersect(DESKTOP), covers) == []
    assert all(DESKTOP.holds(cover.box) for cover in covers)


def test_very_many_become_one() -> None:
    dots = [Box(x, y, x + 1, y + 1) for x in range(0, 400, 20) for y in range(0, 400, 20)]
    assert join(dots, (), DESKTOP) == (Cover(Box(0, 0, 381, 381), False),)


def test_a_hand_cover_within_a_rules_is_the_rules() -> None:
    assert join([Box(0, 0, 10, 10)], [Box(2, 2, 4, 4)], DESKTOP) == (Cover(Box(0, 0, 10, 10), False),)


def test_covered_pixels_are_flat_wherever_they_came_from() -> None:
    box = Box(10, 10, 20, 20)
    for pixels in (np.full((10, 10, 4), 7, np.uint8), np.frombuffer(bytes([7]) * 400, np.uint8).reshape(10, 10, 4)):
        painted = paint(pixels, box, [Cover(Box(0, 0, 12, 100), False), Cover(Box(18, 18, 19, 19), True)])
        assert (painted[:, :2] == COVER_BGRX).all()
        assert tuple(painted[8, 8]) == COVER_BGRX
        painted[:, :2] = painted[8, 8] = 7
        assert (painted == 7).all()


def test_what_a_window_left_stays_covered_for_a_while() -> None:
    state = CoverState()
    state.rules = (rule(title="*"),)
    here, there = Box(0, 0, 10, 10), Box(50, 0, 60, 10)

    def settle(box: Box | None, now: float) -> set[Box]:
        windows = [] if box is None else [SeenWindow(("x",), (), box, box)]
        state.settle(windows, (LEFT, RIGHT), now)
        return {cover.box for cover in state.covers}

    assert settle(here, 0.0) == {here}
    assert state.deadline() is None
    assert settle(there, 1.0) == {here, there}
    assert state.deadline() == 1.0 + LINGER_S
    assert settle(there, 1.0 + LINGER_S) == {there}
    assert settle(None, 5.0) == {there}
    assert settle(None, 5.1 + LINGER_S) == set()


def test_a_window_that_is_dragged_leaves_a_short_trail_without_gaps() -> None:
    state = CoverState()
    state.rules = (rule(title="*"),)
    for step in range(100):
        box = Box(step, 0, step + 10, 10)
        state.settle([SeenWindow(("x",), (), box, box)], (LEFT, RIGHT), step / 1000)
    assert len(state.covers) <= MAX_TRAIL + 1
    assert uncovered(Box(0, 0, 109, 10), state.covers) == []


def test_what_changes_is_told() -> None:
    state = CoverState()
    assert state.settle([], (LEFT, RIGHT), 0.0) == ()
    state.by_hand = (Box(0, 0, 5, 5),)
    assert state.settle([], (LEFT, RIGHT), 0.0) == (Box(0, 0, 5, 5),)
    assert state.settle([], (LEFT, RIGHT), 0.0) == ()
    state.by_hand = ()
    assert state.settle([], (LEFT, RIGHT), 0.0) == (Box(0, 0, 5, 5),)
