"""Keeps workers running: starts each, listens, ends one that hangs, and starts another after a pause.

Whatever a worker does, it costs the notifier one task; a worker that is gone is a condition until another is ready.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from benchside.notifier.watched import Watched
from benchside.platform.child.contract import ChildProcess, Start
from benchside.platform.child.here import start_speaking_child
from benchside.platform.door.here import ourselves
from benchside.protocol.errors import PeerError, UnavailableError
from benchside.protocol.flow.pace import Pace
from benchside.protocol.wire.condition import ConditionKey, Severity, Signal, SignalState
from benchside.protocol.wire.notice import WatchShown
from benchside.protocol.wire.watch import (
    MAX_SEEN_A_S,
    MAX_STANDING,
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
from benchside.transport.backoff import Backoff
from benchside.transport.frames import FrameStream

__all__ = ["Watcher"]

log = logging.getLogger(__name__)

READY_WITHIN_S = 60.0
"""A cold disk and a virus scanner on the first start of the day."""
HUNG_AFTER_S = 15.0
"""Two beats may be lost."""
FIRST_WAIT_S = 1.0
MAX_WAIT_S = 300.0
"""A worker that cannot run must not use up the PC by trying."""
WELL_AFTER_S = 60.0
"""One that has run for so long may be started again at once."""
REST_S = 600.0
"""How long a check that was stuck is left alone."""
MAX_RESTING = 64
END_WITHIN_S = 5.0
"""For a process that was killed.  One that waits for a dead disk or share in the system's core goes only afterwards."""
MAX_UNDEAD = 3
"""Of one watch.  While so many were killed and are not gone no other is started: it would hang on the same thing."""
TRIES_BEFORE_WARNING = 3
"""One crash is cured before anybody needs to hear of it; a worker that does not come back is not."""
WORKER = "benchside.notifier.watch.worker"


class OnSignals(Protocol):
    """Hears what was seen."""

    def __call__(self, signals: tuple[Signal, ...], done: Callable[[bool], None] | None = None, /) -> None:
        """Take `signals`; `done`, later, when what follows from them and all before is in the journal; false: is not.

        With no signals it only asks.
        """


class Watcher:
    """One worker, again and again."""

    def __init__(
        self,
        watched: Watched,
        on_signals: OnSignals,
        folders: tuple[Path, ...] = (),
        standing: Iterable[ConditionKey] = (),
        *,
        start: Start | None = None,
        hung_after_s: float = HUNG_AFTER_S,
        end_within_s: float = END_WITHIN_S,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_signals` hears what was seen, also of the worker itself; `start` starts a worker's process.

        `folders`: what must outlive a restart, our own first.  `standing`: what it had told is on before a restart.
        `on_ready`: it is well now; the first time that is no change of any condition.
        """
        self.watched = watched
        self._on_signals = on_signals
        self._folders = folders
        self._standing = set(standing)
        self._start = start or _start
        self._hung_after_s = hung_after_s
        self._end_within_s = end_within_s
        self._on_ready = on_ready
        self._backoff = Backoff(first_s=FIRST_WAIT_S, most_s=MAX_WAIT_S)
        self._resting: dict[str, float] = {}
        self._undead: set[asyncio.Task[int]] = set()
        self._heard_at: float | None = None
        self._well_at: float | None = None
        self._tries = 0
        self.is_well = False
        self.pid: int | None = None

    def shown(self, now: float) -> WatchShown:
        """Return how it is, for the desk; `now` on the event loop's clock."""
        ago_s = 0 if self._heard_at is None else int(max(0.0, now - self._heard_at))
        return WatchShown(name=self.watched.label, is_well=self.is_well, seen_ago_s=ago_s)

    async def run(self) -> None:
        """Keep it running until cancelled."""
        while True:
            process: ChildProcess | None = None
            try:
                process, reader, writer = await self._begin()
                await self._run_once(process, FrameStream(reader, writer, WATCH))
            except (UnavailableError, PeerError, TimeoutError) as error:
                log.warning(
                    "worker ended", extra={"worker": self.watched.label, "cause": str(error) or type(error).__name__}
                )
                self._lost()  # before its end is waited for, which may not come
            finally:
                if process is not None:
                    await self._end(process)
            await self._until_one_may_start()
            await asyncio.sleep(self._backoff.next_s())

    async def _run_once(self, process: ChildProcess, stream: FrameStream[WatchMessage]) -> None:
        """Listen until it hangs or ends, which is one of the errors that `run` takes."""
        self.pid = process.pid
        try:
            stream.send(self._started())
            await self._listen(stream)
        finally:
            self.pid = None
            stream.abort()

    async def _end(self, process: ChildProcess) -> None:
        """Kill it, and wait for its end, but not for long: what cannot die is left to a task of its own."""
        try:
            process.kill()
        except OSError as error:
            log.error("expected to kill the worker, got an error", extra={"cause": str(error)})
        ending = asyncio.create_task(process.wait(), name=f"end of worker {self.watched.label}")
        self._undead.add(ending)
        ending.add_done_callback(self._undead.discard)
        await asyncio.wait([ending], timeout=self._end_within_s)

    async def _until_one_may_start(self) -> None:
        if self._undead:
            log.error("worker was killed and is not gone", extra={"worker": self.watched.label})
        if len(self._undead) >= MAX_UNDEAD:
            self._say_lost(Severity.WARNING)
            await asyncio.wait(self._undead, return_when=asyncio.FIRST_COMPLETED)

    async def _begin(self) -> tuple[ChildProcess, asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await self._start()
        except UnavailableError as error:
            if self._start is _start:
                raise
            log.error("worker is started on its own", extra={"cause": str(error)})
            return await _start()

    def _started(self) -> WatchStarted:
        now = asyncio.get_running_loop().time()
        self._resting = {name: until for name, until in self._resting.items() if until > now}
        given = {"settings": self.watched.settings, "folders": [str(folder) for folder in self._folders]}
        return WatchStarted(
            what=self.watched.what,
            name=self.watched.name,
            settings=json.dumps(given).encode(),
            resting=tuple(self._resting)[:MAX_RESTING],
            standing=tuple(sorted(self._standing))[:MAX_STANDING],
        )

    async def _listen(self, stream: FrameStream[WatchMessage]) -> None:
        loop = asyncio.get_running_loop()
        pace = Pace(most=MAX_SEEN_A_S * 20, within_s=10.0)
        receipts = _Receipts(stream, self._on_signals)
        within_s = READY_WITHIN_S
        while True:
            async with asyncio.timeout(within_s):
                message = await stream.receive()
            if message is None:
                raise UnavailableError("expected the worker to stay, got its end")
            pace.count(loop.time())
            self._heard_at = loop.time()
            within_s = self._hung_after_s
            self._take(message, receipts)

    def _take(self, message: WatchMessage, receipts: _Receipts) -> None:
        match message:
            case WatchReady():
                self.is_well, self._well_at = True, asyncio.get_running_loop().time()
                self._on_signals((Signal(self._lost_key, SignalState.OFF),))
                self._on_ready()
            case Seen():
                self._note(message.signals)
                receipts.hand_on(message.signals, message.upto)
            case CheckFailed():
                self._failed(message)
            case WatchBeat():
                receipts.ask_again()
            case WatchStarted() | Taken():
                log.warning("worker said what the notifier says", extra={"worker": self.watched.label})

    def _failed(self, message: CheckFailed) -> None:
        code = "check_failed"
        if message.cause == STUCK:
            code = "check_stuck"
            self._resting[message.name] = asyncio.get_running_loop().time() + REST_S
        log.info("check failed", extra={"check": message.name, "cause": message.cause})
        signals = (Signal(ConditionKey("pc.watch", message.name, code), SignalState.ON),)
        self._note(signals)
        self._on_signals(signals)

    def _note(self, signals: tuple[Signal, ...]) -> None:
        """Remember what is on for the next worker, which is to say when it is over."""
        for signal in signals:
            if signal.state is SignalState.OFF:
                self._standing.discard(signal.key)
            elif signal.state is SignalState.ON and len(self._standing) < MAX_STANDING:
                self._standing.add(signal.key)

    def _lost(self) -> None:
        if self._well_at is not None and asyncio.get_running_loop().time() - self._well_at >= WELL_AFTER_S:
            self._backoff.reset()
            self._tries = 0
        self.is_well, self._well_at = False, None
        self._tries += 1
        self._say_lost(Severity.WARNING if self._tries >= TRIES_BEFORE_WARNING else Severity.INFO)

    def _say_lost(self, severity: Severity) -> None:
        self._on_signals((Signal(self._lost_key, SignalState.ON, severity=severity),))

    @property
    def _lost_key(self) -> ConditionKey:
        return ConditionKey("benchside.notifier", self.watched.label, "watch_lost")


class _Receipts:
    """Tells one worker what is in the journal by now, which is the moment that it may forget it."""

    def __init__(self, stream: FrameStream[WatchMessage], on_signals: OnSignals) -> None:
        self._stream = stream
        self._on_signals = on_signals
        self._owed = 0

    def hand_on(self, signals: tuple[Signal, ...], upto: int) -> None:
        """Hand signals on, and say so once they are durable."""
        self._on_signals(signals, functools.partial(self._answered, upto))

    def ask_again(self) -> None:
        """Where a full disk took nothing, ask whether it has by now: no signal may come that would ask."""
        if self._owed:
            self.hand_on((), self._owed)

    def _answered(self, upto: int, is_durable: bool) -> None:
        owed = max(upto, self._owed)  # once one is durable, all before it are
        self._owed = 0 if is_durable else owed
        if is_durable and owed:
            self._stream.send(Taken(upto=owed))


async def _start() -> tuple[ChildProcess, asyncio.StreamReader, asyncio.StreamWriter]:
    return await start_speaking_child(ourselves(), WORKER, {})
