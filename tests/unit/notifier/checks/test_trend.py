"""Days until nothing is left: by a straight line, and only where there is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.notifier.checks.trend import LEAST_POINTS, MAX_POINTS, SPACING_S, Trend


def trend(*values: float) -> Trend:
    made = Trend()
    for number, value in enumerate(values):
        made.add(number * SPACING_S, value)
    return made


def test_a_line_is_followed_to_its_end() -> None:
    made = trend(*(1000 - 10 * number for number in range(24)))
    assert made.days_left(770) == pytest.approx(77 / 24)


@pytest.mark.parametrize(
    "values",
    [
        [1000 - number for number in range(LEAST_POINTS - 1)],
        [1000.0] * 24,
        [1000 + number for number in range(24)],
        [1000 - 300 * (number % 6) for number in range(24)],
    ],
    ids=["too few", "still", "growing", "a sawtooth of clean-ups"],
)
def test_without_a_trend_nothing_is_said(values: list[float]) -> None:
    assert trend(*values).days_left(values[-1]) is None


def test_only_one_value_an_hour_is_kept_and_a_week_of_them() -> None:
    made = Trend()
    for number in range(4 * MAX_POINTS):
        made.add(number * SPACING_S / 2, -number)
    assert len(made._points) == MAX_POINTS


@given(st.lists(st.floats(0, 1e15), max_size=40), st.floats(0, 1e15))
def test_it_is_never_negative_and_never_fails(values: list[float], left: float) -> None:
    days = trend(*values).days_left(left)
    assert days is None or days >= 0
