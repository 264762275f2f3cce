"""Whether the foreground window covers a whole monitor (Microsoft, "GetForegroundWindow", "MonitorFromWindow")."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
from ctypes import wintypes

__all__ = ["Foreground"]

_user32 = ctypes.WinDLL("user32")
_user32.GetForegroundWindow.restype = wintypes.HWND
_user32.GetShellWindow.restype = wintypes.HWND
_user32.GetWindowRect.argtypes = (wintypes.HWND, ctypes.POINTER(wintypes.RECT))
_user32.MonitorFromWindow.argtypes = (wintypes.HWND, wintypes.DWORD)
_user32.MonitorFromWindow.restype = wintypes.HMONITOR
_user32.GetClassNameW.argtypes = (wintypes.HWND, wintypes.LPWSTR, ctypes.c_int)
_NEAREST = 2
_DESKTOPS = ("Progman", "WorkerW")
"""The desktop's own windows cover the screen, too, and are nobody's program."""


class _MonitorInfo(ctypes.Structure):
    _fields_ = (("size", wintypes.DWORD), ("all", wintypes.RECT), ("work", wintypes.RECT), ("flags", wintypes.DWORD))


_user32.GetMonitorInfoW.argtypes = (wintypes.HMONITOR, ctypes.POINTER(_MonitorInfo))


class Foreground:
    """Asks the system each time."""

    def __init__(self, _name: str | None = None) -> None:
        """There is one screen to ask for."""

    def is_full_screen(self) -> bool:
        """Return whether a program has the whole screen now; False where nobody can tell."""
        window = _user32.GetForegroundWindow()
        if not window or window == _user32.GetShellWindow():
            return False
        name = ctypes.create_unicode_buffer(64)
        _user32.GetClassNameW(window, name, len(name))
        place, monitor = wintypes.RECT(), _MonitorInfo(size=ctypes.sizeof(_MonitorInfo))
        is_known = _user32.GetWindowRect(window, ctypes.byref(place)) and _user32.GetMonitorInfoW(
            _user32.MonitorFromWindow(window, _NEAREST), ctypes.byref(monitor)
        )
        if not is_known or name.value in _DESKTOPS:
            return False
        whole = monitor.all
        corners = place.left <= whole.left and place.top <= whole.top
        return bool(corners and place.right >= whole.right and place.bottom >= whole.bottom)

    def close(self) -> None:
        """Nothing is held."""
