"""Sleep shows as a gap between two clocks, once."""

from __future__ import annotations

from benchside.platform.desktop.sleep import SleepGap


def test_a_sleep_is_told_once() -> None:
    clocks = {"boot": 100.0, "awake": 40.0}
    gap = SleepGap(lambda: clocks["boot"], lambda: clocks["awake"])
    assert not gap.has_slept()
    clocks.update(boot=200.0, awake=140.0)
    assert not gap.has_slept(), "both ran"
    clocks.update(boot=3800.0)
    assert gap.has_slept()
    assert not gap.has_slept()


def test_drops_of_sleep_add_up() -> None:
    clocks = {"boot": 0.0, "awake": 0.0}
    gap = SleepGap(lambda: clocks["boot"], lambda: clocks["awake"])
    told = []
    for _ in range(10):
        clocks["boot"] += 0.3
        told.append(gap.has_slept())
    assert sum(told) == 2
