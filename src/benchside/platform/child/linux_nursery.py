"""Workers that share memory on Linux: forked from a process that has loaded everything and opened nothing.

A service plants its nursery before it starts an event loop or a thread.  Each worker then costs what it changes, not
what it loads.  A worker is known by its pidfd (pidfd_open(2)), which no other process can come to be meant by.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import select
import signal
import socket
from collections.abc import Callable

from benchside.protocol.errors import UnavailableError

__all__ = ["ForkedChild", "Nursery", "plant"]

START_WITHIN_S = 10.0
"""A fork takes a millisecond; a PC that swaps takes longer."""
_NO_WORKER = bytes(4)
"""In place of a process's number, and without a descriptor."""


class ForkedChild:
    """A `ChildProcess`."""

    def __init__(self, pid: int, pidfd: int) -> None:
        self._pid = pid
        self._pidfd = pidfd
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(pidfd, self._note_end)

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        """Return 0 once it has ended; how it did, only the nursery hears."""
        return await asyncio.shield(self._ended)

    def kill(self) -> None:
        if self._ended.done():
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)  # with what it has started
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def _note_end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        if not self._ended.done():
            self._ended.set_result(0)


class Nursery:
    """The service's end: asks for workers."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._turn = asyncio.Lock()

    async def start(self) -> tuple[ForkedChild, asyncio.StreamReader, asyncio.StreamWriter]:
        """Have a worker forked; return it and the line to it.  UnavailableError: the nursery is gone, or cannot fork.

        One that did not answer in time is given up: its late answer would be taken for the next one.
        """
        ours, theirs = socket.socketpair()
        try:
            async with self._turn, asyncio.timeout(START_WITHIN_S):
                pid, pidfd = await self._ask(theirs.fileno())
            reader, writer = await asyncio.open_connection(sock=ours)
        except (OSError, TimeoutError, ValueError) as error:
            ours.close()
            raise UnavailableError(f"expected the nursery to fork a worker, got {error!r}") from error
        finally:
            theirs.close()
        return ForkedChild(pid, pidfd), reader, writer

    async def _ask(self, theirs: int) -> tuple[int, int]:
        socket.send_fds(self._line, [b"w"], [theirs])
        try:
            await self._answered()
        except BaseException:
            self._line.close()  # which the nursery sees as our end; its workers stay
            raise
        data, descriptors, _, _ = socket.recv_fds(self._line, 4, 1)
        if len(data) != 4 or len(descriptors) != 1:
            raise ValueError("no worker")
        return int.from_bytes(data, "big"), descriptors[0]

    async def _answered(self) -> None:
        loop = asyncio.get_running_loop()
        came: asyncio.Future[None] = loop.create_future()
        loop.add_reader(self._line, _note, came)
        try:
            await came
        finally:
            loop.remove_reader(self._line)


def _note(came: asyncio.Future[None]) -> None:
    if not came.done():
        came.set_result(None)


def plant(work: Callable[[], int]) -> Nursery:
    """Fork the nursery; its workers run `work` with the line to the service as their standard input.

    Call it before any thread or event loop is there.  It ends when the service does, however that ends.
    """
    ours, theirs = socket.socketpair()
    gc.collect()
    gc.freeze()  # what is loaded by now is never looked through again, and so stays shared
    if os.fork() == 0:
        ours.close()
        try:
            _serve(theirs, work)
        finally:
            os._exit(0)
    theirs.close()
    ours.setblocking(False)
    return Nursery(ours)


def _serve(line: socket.socket, work: Callable[[], int]) -> None:
    """Fork at each word, and bury the dead; until the service is gone."""
    graves: dict[int, int] = {}
    poll = select.poll()
    poll.register(line, select.POLLIN)
    while True:
        for ready, _ in poll.poll():
            if ready != line.fileno():
                os.waitpid(graves.pop(ready), 0)
                poll.unregister(ready)
                os.close(ready)
                continue
            data, descriptors, _, _ = socket.recv_fds(line, 1, 1)
            if not data:
                return
            try:
                pid = os.fork()
                if pid == 0:
                    _become_worker(line, descriptors[0], [*graves], work)
                grave = _grave_of(pid)
            except (OSError, IndexError):  # no process, memory or descriptor is left; later there may be
                line.send(_NO_WORKER)
                continue
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)
            graves[grave] = pid
            poll.register(grave, select.POLLIN)
            socket.send_fds(line, [pid.to_bytes(4, "big")], [grave])


def _grave_of(pid: int) -> int:
    """Return the worker's pidfd; without one nobody could ever bury it, and it ends at once."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def _become_worker(line: socket.socket, ours: int, graves: list[int], work: Callable[[], int]) -> None:
    """Never returns: what is behind it belongs to the nursery."""
    code = 1
    try:
        os.setsid()
        line.close()
        os.dup2(ours, 0)
        for descriptor in (ours, *graves):
            os.close(descriptor)
        code = work()
    finally:
        os._exit(code)
