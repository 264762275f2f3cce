"""Days until nothing is left: by a straight line, and only where there is one."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.notifier.checks.trend import (
    DAY_S,
    LEAST_POINTS,
    MAX_OFF_S,
    MAX_POINTS,
    SPACING_S,
    VERSION,
    Trend,
    TrendFile,
)


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


BOOT_S, UTC_S = 50_000.0, 1_780_000_000.0


def kept(folder: Path) -> TrendFile:
    """A trend that was kept when the clocks said BOOT_S and UTC_S."""
    file = TrendFile(folder / "disk.trend")
    file.save({"C:": Trend([(BOOT_S - SPACING_S, 20.0), (BOOT_S, 10.0)])}, BOOT_S, UTC_S)
    return file


@pytest.mark.parametrize(
    ("off_s", "passed_s"),
    [(0.0, 0.0), (14 * SPACING_S, 14 * SPACING_S), (-3650 * DAY_S, 0.0), (MAX_OFF_S + 1, None), (1e11, None)],
    ids=["at once", "a night", "a clock that went back", "a long pause", "a clock that went ahead"],
)
def test_it_goes_on_after_a_restart_with_the_time_that_has_passed(
    tmp_path: Path, off_s: float, passed_s: float | None
) -> None:
    loaded = kept(tmp_path).load(30.0, UTC_S + off_s)
    if passed_s is None:
        assert loaded == {}
    else:
        last = 30.0 - passed_s
        assert loaded["C:"].points == ((last - SPACING_S, 20.0), (last, 10.0))


SOUND = {"version": VERSION, "utc_s": UTC_S, "at_s": 10.0, "points": {"C:": [(1.0, 5.0), (2.0, 5.0)]}}


def test_only_what_is_sound_is_believed(tmp_path: Path) -> None:
    file = TrendFile(tmp_path / "disk.trend")
    assert file.load(0.0, UTC_S) == {}
    path = tmp_path / "disk.trend"
    path.write_bytes(msgspec.msgpack.encode(SOUND))
    assert set(file.load(0.0, UTC_S)) == {"C:"}
    nan = float("nan")
    for wrong in (
        {"version": VERSION + 1},
        {"utc_s": nan},
        {"at_s": nan},
        {"points": {"C:": [(2.0, 5.0), (1.0, 5.0)]}},
        {"points": {"C:": [(1.0, 5.0), (1.0, 5.0)]}},
        {"points": {"C:": [(11.0, 5.0)]}},
        {"points": {"C:": [(1.0, nan)]}},
        {"points": {"C:": [(1.0, -5.0)]}},
        {"points": {"C:": [(float(at), 5.0) for at in range(MAX_POINTS + 1)]}, "at_s": 1e6},
        {"points": {str(number): [] for number in range(1000)}},
        {"points": [1]},
    ):
        path.write_bytes(msgspec.msgpack.encode(SOUND | wrong))
        assert file.load(0.0, UTC_S) == {}, wrong


def test_a_torn_file_and_a_disk_that_takes_nothing_are_no_mishap(tmp_path: Path) -> None:
    file = kept(tmp_path)
    whole = (tmp_path / "disk.trend").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "disk.trend").write_bytes(whole[:length])
        assert file.load(0.0, UTC_S) == {}
    gone = TrendFile(tmp_path / "gone" / "disk.trend")
    gone.save({}, 0.0, 0.0)
    assert gone.load(0.0, 0.0) == {}
    nowhere = TrendFile(None)
    nowhere.save({}, 0.0, 0.0)
    assert nowhere.load(0.0, 0.0) == {}


@given(st.binary(max_size=300))
def test_rubbish_in_the_file_is_no_trend(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "rubbish.trend"
    path.write_bytes(data)
    assert TrendFile(path).load(0.0, UTC_S) == {}


def grown(file: TrendFile, utc_s: float, hours: int) -> dict[str, Trend]:
    """What is known after a run of so many hours on a PC that was started at `utc_s`."""
    trends = file.load(30.0, utc_s)
    for number in range(hours):
        at_s = 31.0 + number * SPACING_S
        trends.setdefault("C:", Trend()).add(at_s, 1e9)
        file.save(trends, at_s, utc_s + number * SPACING_S)
    return trends


def test_a_clock_that_is_ahead_at_a_start_costs_no_trend(tmp_path: Path) -> None:
    kept(tmp_path)
    for _ in range(2):
        trends = grown(TrendFile(tmp_path / "disk.trend"), UTC_S + 365 * DAY_S, 3)
        assert {value for _, value in trends["C:"].points} == {1e9}
    trends = TrendFile(tmp_path / "disk.trend").load(30.0, UTC_S + 14 * SPACING_S)
    points = trends["C:"].points
    assert points[:2] == ((30.0 - 15 * SPACING_S, 20.0), (30.0 - 14 * SPACING_S, 10.0))
    assert [at for at, _ in points] == sorted({at for at, _ in points})


def test_after_a_long_pause_another_trend_grows_over_short_runs(tmp_path: Path) -> None:
    kept(tmp_path)
    for day in range(21, 24):
        trends = grown(TrendFile(tmp_path / "disk.trend"), UTC_S + day * DAY_S, 5)
    assert len(trends["C:"].points) == 15
    assert 20.0 not in [value for _, value in trends["C:"].points]
    assert len(TrendFile(tmp_path / "disk.trend").load(30.0, UTC_S)["C:"].points) == 15, "what was before is gone"
