"""A real notifier in a process of its own, and callers of its socket."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from benchside.notifier.journal import Journal, Projection
from benchside.platform.door.here import connect_door
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState
from benchside.protocol.wire.notice import (
    NOTICE,
    NOTICE_VERSION,
    NoticeMessage,
    NoticesShown,
    NoticesWanted,
    SignalPushed,
    SignalTaken,
)
from benchside.transport.frames import FrameStream

__all__ = ["NotifierProcess", "heard", "key", "pushed", "until_open"]

WITHIN_S = 30.0
M = TypeVar("M")


def key(number: int = 0, code: str = "low") -> ConditionKey:
    return ConditionKey("local.test", f"Pump {number}", code)


def pushed(number: int = 0, state: SignalState = SignalState.ON, code: str = "low") -> SignalPushed:
    return SignalPushed(version=NOTICE_VERSION, signal=Signal(key(number, code), state))


async def until_open(socket: Path, is_running: Callable[[], bool], within_s: float = WITHIN_S) -> None:
    """Wait until a notifier takes callers there; AssertionError when it ended, TimeoutError when it does not."""
    async with asyncio.timeout(within_s):
        while True:
            try:
                _, writer = await connect_door(socket)
            except OSError:
                assert is_running(), "the notifier ended"
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


class NotifierProcess:
    """`benchside notifier run` on a folder."""

    def __init__(
        self,
        folder: Path,
        *,
        settings: str = "",
        program: Sequence[str] = ("-m", "benchside"),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.state = folder / "state"
        self.state.mkdir(exist_ok=True)
        self.socket = folder / "notifier.sock"
        (self.state / "notifier.toml").write_text(f'agent_socket = "{folder / "agent.sock"}"\n{settings}')
        self._program = program
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        words = ("notifier", "--state", str(self.state), "--socket", str(self.socket), "run")
        self.socket.unlink(missing_ok=True)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *self._program, *words, stderr=asyncio.subprocess.DEVNULL, env=self._environment
        )
        started = self._process
        await until_open(self.socket, lambda: started.returncode is None)

    async def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> int:
        """End it in order; return its exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            os.kill(self._process.pid, signal.SIGTERM)
        async with asyncio.timeout(WITHIN_S):
            return await self._process.wait()

    async def call(self) -> FrameStream[NoticeMessage]:
        return FrameStream(*await connect_door(self.socket), NOTICE)

    async def desk(self, locale: str = "en") -> tuple[FrameStream[NoticeMessage], NoticesShown]:
        """Come in as a desk; return what is shown first, too."""
        stream = await self.call()
        stream.send(NoticesWanted(version=NOTICE_VERSION, locale=locale))
        shown = await heard(stream, NoticesShown)
        return stream, shown

    async def push(self, *signals: SignalPushed) -> list[str | None]:
        """Push them one after the other on one connection; return how each was answered."""
        stream = await self.call()
        answers = []
        for each in signals:
            stream.send(each)
            answers.append((await heard(stream, SignalTaken)).refused)
        stream.abort()
        return answers

    def journal(self) -> Projection:
        """Read the journal beside it."""
        journal = Journal(self.state / "notices.db")
        try:
            return journal.project()
        finally:
            journal.close()


async def heard(stream: FrameStream[NoticeMessage], kind: type[M]) -> M:
    """Return the next message of this kind; others that come before are left out."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            message = await stream.receive()
            assert message is not None, "the notifier hung up"
            if isinstance(message, kind):
                return message
