"""The host as a child process: started in the log-in of who asked, on a line of its own, killed if it hangs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from benchside.platform.child.contract import ChildProcess
from benchside.platform.child.here import start_child, start_speaking_child
from benchside.platform.door.here import Peer
from benchside.protocol.errors import PeerError, UnavailableError
from benchside.protocol.wire.host import HOST, AgentAlive, EndHosting, HostMessage
from benchside.protocol.wire.session import SessionEnd
from benchside.transport.frames import FrameStream

__all__ = ["HostChild"]

log = logging.getLogger(__name__)

STOP_WITHIN_S = 0.25
"""A host that has not ended so long after a stop is killed; picture and input end within 500 ms in any case."""
HUNG_AFTER_S = 2.0
"""A host beats four times a second; a busy PC may skip a few."""
BEAT_EVERY_S = 0.25
LIFT_WITHIN_S = 5.0
"""Starting Python on a busy PC; the keys are lifted at its end."""
START_WITHIN_S = 15.0
"""A cold disk and a virus scanner on the first start of the day."""


class HostChild:
    """One host.  `on_message(None)` tells that it is gone, for whatever reason."""

    def __init__(
        self,
        process: ChildProcess,
        stream: FrameStream[HostMessage],
        start_lifter: Callable[[], Awaitable[ChildProcess]],
    ) -> None:
        """`start_lifter` starts what lifts the keys that a killed host has left pressed."""
        self._process = process
        self._stream = stream
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time() + START_WITHIN_S
        self._tasks: list[asyncio.Task[None]] = []
        self._kill_timer: asyncio.TimerHandle | None = None
        self._start_lifter = start_lifter
        self.was_killed = False

    @classmethod
    async def start(cls, display: Mapping[str, str], owner: Peer) -> HostChild:
        """Start a host as `owner` on their display; UnavailableError when it cannot be started."""
        process, reader, writer = await start_speaking_child(owner, "benchside.host.app", display)
        stream = FrameStream(reader, writer, HOST)
        return cls(process, stream, lambda: start_child(owner, "benchside.host.release", display))

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def attend(self, on_message: Callable[[HostMessage | None], None]) -> None:
        """Listen, beat and watch from now on."""
        self._tasks = [
            self._loop.create_task(self._listen(on_message), name="host listens"),
            self._loop.create_task(self._beat(), name="host watch"),
        ]

    def send(self, message: HostMessage) -> None:
        """Say it."""
        self._stream.send(message)

    def stop(self, reason: SessionEnd) -> None:
        """Tell the host to end, and kill it when it does not within STOP_WITHIN_S."""
        self.send(EndHosting(reason=reason))
        if self._kill_timer is None:
            self._kill_timer = self._loop.call_later(STOP_WITHIN_S, self.kill)

    def kill(self) -> None:
        """End the process at once; harmless when it is gone."""
        if self._process.returncode is None:
            self.was_killed = True
            try:
                self._process.kill()
            except OSError as error:
                log.error("expected to kill the host, got an error", extra={"cause": str(error)})

    async def _listen(self, on_message: Callable[[HostMessage | None], None]) -> None:
        try:
            while (message := await self._stream.receive()) is not None:
                self._heard_at = self._loop.time()
                on_message(message)
        except PeerError as error:
            log.error("host broke the protocol", extra={"cause": str(error)})
            self.kill()
        await self._reap()
        on_message(None)
        if self._process.returncode != 0:
            await self._lift_leftovers()

    async def _reap(self) -> None:
        self._stream.abort()  # it has said all: it waits no longer
        try:
            async with asyncio.timeout(STOP_WITHIN_S * 2):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
        if self._kill_timer is not None:
            self._kill_timer.cancel()
        self._tasks[1].cancel()

    async def _lift_leftovers(self) -> None:
        """A host that did not end by itself may have left keys pressed, and the display does not lift them."""
        try:
            lifter = await self._start_lifter()
        except UnavailableError as error:
            log.error("keys could not be lifted", extra={"cause": str(error)})
            return
        try:
            async with asyncio.timeout(LIFT_WITHIN_S):
                await lifter.wait()
        except TimeoutError:
            log.error("keys were not lifted in time")
            lifter.kill()

    async def _beat(self) -> None:
        while True:
            self.send(AgentAlive())
            began_at = self._loop.time()
            await asyncio.sleep(BEAT_EVERY_S)
            if self._loop.time() - began_at > HUNG_AFTER_S / 2:
                self._heard_at = self._loop.time()  # we were frozen ourselves: the host gets its time again
            if self._loop.time() - self._heard_at > HUNG_AFTER_S:
                log.error("host hangs and is killed", extra={"pid": self.pid})
                self.kill()
                return
