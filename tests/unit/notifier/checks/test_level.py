"""Thresholds: on, off, and as it was between them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from benchside.notifier.checks.level import MAX_SUBJECTS, Level


def test_low_is_bad() -> None:
    level = Level(on_at=10, off_at=12, is_high_bad=False)
    assert level.judge("C:", 11) is None
    assert [level.judge("C:", value) for value in (9.9, 11.9, 12, 11, 10, 9)] == [True, True, False, False, False, True]


def test_high_is_bad() -> None:
    level = Level(on_at=80, off_at=70, is_high_bad=True)
    assert [level.judge("x", value) for value in (75, 80, 75, 70, 69, 75)] == [None, True, True, True, False, False]


def test_one_threshold_for_both() -> None:
    level = Level(on_at=5, off_at=5, is_high_bad=True)
    assert [level.judge("x", value) for value in (4.9, 5, 4.9)] == [False, True, False]


def test_what_is_gone_is_forgotten() -> None:
    level = Level(on_at=10, off_at=12, is_high_bad=False)
    level.judge("D:", 1)
    assert level.forget("D:")
    assert not level.forget("D:")
    assert level.judge("D:", 11) is None


def test_memory_is_bounded() -> None:
    level = Level(on_at=10, off_at=12, is_high_bad=False)
    for number in range(3 * MAX_SUBJECTS):
        level.judge(str(number), 1)
    assert len(level._was) <= MAX_SUBJECTS


@given(st.lists(st.floats(0, 100), max_size=50))
def test_it_changes_only_at_a_threshold(values: list[float]) -> None:
    level, before = Level(on_at=10, off_at=12, is_high_bad=False), None
    for value in values:
        now = level.judge("x", value)
        if now is not before:
            assert value < 10 if now else value >= 12
        before = now
