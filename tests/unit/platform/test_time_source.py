"""The clock's source on Linux: what kernel and chrony say, also where one of them does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchside.platform.time_source.contract import TimeSource
from benchside.platform.time_source.linux import ask_time_source, join_source

UNIT = Path(__file__).parents[3] / "packaging" / "linux" / "benchside-notifier.service"


@pytest.mark.parametrize(("state", "is_synchronised"), [(0, True), (3, True), (5, False), (-1, None)])
def test_a_kernel_that_refuses_says_nothing_and_chrony_is_still_asked(state: int, is_synchronised: bool | None) -> None:
    assert join_source(state, lambda: 0.25) == TimeSource(is_synchronised, 0.25)


def test_this_machine_answers() -> None:
    assert ask_time_source().is_synchronised in (True, False, None)


def test_the_notifiers_unit_lets_the_kernel_be_asked_and_nothing_be_set() -> None:
    lines = UNIT.read_text("utf-8").splitlines()
    assert "SystemCallFilter=adjtimex clock_adjtime" in lines
    assert not [one for one in lines if one.startswith("ProtectClock=")]
    (powers,) = (one for one in lines if one.startswith("CapabilityBoundingSet="))
    assert "CAP_SYS_TIME" not in powers
