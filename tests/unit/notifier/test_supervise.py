"""A watch whose worker does what a worker should not: it hangs, and does not even die."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from benchside.notifier import supervise
from benchside.notifier.supervise import MAX_UNDEAD, Watcher, _Receipts
from benchside.notifier.watched import Watched
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.condition import ConditionKey, Severity, Signal, SignalState
from benchside.protocol.wire.watch import WATCH, Taken, WatchMessage, WatchReady

LOST = ConditionKey("benchside.notifier", "log-cx", "watch_lost")


class Writer:
    """Takes what is written to a worker that does not read."""

    def __init__(self) -> None:
        self.transport = self

    def is_closing(self) -> bool:
        return False

    def write(self, _data: bytes) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def abort(self) -> None:
        pass


class Child:
    """A process that was killed, and is gone when a test says so."""

    returncode = None

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.is_killed = False
        self.gone = asyncio.Event()

    def kill(self) -> None:
        self.is_killed = True

    async def wait(self) -> int:
        await self.gone.wait()
        return -9


class World:
    """A watcher, its children, and what it told."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.readers: list[asyncio.StreamReader] = []
        self.told: list[Signal] = []
        self.changed = asyncio.Event()
        self.watcher = Watcher(
            Watched("log", "cx", {}), self.came, start=self.start, hung_after_s=0.001, end_within_s=0.001
        )
        self.task = asyncio.create_task(self.watcher.run())

    async def start(self) -> tuple[Child, asyncio.StreamReader, asyncio.StreamWriter]:
        if len(self.children) > 10:
            raise UnavailableError("expected fewer, got too many")
        self.children.append(Child(len(self.children)))
        self.readers.append(asyncio.StreamReader())
        self.says(WatchReady(names=("cx",)))
        return self.children[-1], self.readers[-1], Writer()  # type: ignore[return-value]

    def says(self, message: WatchMessage) -> None:
        data = WATCH.encode(message)
        self.readers[-1].feed_data(len(data).to_bytes(4, "big") + data)

    def came(self, signals: tuple[Signal, ...], done: Callable[[bool], None] | None = None) -> None:
        self.told += signals
        self.changed.set()

    async def until(self, fact: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not fact():
                self.changed.clear()
                await self.changed.wait()

    def lost(self) -> list[Severity | None]:
        return [one.severity for one in self.told if one.key == LOST and one.state is SignalState.ON]


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(supervise, "FIRST_WAIT_S", 0.001)
    world = World()
    yield world
    world.task.cancel()
    await asyncio.gather(world.task, return_exceptions=True)


async def test_a_worker_that_cannot_be_killed_is_said_and_another_is_started(world: World) -> None:
    await world.until(lambda: bool(world.lost()))
    assert world.children[0].is_killed
    assert not world.watcher.is_well
    await world.until(lambda: len(world.children) == 2)


async def test_only_so_many_of_them_are_left_lying_and_that_is_a_warning(world: World) -> None:
    await world.until(lambda: len(world.lost()) == MAX_UNDEAD + 1)
    assert world.lost()[-1] is Severity.WARNING
    assert (len(world.children), world.watcher.is_well) == (MAX_UNDEAD, False)
    world.children[0].gone.set()
    await world.until(lambda: len(world.children) == MAX_UNDEAD + 1)


async def test_it_ends_though_a_worker_does_not(world: World) -> None:
    await world.until(lambda: bool(world.children))
    world.task.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(world.task, return_exceptions=True)
    assert world.children[-1].is_killed


async def test_one_that_was_well_for_long_has_its_first_try_again(world: World) -> None:
    await world.until(lambda: len(world.lost()) == 2)
    watcher = world.watcher
    watcher._well_at = asyncio.get_running_loop().time() - supervise.WELL_AFTER_S
    watcher._lost()
    assert watcher._tries == 1
    assert world.lost()[-1] is Severity.INFO
    watcher._well_at = None  # as slow as it was to start, it was never well
    watcher._lost()
    watcher._lost()
    assert world.lost()[-1] is Severity.WARNING


class Asked:
    """The notifier and the line to the worker: what was handed on, and what is answered."""

    def __init__(self) -> None:
        self.handed: list[tuple[Signal, ...]] = []
        self.waiting: list[Callable[[bool], None]] = []
        self.said: list[WatchMessage] = []

    def came(self, signals: tuple[Signal, ...], done: Callable[[bool], None] | None = None, /) -> None:
        assert done is not None
        self.handed.append(signals)
        self.waiting.append(done)

    def send(self, message: WatchMessage) -> None:
        self.said.append(message)

    def answer(self, is_durable: bool) -> None:
        self.waiting.pop(0)(is_durable)


def test_a_worker_hears_what_is_in_the_journal_and_not_before() -> None:
    asked, on = Asked(), (Signal(LOST, SignalState.ON),)
    receipts = _Receipts(asked, asked.came)  # type: ignore[arg-type]
    receipts.hand_on(on, 3)
    receipts.ask_again()
    assert (asked.handed, asked.said) == ([on], [])
    asked.answer(True)
    assert asked.said == [Taken(upto=3)]
    receipts.ask_again()
    assert asked.handed == [on]


def test_after_a_full_disk_it_hears_it_with_the_next_beat() -> None:
    asked, on = Asked(), (Signal(LOST, SignalState.ON),)
    receipts = _Receipts(asked, asked.came)  # type: ignore[arg-type]
    receipts.hand_on(on, 3)
    receipts.hand_on(on, 4)
    asked.answer(False)
    asked.answer(False)
    for is_durable in (False, True):
        assert asked.said == []
        receipts.ask_again()
        asked.answer(is_durable)
    receipts.ask_again()
    assert (asked.handed, asked.said) == ([on, on, (), ()], [Taken(upto=4)])
