"""Checks on their thread: in time, apart from one another, and gone when they are stuck."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest

from benchside.notifier.watch.contract import Check, PartlyUnavailableError
from benchside.notifier.watch.looks import StuckError, run_checks
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState

KEY = ConditionKey("pc.disk", "C:", "space_low")


class Heard:
    """A `Reporter` that says when it has heard enough."""

    def __init__(self, enough: int) -> None:
        self.said: list[str] = []
        self._enough = enough
        self.has_enough = asyncio.Event()

    def _note(self, what: str) -> None:
        self.said.append(what)
        if len(self.said) >= self._enough:
            self.has_enough.set()

    told = taken = 0

    def tell(self, signal: Signal) -> None:
        self._note(f"{signal.key.code} {signal.state}")

    def fail(self, name: str, cause: str) -> None:
        self._note(f"{name} failed {cause}")

    def well(self, name: str) -> None:
        self._note(f"{name} well")


def check(name: str, look: Callable[[], Sequence[Signal]], within_s: float = 5.0) -> Check:
    return Check(name, every_s=600.0, within_s=within_s, look=look)


async def heard(enough: int, *checks: Check, resting: tuple[str, ...] = ()) -> list[str]:
    reporter = Heard(enough)
    task = asyncio.create_task(run_checks(checks, reporter, resting, spread_s=0.0))
    waiting = asyncio.create_task(reporter.has_enough.wait())
    done, _ = await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task in done:
        task.result()
    task.cancel()
    return reporter.said


def broken() -> Sequence[Signal]:
    raise ZeroDivisionError


async def test_a_check_tells_and_one_that_breaks_off_disturbs_nobody() -> None:
    good = check("good", lambda: [Signal(KEY, SignalState.ON)])
    assert await heard(3, check("bad", broken), good) == ["bad failed ZeroDivisionError", "good well", "space_low on"]


async def test_of_a_check_that_fails_in_part_the_rest_is_told() -> None:
    def partly() -> Sequence[Signal]:
        raise PartlyUnavailableError("expected both, got one", [Signal(KEY, SignalState.ON)])

    assert await heard(2, check("half", partly)) == ["half failed PartlyUnavailableError", "space_low on"]


async def test_a_stuck_check_is_named() -> None:
    free = threading.Event()

    def stuck() -> Sequence[Signal]:
        free.wait(10)
        return ()

    with pytest.raises(StuckError, match="slow"):
        await heard(1, check("slow", stuck, within_s=0.01))
    free.set()


async def test_a_resting_check_is_left_alone() -> None:
    assert await heard(1, check("bad", broken), check("good", tuple), resting=("bad",)) == ["good well"]


async def test_without_checks_there_is_nothing_to_do() -> None:
    task = asyncio.create_task(run_checks((), Heard(1)))
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
