"""Lock, log-off, user switch and sleep, as Windows tells a window of them."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
import logging
import threading
from ctypes import wintypes

from benchside.platform.desktop.sleep import SleepGap
from benchside.platform.display.windows import user32

__all__ = ["WindowsDesktopFacts"]

_log = logging.getLogger(__name__)

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_wtsapi32 = ctypes.WinDLL("wtsapi32", use_last_error=True)

_RESULT = ctypes.c_ssize_t
_CALL = ctypes.WINFUNCTYPE(_RESULT, wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM)

_WM_DESTROY, _WM_CLOSE, _WM_ENDSESSION, _WM_POWERBROADCAST, _WM_WTSSESSION_CHANGE = 0x2, 0x10, 0x16, 0x218, 0x2B1
_PBT_APMSUSPEND = 4
# WTS_CONSOLE_DISCONNECT, WTS_REMOTE_DISCONNECT, WTS_SESSION_LOGOFF, WTS_SESSION_LOCK, WTS_SESSION_REMOTE_CONTROL
_LEFT_BY = frozenset({2, 4, 6, 7, 9})
_READY_WITHIN_S = 5.0


class _WindowClass(ctypes.Structure):
    _fields_ = (
        ("style", wintypes.UINT),
        ("call", _CALL),
        ("class_extra", ctypes.c_int),
        ("window_extra", ctypes.c_int),
        ("instance", wintypes.HINSTANCE),
        ("icon", wintypes.HICON),
        ("cursor", wintypes.HANDLE),
        ("background", wintypes.HBRUSH),
        ("menu", wintypes.LPCWSTR),
        ("name", wintypes.LPCWSTR),
    )


user32.DefWindowProcW.argtypes = (wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM)
user32.DefWindowProcW.restype = _RESULT
user32.CreateWindowExW.argtypes = (
    wintypes.DWORD, wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.DWORD, *(ctypes.c_int,) * 4,
    wintypes.HWND, wintypes.HMENU, wintypes.HINSTANCE, wintypes.LPVOID,
)  # fmt: skip
user32.CreateWindowExW.restype = wintypes.HWND
user32.PostMessageW.argtypes = (wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM)
_wtsapi32.WTSRegisterSessionNotification.argtypes = (wintypes.HWND, wintypes.DWORD)
_kernel32.GetTickCount64.restype = ctypes.c_uint64

WINDOW_NAME = "Benchside desktop facts"


class WindowsDesktopFacts:
    """`DesktopFacts` of the log-in that this process belongs to.

    A thread of its own has a window that is never shown, since Windows tells these things to windows alone.  Another
    program of the same log-in can tell that window the same; all it gains is that the session ends.
    """

    def __init__(self) -> None:
        self._gap = SleepGap(_boot_s, _awake_s)
        self._was_left = threading.Event()
        self._is_ready = threading.Event()
        self._window = 0
        self._thread = threading.Thread(target=self._listen, name="desktop facts", daemon=True)
        self._thread.start()
        self._is_ready.wait(_READY_WITHIN_S)

    def has_slept(self) -> bool:
        left = self._was_left.is_set()
        self._was_left.clear()
        return self._gap.has_slept() or left

    def close(self) -> None:
        if self._window:
            user32.PostMessageW(self._window, _WM_CLOSE, 0, 0)
            self._window = 0

    def _listen(self) -> None:
        call = _CALL(self._handle)
        kind = _WindowClass(call=call, name=f"{WINDOW_NAME} {id(self)}")
        user32.RegisterClassW(ctypes.byref(kind))
        # A top-level window, not a message-only one: those are not told of sleep and the end of the log-in.
        self._window = user32.CreateWindowExW(0, kind.name, WINDOW_NAME, 0, 0, 0, 0, 0, None, None, None, None) or 0
        if not self._window or not _wtsapi32.WTSRegisterSessionNotification(self._window, 0):
            _log.warning("lock and user switch are not told on this machine")
        self._is_ready.set()
        message = wintypes.MSG()
        while self._window and user32.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
            user32.DispatchMessageW(ctypes.byref(message))

    def _handle(self, window: int, message: int, first: int, second: int) -> int:
        if (
            (message == _WM_WTSSESSION_CHANGE and first in _LEFT_BY)
            or (message == _WM_POWERBROADCAST and first == _PBT_APMSUSPEND)
            or (message == _WM_ENDSESSION and first)
        ):
            self._was_left.set()
        elif message == _WM_DESTROY:
            user32.PostQuitMessage(0)
        return int(user32.DefWindowProcW(window, message, first, second))


def _boot_s() -> float:
    return float(_kernel32.GetTickCount64()) / 1000


def _awake_s() -> float:
    """Seconds that the PC was awake since it started (QueryUnbiasedInterruptTime)."""
    ticks = ctypes.c_uint64()
    if not _kernel32.QueryUnbiasedInterruptTime(ctypes.byref(ticks)):
        return _boot_s()
    return ticks.value / 10_000_000
