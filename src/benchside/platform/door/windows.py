"""A local door on Windows: a named pipe, and the system's word for who calls.

The pipe's first instance is asked for as the first of its name, so that nobody can have it before us and be taken for
us; callers over the network are refused; who may open it stands in its security descriptor.  asyncio's own pipe
server can do none of these, so instances are made here and handed to its event loop (the proactor, which is the
standard one on Windows) as asyncio does it itself.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import asyncio
import ctypes
import logging
import os
from asyncio.windows_utils import PipeHandle
from ctypes import wintypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchside.platform.accounts.windows import Account, account_of_process, our_account, security_for
from benchside.platform.door.contract import Greet
from benchside.protocol.errors import UnavailableError

__all__ = ["PipeDoor", "PipePeer", "connect_door", "listener_is_trusted", "open_door", "ourselves"]

log = logging.getLogger(__name__)

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel32.CreateNamedPipeW.argtypes = (
    wintypes.LPCWSTR, *(wintypes.DWORD,) * 6, ctypes.c_void_p,
)  # fmt: skip
_kernel32.CreateNamedPipeW.restype = wintypes.HANDLE
_kernel32.WaitNamedPipeW.argtypes = (wintypes.LPCWSTR, wintypes.DWORD)
for _name in ("GetNamedPipeClientProcessId", "GetNamedPipeServerProcessId", "GetNamedPipeServerSessionId"):
    getattr(_kernel32, _name).argtypes = (wintypes.HANDLE, ctypes.POINTER(wintypes.ULONG))

_DUPLEX, _OVERLAPPED, _FIRST_INSTANCE = 0x3, 0x40000000, 0x80000
_BYTES, _REJECT_REMOTE_CLIENTS = 0x0, 0x8
_FILE_NOT_FOUND = 2
_INVALID_HANDLE = ctypes.c_void_p(-1).value

SERVICES_SESSION = 0
"""Where services live and nobody logs in; only administrators can have a program run there."""
MAX_INSTANCES = 64
"""Twice the callers that an agent takes at a time: one more always waits for the next."""
BUFFER_BYTES = 64 * 1024
MAX_READ_AHEAD_BYTES = 256 * 1024
"""Of what a caller has said and nobody has taken yet."""
RETRY_S = 1.0
"""After Windows refused another instance: it has no room, and may have some soon."""


@dataclass(frozen=True)
class PipePeer:
    """A `LocalPeer`: a process, and the account and log-in (session of Windows) it runs in."""

    pid: int
    who: Account
    session: int

    @property
    def account(self) -> str:
        return self.who.sid

    @property
    def name(self) -> str:
        return self.who.name

    @property
    def is_person(self) -> bool:
        return self.who.is_person and self.session != SERVICES_SESSION

    @property
    def is_ours(self) -> bool:
        return self.who == our_account()

    @property
    def is_system(self) -> bool:
        return self.who.is_system


class PipeDoor:
    """An `OpenDoor` on the pipe `address`."""

    def __init__(self, address: str, greet: Greet[PipePeer]) -> None:
        self._address = address
        self._greet = greet
        self._waiting = self._make(first=True)
        self._task = asyncio.get_running_loop().create_task(self._listen(), name=f"door {address}")
        self._callers: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        self._task.cancel()
        self._waiting.close()

    def _make(self, *, first: bool) -> PipeHandle:
        """Make an instance for the next caller; OSError, also when somebody has the name already."""
        if first and _is_there(self._address):  # Windows' own refusal below is the one that cannot be outrun
            raise FileExistsError(0, "another listener")
        with security_for(people=True) as security:
            handle = _kernel32.CreateNamedPipeW(
                self._address,
                _DUPLEX | _OVERLAPPED | (_FIRST_INSTANCE if first else 0),
                _BYTES | _REJECT_REMOTE_CLIENTS,
                MAX_INSTANCES,
                BUFFER_BYTES,
                BUFFER_BYTES,
                0,
                security,
            )
        if handle == _INVALID_HANDLE:
            raise ctypes.WinError(ctypes.get_last_error())
        return PipeHandle(handle)

    async def _listen(self) -> None:
        loop: Any = asyncio.get_running_loop()  # what the proactor's loop can do with pipes is in no interface
        while True:
            pipe = self._waiting
            try:
                await loop._proactor.accept_pipe(pipe)
            except OSError as error:
                log.warning("local caller went away", extra={"cause": str(error)})
                pipe.close()
                self._waiting = await self._make_again()
                continue
            self._waiting = await self._make_again()
            self._receive(loop, pipe)

    async def _make_again(self) -> PipeHandle:
        while True:
            try:
                return self._make(first=False)
            except OSError as error:
                log.warning("no room for another local caller", extra={"cause": str(error)})
                await asyncio.sleep(RETRY_S)

    def _receive(self, loop: Any, pipe: PipeHandle) -> None:
        try:
            peer = _peer_of(pipe)
        except OSError as error:
            log.warning("local caller refused", extra={"cause": str(error)})
            pipe.close()
            return
        reader = asyncio.StreamReader(limit=MAX_READ_AHEAD_BYTES, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport = loop._make_duplex_pipe_transport(pipe, protocol)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        caller = loop.create_task(self._serve(reader, writer, peer), name=f"caller {peer.pid}")
        self._callers.add(caller)
        caller.add_done_callback(self._callers.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: PipePeer) -> None:
        await asyncio.sleep(0)  # the transport tells its protocol first that it is there
        await self._greet(reader, writer, peer)


async def open_door(path: Path | str, greet: Greet[PipePeer]) -> PipeDoor:
    r"""Listen on the pipe `path` (\\.\pipe\...); UnavailableError when it cannot be had: another may have it."""
    try:
        return PipeDoor(str(path), greet)
    except OSError as error:
        raise UnavailableError(f"expected to listen on {path}, got {error.strerror}") from error


async def connect_door(path: Path | str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Knock at a door; OSError where nobody listens."""
    loop: Any = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MAX_READ_AHEAD_BYTES, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.create_pipe_connection(lambda: protocol, str(path))
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


def listener_is_trusted(handle: int) -> bool:
    """Whether a pipe that we have opened is the service's: its server is in the services' session, or is ourselves.

    Whoever may open a pipe may also make instances of it, so another log-in could sit at the other end.  The
    session is asked for, not the account: a person may not look at the system's processes.
    """
    session, number = wintypes.ULONG(), wintypes.ULONG()
    if _kernel32.GetNamedPipeServerSessionId(handle, ctypes.byref(session)) and session.value == SERVICES_SESSION:
        return True
    try:
        if not _kernel32.GetNamedPipeServerProcessId(handle, ctypes.byref(number)):
            raise ctypes.WinError(ctypes.get_last_error())
        return account_of_process(number.value)[0] == our_account()
    except OSError as error:
        log.warning("Windows does not say who listens", extra={"cause": str(error)})
        return False


def ourselves() -> PipePeer:
    """Return this process, as a door would name it."""
    who, session = account_of_process(os.getpid())
    return PipePeer(os.getpid(), who, session)


def _is_there(address: str) -> bool:
    """Whether somebody listens on a pipe of this name, busy or not."""
    return bool(_kernel32.WaitNamedPipeW(address, 1)) or ctypes.get_last_error() != _FILE_NOT_FOUND


def _peer_of(pipe: PipeHandle) -> PipePeer:
    number = wintypes.ULONG()
    if not _kernel32.GetNamedPipeClientProcessId(pipe.handle, ctypes.byref(number)):
        raise ctypes.WinError(ctypes.get_last_error())
    who, session = account_of_process(number.value)
    return PipePeer(number.value, who, session)
