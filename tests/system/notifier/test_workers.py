"""Workers that hang, break off and flood disturb nobody, and are a condition."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable

import pytest
from tests.fakes import watches

from benchside.notifier.supervise import Watcher
from benchside.notifier.watched import Watched
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState

pytestmark = pytest.mark.system

STARTING_MESSAGES = 5
"""That it is there, and the first of each kind, which do not wait for their tenth of a second."""
ON, OFF = SignalState.ON, SignalState.OFF


class World:
    """Watchers, and all that they were told."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []
        self.messages = 0
        self.ready: list[str] = []
        self._tasks: list[asyncio.Task[None]] = []

    def came(self, signals: tuple[Signal, ...], done: Callable[[bool], None] | None = None) -> None:
        self.messages += 1
        self.signals += signals

    def watch(
        self,
        what: str,
        settings: dict[str, object] | None = None,
        hung_after_s: float = 15.0,
        standing: tuple[ConditionKey, ...] = (),
    ) -> Watcher:
        watched = Watched(what, what, settings or {})
        watcher = Watcher(
            watched,
            self.came,
            standing=standing,
            start=watches.start,
            hung_after_s=hung_after_s,
            on_ready=lambda: self.ready.append(what),
        )
        self._tasks.append(asyncio.create_task(watcher.run()))
        return watcher

    async def until(self, fact: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not fact():
                await asyncio.sleep(0.02)

    def has(self, key: ConditionKey, state: SignalState) -> bool:
        return any(each.key == key and each.state is state for each in self.signals)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.close()


def lost(name: str) -> ConditionKey:
    return ConditionKey("benchside.notifier", name, "watch_lost")


async def test_what_a_worker_sees_is_told(world: World) -> None:
    watcher = world.watch("good")
    await world.until(lambda: world.has(watches.KEY, ON))
    assert world.has(lost("good"), OFF)
    assert watcher.shown(asyncio.get_running_loop().time()).is_well
    assert world.ready == ["good"], "a desk is told, though no condition has changed"


async def test_a_worker_that_was_killed_is_a_condition_until_another_is_there(world: World) -> None:
    watcher = world.watch("good")
    await world.until(lambda: world.has(watches.KEY, ON))
    first = watcher.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await world.until(lambda: world.has(lost("good"), ON))
    world.signals.clear()
    await world.until(lambda: world.has(lost("good"), OFF))
    assert watcher.pid != first


async def test_what_was_on_before_and_no_check_tells_of_is_over(world: World) -> None:
    gone = ConditionKey("pc.disk", "D:", "space_low")
    watcher = world.watch("checks", standing=(gone,))
    await world.until(lambda: world.has(gone, OFF) and world.has(watches.KEY, ON))
    assert watcher._started().standing == (watches.KEY,), "the next worker is told what this one said"


async def test_one_that_breaks_off_or_cannot_be_made_is_tried_again(world: World) -> None:
    world.watch("crash")
    world.watch("no such thing")
    await world.until(lambda: world.has(lost("crash"), ON) and world.has(lost("no such thing"), ON))
    world.signals.clear()
    await world.until(lambda: world.has(lost("crash"), ON) and world.has(lost("no such thing"), ON))


@pytest.mark.slow
async def test_one_that_hangs_is_ended_and_others_go_on(world: World) -> None:
    world.watch("blocked", hung_after_s=1.0)
    world.watch("checks")
    await world.until(lambda: world.has(lost("blocked"), ON))
    before = len(world.signals)
    await world.until(lambda: any(each.key == watches.KEY for each in world.signals[before:]))


@pytest.mark.slow
async def test_a_stuck_check_is_left_alone_by_the_next_worker(world: World) -> None:
    stuck = ConditionKey("pc.watch", "stuck", "check_stuck")
    world.watch("checks", {"stuck": True})
    await world.until(lambda: world.has(stuck, ON))
    world.signals.clear()
    await world.until(lambda: world.has(watches.KEY, ON))
    assert not world.has(stuck, ON)


@pytest.mark.slow
async def test_a_flood_is_ten_messages_a_second_with_an_exact_sum(world: World) -> None:
    began_at = time.monotonic()
    world.watch("flood")
    end = ConditionKey("test.watch", "end", "plain")
    await world.until(lambda: world.has(end, ON))
    await asyncio.sleep(0.3)
    assert sum(each.count for each in world.signals if each.key == watches.KEY) == 30_000
    assert world.messages <= 10 * (time.monotonic() - began_at) + STARTING_MESSAGES
