"""A service of Windows: its conversation with the service control manager (Microsoft, "Service Programs")."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import asyncio
import ctypes
import logging
import signal
import threading
from collections.abc import Callable
from ctypes import wintypes

__all__ = ["Supervisor", "on_stop", "run_service"]

log = logging.getLogger(__name__)

_advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)

_OWN_PROCESS = 0x10
_STOPPED, _START_PENDING, _STOP_PENDING, _RUNNING = 1, 2, 3, 4
_ACCEPT_STOP, _ACCEPT_SHUTDOWN = 1, 4
_CONTROL_STOP, _CONTROL_INTERROGATE, _CONTROL_SHUTDOWN = 1, 4, 5
_NOT_STARTED_AS_A_SERVICE = 1063
_SERVICE_SPECIFIC_ERROR, _CALL_NOT_IMPLEMENTED = 1066, 120
# How long a start or a stop may take before Windows gives us up; each is a second or two.
PENDING_MS = 30_000


class _Status(ctypes.Structure):
    _fields_ = (
        ("dwServiceType", wintypes.DWORD),
        ("dwCurrentState", wintypes.DWORD),
        ("dwControlsAccepted", wintypes.DWORD),
        ("dwWin32ExitCode", wintypes.DWORD),
        ("dwServiceSpecificExitCode", wintypes.DWORD),
        ("dwCheckPoint", wintypes.DWORD),
        ("dwWaitHint", wintypes.DWORD),
    )


_MAIN = ctypes.WINFUNCTYPE(None, wintypes.DWORD, ctypes.POINTER(wintypes.LPWSTR))
_CONTROL = ctypes.WINFUNCTYPE(wintypes.DWORD, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID, wintypes.LPVOID)


class _Entry(ctypes.Structure):
    _fields_ = (("lpServiceName", wintypes.LPWSTR), ("lpServiceProc", _MAIN))


_advapi32.StartServiceCtrlDispatcherW.argtypes = (ctypes.POINTER(_Entry),)
_advapi32.RegisterServiceCtrlHandlerExW.argtypes = (wintypes.LPCWSTR, _CONTROL, wintypes.LPVOID)
_advapi32.RegisterServiceCtrlHandlerExW.restype = wintypes.HANDLE
_advapi32.SetServiceStatus.argtypes = (wintypes.HANDLE, ctypes.POINTER(_Status))


class Supervisor:
    """Whoever started this program: Windows' service control manager, or (without `tell`) somebody at a prompt."""

    def __init__(self, tell: Callable[[int], None] | None = None) -> None:
        """`tell(state)` reports a state of the service."""
        self._tell = tell
        self._lock = threading.Lock()
        self._is_stopping = False
        self._stop: Callable[[], object] | None = None

    def on_stop(self, stop: Callable[[], object]) -> None:
        """Have the running event loop call `stop` when the service is to end."""
        if self._tell is None:
            on_stop(stop)
            return
        loop = asyncio.get_running_loop()
        with self._lock:
            self._stop = lambda: loop.call_soon_threadsafe(stop)
            is_late = self._is_stopping
        if is_late:
            loop.call_soon(stop)

    def ready(self) -> None:
        """Everything answers."""
        if self._tell is not None:
            self._tell(_RUNNING)

    def stopping(self) -> None:
        """The end has begun; what is open is being ended."""
        if self._tell is not None:
            self._tell(_STOP_PENDING)

    async def beat(self) -> None:
        """Windows watches over processes, not over their loops: nothing to say."""

    def ask_to_stop(self) -> None:
        """The service control manager wants the end; on its thread."""
        with self._lock:
            self._is_stopping = True
            stop = self._stop
        if stop is not None:
            stop()


def on_stop(stop: Callable[[], object]) -> None:
    """Have the running event loop call `stop` when somebody presses Ctrl+C or Ctrl+Break, where there is a console."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGBREAK):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop) and None)


def run_service(name: str, serve: Callable[[Supervisor], int]) -> int:
    """Run `serve` as the service `name`, or plainly where the service control manager has not started us."""
    service = _Service(name, serve)
    table = (_Entry * 2)(_Entry(name, service.main))  # the second one, all zero, ends it
    # Returns when the service has stopped; `serve` runs on a thread that Windows makes for it.
    if _advapi32.StartServiceCtrlDispatcherW(table):
        return service.code
    if ctypes.get_last_error() == _NOT_STARTED_AS_A_SERVICE:
        return serve(Supervisor())
    raise ctypes.WinError(ctypes.get_last_error())


class _Service:
    def __init__(self, name: str, serve: Callable[[Supervisor], int]) -> None:
        self._name = name
        self._serve = serve
        self._handle = 0
        self._supervisor = Supervisor(self._report)
        self.code = 1
        # Kept here: Windows calls them for as long as the service lives.
        self.main = _MAIN(self._run)
        self._control = _CONTROL(self._obey)

    def _run(self, _count: int, _words: object) -> None:
        self._handle = _advapi32.RegisterServiceCtrlHandlerExW(self._name, self._control, None) or 0
        self._report(_START_PENDING)
        try:
            self.code = self._serve(self._supervisor)
        except Exception:
            log.exception("the service broke off")  # nobody above us could tell it
        finally:
            self._report(_STOPPED)

    def _obey(self, control: int, _kind: int, _data: object, _context: object) -> int:
        if control in (_CONTROL_STOP, _CONTROL_SHUTDOWN):
            self._report(_STOP_PENDING)
            self._supervisor.ask_to_stop()
        elif control != _CONTROL_INTERROGATE:
            return _CALL_NOT_IMPLEMENTED
        return 0

    def _report(self, state: int) -> None:
        is_pending = state in (_START_PENDING, _STOP_PENDING)
        has_failed = state == _STOPPED and self.code != 0
        status = _Status(
            dwServiceType=_OWN_PROCESS,
            dwCurrentState=state,
            dwControlsAccepted=_ACCEPT_STOP | _ACCEPT_SHUTDOWN if state == _RUNNING else 0,
            dwWin32ExitCode=_SERVICE_SPECIFIC_ERROR if has_failed else 0,
            dwServiceSpecificExitCode=self.code if has_failed else 0,
            dwWaitHint=PENDING_MS if is_pending else 0,
        )
        _advapi32.SetServiceStatus(self._handle, ctypes.byref(status))
