"""A worker: the process that runs all checks, or one adapter, and tells the notifier what it sees.

It holds no journal and no socket of its own; whatever happens to it, the notifier starts another.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from benchside.logs.setup import start_logging
from benchside.notifier.watch.fold import Fold
from benchside.notifier.watch.looks import StuckError, run_checks
from benchside.notifier.watch.table import WATCHES, make_watch
from benchside.platform.child.here import has_parent, speak_to_parent
from benchside.platform.service.here import on_stop
from benchside.platform.spare_memory.here import give_back
from benchside.protocol.errors import PeerError, UnavailableError
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState
from benchside.protocol.wire.text import clean
from benchside.protocol.wire.watch import (
    MAX_SEEN_A_S,
    STUCK,
    WATCH,
    CheckFailed,
    Seen,
    Taken,
    WatchBeat,
    WatchMessage,
    WatchReady,
    WatchStarted,
)
from benchside.transport.frames import FrameStream

__all__ = ["main", "serve", "work"]

log = logging.getLogger(__name__)

BEAT_EVERY_S = 5.0
LOADED_AFTER_BEATS = 3
"""What is loaded at the first contact, such as the types of OPC UA, is there by then."""
START_WITHIN_S = 30.0
MAX_FAILURES_A_S = 10


class Telling:
    """The worker's `Reporter`: folds, and says at most MAX_SEEN_A_S messages a second."""

    def __init__(self, stream: FrameStream[WatchMessage]) -> None:
        self._stream = stream
        self._fold = Fold()
        self._failing: set[str] = set()
        self._well: set[str] = set()
        self._some = asyncio.Event()
        self.taken = 0

    @property
    def told(self) -> int:
        """Signals since the start, each as one."""
        return self._fold.told

    @property
    def seen(self) -> int:
        """Signals since the start, before folding."""
        return self._fold.seen

    def tell(self, signal: Signal) -> None:
        """Take one signal; never waits."""
        self._fold.take(signal)
        self._some.set()

    def hear(self, message: Taken) -> None:
        """Note what the notifier has in its journal."""
        self.taken = max(self.taken, message.upto)

    def fail(self, name: str, cause: str) -> None:
        """Say once that a source could not be looked at; again after it was well."""
        self._well.discard(name)
        if name not in self._failing and len(self._failing) < MAX_FAILURES_A_S * 10:
            self._failing.add(name)
            self._stream.send(CheckFailed(name=name, cause=clean(cause, 200)))

    def well(self, name: str) -> None:
        """Say that a source is looked at again; once, also where an earlier worker said that it was not."""
        self._failing.discard(name)
        if name not in self._well:
            self._well.add(name)
            self.tell(Signal(ConditionKey("pc.watch", name, "check_failed"), SignalState.OFF))
            self.tell(Signal(ConditionKey("pc.watch", name, "check_stuck"), SignalState.OFF))

    async def say(self) -> None:
        """Send what was folded, until cancelled."""
        while True:
            await self._some.wait()
            self._flush()
            await asyncio.sleep(1 / MAX_SEEN_A_S)

    def _flush(self) -> None:
        if self._fold:
            signals = self._fold.give()
            self._stream.send(Seen(signals=signals, upto=self._fold.given))
        if not self._fold:
            self._some.clear()

    async def beat(self) -> None:
        """Say that the event loop still turns, until cancelled."""
        for beats in itertools.count():
            self._stream.send(WatchBeat(seen=self.seen))
            if beats == LOADED_AFTER_BEATS:
                give_back()
            await asyncio.sleep(BEAT_EVERY_S)


async def serve(stream: FrameStream[WatchMessage], table: Mapping[str, str] = WATCHES) -> int:
    """Do as the notifier says until it goes; 1 when the watch ended by itself."""
    async with asyncio.timeout(START_WITHIN_S):
        started = await stream.receive()
    if not isinstance(started, WatchStarted):
        return 1
    given = json.loads(started.settings)
    folders = tuple(Path(folder) for folder in given["folders"])
    watch = make_watch(started.what, started.name, given["settings"], folders, table)
    telling = Telling(stream)
    names = tuple(check.name for check in watch) if isinstance(watch, tuple) else (started.name,)
    stream.send(WatchReady(names=names[:64]))
    if isinstance(watch, tuple):
        run = run_checks(watch, telling, started.resting, started.standing)
    else:
        for key in watch.over(started.standing):
            telling.tell(Signal(key, SignalState.OFF))
        run = watch.run(telling)
    tasks = [
        asyncio.create_task(run, name="watch"),
        asyncio.create_task(telling.say(), name="say"),
        asyncio.create_task(telling.beat(), name="beat"),
        asyncio.create_task(_until_gone(stream, telling), name="notifier"),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        return 0 if tasks[3] in done else 1
    except StuckError as error:
        log.error("check is stuck", extra={"check": error.name})
        stream.send(CheckFailed(name=error.name, cause=STUCK))
        await stream.close()
        os._exit(3)  # the thread would keep an orderly end waiting for ever
    finally:
        for task in tasks:
            task.cancel()


async def _until_gone(stream: FrameStream[WatchMessage], telling: Telling) -> None:
    while (message := await stream.receive()) is not None:
        if isinstance(message, Taken):
            telling.hear(message)


async def _main(argv: list[str]) -> int:
    task = asyncio.current_task()
    on_stop(lambda: task.cancel() if task is not None else None)
    try:
        return await serve(FrameStream(*await speak_to_parent(argv), WATCH))
    except (PeerError, UnavailableError, TimeoutError) as error:
        log.error("worker ends", extra={"cause": str(error)})
        return 1


def work() -> int:
    """Watch for the notifier from which we were forked; its line is our standard input."""
    start_logging("notifier worker")
    with contextlib.suppress(asyncio.CancelledError):
        return asyncio.run(_main([]))
    return 0


def main() -> int:
    """Watch for whoever started us."""
    start_logging("notifier worker")
    argv = sys.argv[1:]
    if not has_parent(argv):
        print("a worker is started by benchside notifier and by nobody else", file=sys.stderr)
        return 2
    with contextlib.suppress(asyncio.CancelledError):
        return asyncio.run(_main(argv))
    return 0


if __name__ == "__main__":
    sys.exit(main())
