"""Checks and adapters that behave, hang, break off and flood; run as a program, a worker with them."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchside.notifier.watch.contract import Check, Reporter
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState

KEY = ConditionKey("test.watch", "one", "plain")
TABLE = {
    "checks": "tests.fakes.watches:make_checks",
    **{name: f"tests.fakes.watches:make_{name}" for name in ("blocked", "crash", "flood", "good")},
}


def make_checks(_name: str, settings: dict[str, Any], *, state: Sequence[Path] = ()) -> tuple[Check, ...]:
    """One check that is well, and as settings wish one that is stuck."""
    assert state is not None
    checks = [Check("well", 1.0, 5.0, lambda: [Signal(KEY, SignalState.ON)])]
    if settings.get("stuck"):
        checks.insert(0, Check("stuck", 1.0, 0.2, lambda: time.sleep(1000) or ()))  # type: ignore[func-returns-value]
    return tuple(checks)


class Watch:
    """Says the end of all that it tells."""

    def over(self, _standing: Iterable[ConditionKey]) -> Iterable[ConditionKey]:
        return ()


class Good(Watch):
    async def run(self, reporter: Reporter) -> None:
        reporter.tell(Signal(KEY, SignalState.ON))
        await asyncio.Event().wait()


class Blocked(Watch):
    async def run(self, reporter: Reporter) -> None:
        time.sleep(1000)


class Crash(Watch):
    async def run(self, reporter: Reporter) -> None:
        raise ZeroDivisionError


class Flood(Watch):
    async def run(self, reporter: Reporter) -> None:
        for _ in range(300):
            for _ in range(100):
                reporter.tell(Signal(KEY, SignalState.PULSE))
            await asyncio.sleep(0.01)
        reporter.tell(Signal(ConditionKey("test.watch", "end", "plain"), SignalState.ON))
        await asyncio.Event().wait()


def make_good(_name: str, _settings: dict[str, Any]) -> Good:
    return Good()


def make_blocked(_name: str, _settings: dict[str, Any]) -> Blocked:
    return Blocked()


def make_crash(_name: str, _settings: dict[str, Any]) -> Crash:
    return Crash()


def make_flood(_name: str, _settings: dict[str, Any]) -> Flood:
    return Flood()


class Process:
    """A `ChildProcess`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    async def wait(self) -> int:
        return await self._process.wait()

    def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()


async def start() -> tuple[Process, asyncio.StreamReader, asyncio.StreamWriter]:
    """Start this file as a worker."""
    ours, theirs = socket.socketpair()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.watches", stdin=theirs.fileno(), cwd=Path(__file__).parents[2]
    )
    theirs.close()
    return Process(process), *await asyncio.open_connection(sock=ours)


async def _serve() -> int:
    from benchside.notifier.watch.worker import serve
    from benchside.platform.child.here import speak_to_parent
    from benchside.protocol.wire.watch import WATCH
    from benchside.transport.frames import FrameStream

    return await serve(FrameStream(*await speak_to_parent([]), WATCH), TABLE)


if __name__ == "__main__":
    sys.exit(asyncio.run(_serve()))
