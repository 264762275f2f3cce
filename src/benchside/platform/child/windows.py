"""Child processes on Windows: in the log-in of the person at the PC, spoken to by a named pipe of their own.

A service that runs as the system takes the token of that log-in; a service that runs as the person has it already.
The child and all that it starts are in a job that dies with us.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import asyncio
import ctypes
import os
import secrets
import subprocess
from collections.abc import Mapping
from ctypes import wintypes
from typing import Any

from benchside.platform.accounts.windows import account_of_token, our_account
from benchside.platform.door.windows import PipePeer, connect_door, open_door
from benchside.protocol.errors import UnavailableError

__all__ = ["WindowsChild", "has_parent", "speak_to_parent", "start_child", "start_speaking_child"]

CONNECT_WITHIN_S = 15.0
"""A cold disk and a virus scanner on the first start of the day."""
PIPE = "\\\\.\\pipe\\benchside-child-"

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)
_userenv = ctypes.WinDLL("userenv", use_last_error=True)
_wtsapi32 = ctypes.WinDLL("wtsapi32", use_last_error=True)

_SUSPENDED, _UNICODE_ENVIRONMENT, _NO_WINDOW = 0x4, 0x400, 0x08000000
_EXTENDED_LIMITS, _KILL_ON_JOB_CLOSE = 9, 0x2000


class _StartupInfo(ctypes.Structure):
    _fields_ = (
        ("cb", wintypes.DWORD),
        ("lpReserved", wintypes.LPWSTR),
        ("lpDesktop", wintypes.LPWSTR),
        ("lpTitle", wintypes.LPWSTR),
        ("numbers", wintypes.DWORD * 7),
        ("dwFlags", wintypes.DWORD),
        ("wShowWindow", wintypes.WORD),
        ("cbReserved2", wintypes.WORD),
        ("lpReserved2", wintypes.LPVOID),
        ("handles", wintypes.HANDLE * 3),
    )


class _ProcessInformation(ctypes.Structure):
    _fields_ = (
        ("hProcess", wintypes.HANDLE),
        ("hThread", wintypes.HANDLE),
        ("dwProcessId", wintypes.DWORD),
        ("dwThreadId", wintypes.DWORD),
    )


class _JobLimits(ctypes.Structure):
    _fields_ = (
        ("times", ctypes.c_int64 * 2),
        ("LimitFlags", wintypes.DWORD),
        ("working_set", ctypes.c_size_t * 2),
        ("ActiveProcessLimit", wintypes.DWORD),
        ("Affinity", ctypes.c_size_t),
        ("classes", wintypes.DWORD * 2),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("memory", ctypes.c_size_t * 4),
    )


_START = (
    wintypes.LPCWSTR, wintypes.LPWSTR, wintypes.LPVOID, wintypes.LPVOID, wintypes.BOOL, wintypes.DWORD,
    wintypes.LPVOID, wintypes.LPCWSTR, ctypes.POINTER(_StartupInfo), ctypes.POINTER(_ProcessInformation),
)  # fmt: skip
_kernel32.CreateProcessW.argtypes = _START
_advapi32.CreateProcessAsUserW.argtypes = (wintypes.HANDLE, *_START)
_kernel32.CreateJobObjectW.restype = wintypes.HANDLE
_kernel32.SetInformationJobObject.argtypes = (wintypes.HANDLE, ctypes.c_int, wintypes.LPVOID, wintypes.DWORD)
_kernel32.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
_kernel32.TerminateJobObject.argtypes = (wintypes.HANDLE, wintypes.UINT)
_kernel32.TerminateProcess.argtypes = (wintypes.HANDLE, wintypes.UINT)
_kernel32.ResumeThread.argtypes = (wintypes.HANDLE,)
_kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)
_kernel32.GetExitCodeProcess.argtypes = (wintypes.HANDLE, ctypes.POINTER(wintypes.DWORD))
_wtsapi32.WTSQueryUserToken.argtypes = (wintypes.ULONG, ctypes.POINTER(wintypes.HANDLE))
_userenv.CreateEnvironmentBlock.argtypes = (ctypes.POINTER(wintypes.LPVOID), wintypes.HANDLE, wintypes.BOOL)
_userenv.DestroyEnvironmentBlock.argtypes = (wintypes.LPVOID,)


class WindowsChild:
    """A `ChildProcess`."""

    def __init__(self, process: int, pid: int, job: int) -> None:
        self._process = process
        self._pid = pid
        self._job = job
        self._returncode: int | None = None
        loop: Any = asyncio.get_running_loop()  # the proactor's way to wait for a process is in no interface
        self._ended: asyncio.Future[bool] = loop._proactor.wait_for_handle(process)

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def returncode(self) -> int | None:
        return self._returncode

    async def wait(self) -> int:
        if self._returncode is None:
            await asyncio.shield(self._ended)
        if self._returncode is None:  # once, however many wait: a handle that is closed twice may be another's by then
            code = wintypes.DWORD()
            _kernel32.GetExitCodeProcess(self._process, ctypes.byref(code))
            self._returncode = code.value
            _kernel32.CloseHandle(self._process)
            _kernel32.CloseHandle(self._job)
        return self._returncode

    def kill(self) -> None:
        if self._returncode is None and not _kernel32.TerminateJobObject(self._job, 1):
            raise ctypes.WinError(ctypes.get_last_error())


async def start_speaking_child(
    owner: PipePeer, module: str, display: Mapping[str, str]
) -> tuple[WindowsChild, asyncio.StreamReader, asyncio.StreamWriter]:
    """Start `module` in the log-in of `owner`; return it and the line to it.

    The line is a pipe with a name that nobody can know before; only the process that was started is let in (R74), and
    it checks in turn that we are whom it speaks to.  UnavailableError: it did not start, or did not speak up.
    """
    address = PIPE + secrets.token_hex(16)
    came: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.get_running_loop().create_future()
    expected: list[int] = []

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: PipePeer) -> None:
        if came.done() or peer.pid not in expected:
            writer.transport.abort()
        else:
            came.set_result((reader, writer))

    door = await open_door(address, greet)
    try:
        child = _start(owner, module, [address])
        expected.append(child.pid)
        ended = asyncio.create_task(child.wait(), name=f"end of child {child.pid}")
        ended.add_done_callback(lambda _: came.done() or came.cancel())
        async with asyncio.timeout(CONNECT_WITHIN_S):
            reader, writer = await came
    except TimeoutError as error:
        child.kill()
        raise UnavailableError(f"expected {module} to speak to us within {CONNECT_WITHIN_S} s") from error
    except asyncio.CancelledError as error:
        if child.returncode is None:
            child.kill()  # it is ourselves who are to end
            raise
        raise UnavailableError(f"expected {module} to speak to us, it ended with {child.returncode}") from error
    finally:
        door.close()
    return child, reader, writer


async def start_child(owner: PipePeer, module: str, display: Mapping[str, str]) -> WindowsChild:
    """Start `module` in the log-in of `owner`, with nobody to speak to; UnavailableError: it did not start."""
    return _start(owner, module, [])


def has_parent(argv: list[str]) -> bool:
    """Whether whoever started this program can be spoken to."""
    return len(argv) == 1 and argv[0].startswith(PIPE)


async def speak_to_parent(argv: list[str]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return the line to whoever started this program; UnavailableError when it is not usable."""
    try:
        return await connect_door(argv[0])
    except OSError as error:
        raise UnavailableError("expected the pipe of whoever started us, got none") from error


def _start(owner: PipePeer, module: str, argv: list[str]) -> WindowsChild:
    """Start it; it runs from the first moment in a job that ends it with us."""
    words = ctypes.create_unicode_buffer(subprocess.list2cmdline([sys.executable, "-I", "-m", module, *argv]))
    # A service has a desktop of its own, which nobody sees.
    startup = _StartupInfo(cb=ctypes.sizeof(_StartupInfo), lpDesktop="winsta0\\default")
    about = _ProcessInformation()
    flags = _SUSPENDED | _UNICODE_ENVIRONMENT | _NO_WINDOW
    try:
        if owner.is_ours:
            _check(_kernel32.CreateProcessW(
                None, words, None, None, False, flags, None, _folder(), ctypes.byref(startup), ctypes.byref(about)
            ))  # fmt: skip
        else:
            _start_in_session(owner, words, flags, startup, about)
        job = _kernel32.CreateJobObjectW(None, None)
        limits = _JobLimits(LimitFlags=_KILL_ON_JOB_CLOSE)
        _check(_kernel32.SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits)))
        if not _kernel32.AssignProcessToJobObject(job, about.hProcess):
            _kernel32.TerminateProcess(about.hProcess, 1)
            raise ctypes.WinError(ctypes.get_last_error())
        _kernel32.ResumeThread(about.hThread)
        _kernel32.CloseHandle(about.hThread)
    except OSError as error:
        raise UnavailableError(f"expected to start {module}, got {error}") from error
    return WindowsChild(about.hProcess, about.dwProcessId, job)


def _start_in_session(
    owner: PipePeer, words: ctypes.Array[ctypes.c_wchar], flags: int, startup: _StartupInfo, about: _ProcessInformation
) -> None:
    """Start it in another's log-in, which takes the rights of the system; OSError without them."""
    token, environment = wintypes.HANDLE(), wintypes.LPVOID()
    if not our_account().is_system:
        raise PermissionError("only a service that runs as the system starts programs for another account")
    _check(_wtsapi32.WTSQueryUserToken(owner.session, ctypes.byref(token)))
    try:
        # Between the desk's call and this moment another person may have logged in there.
        if account_of_token(token.value or 0) != owner.who:
            raise PermissionError(f"session {owner.session} is another person's by now")
        _check(_userenv.CreateEnvironmentBlock(ctypes.byref(environment), token, False))
        _check(_advapi32.CreateProcessAsUserW(
            token, None, words, None, None, False, flags, environment, _folder(), ctypes.byref(startup),
            ctypes.byref(about),
        ))  # fmt: skip
    finally:
        if environment:
            _userenv.DestroyEnvironmentBlock(environment)
        _kernel32.CloseHandle(token)


def _folder() -> str:
    return os.environ.get("SYSTEMROOT", "C:\\Windows")


def _check(done: int) -> None:
    if not done:
        raise ctypes.WinError(ctypes.get_last_error())
