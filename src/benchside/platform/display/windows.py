"""Windows' desktop: its monitors, its windows from the topmost down, and the functions that all parts use of it.

Coordinates are physical pixels of the whole desktop; a monitor left of or above the primary one has negative ones.
So the process must be aware of the DPI of each monitor before it makes its first window: `be_dpi_aware`.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
from ctypes import wintypes
from dataclasses import dataclass

from benchside.media.damage import Box

__all__ = [
    "MAX_TITLE",
    "MAX_WINDOWS",
    "MonitorPlace",
    "WindowPlace",
    "be_dpi_aware",
    "class_of",
    "gdi32",
    "has_compositor",
    "inside_of",
    "list_monitors",
    "list_windows",
    "place_of",
    "title_of",
    "user32",
    "window_at",
]

user32 = ctypes.WinDLL("user32", use_last_error=True)
gdi32 = ctypes.WinDLL("gdi32", use_last_error=True)
_dwmapi = ctypes.WinDLL("dwmapi", use_last_error=True)

# A window that nobody sees: on another virtual desktop, or a suspended app's.
_DWMWA_CLOAKED = 14
# Without the invisible border by which one drags a window's edge.
_DWMWA_EXTENDED_FRAME_BOUNDS = 9
_PER_MONITOR_V2 = -4
_GWL_EXSTYLE = -20
_EX_TOPMOST, _EX_TRANSPARENT, _EX_TOOLWINDOW, _EX_LAYERED = 0x8, 0x20, 0x80, 0x80000
_MONITORINFOF_PRIMARY = 1
_EDD_GET_DEVICE_INTERFACE_NAME = 1
_GA_ROOT = 2

# More than a desktop has; the rest counts as covering everything below.
MAX_WINDOWS = 4096
MAX_TITLE = 511
"""A longer one is cut here."""
_MAX_CLASS = 256


class _MonitorInfo(ctypes.Structure):
    _fields_ = (
        ("cbSize", wintypes.DWORD),
        ("rcMonitor", wintypes.RECT),
        ("rcWork", wintypes.RECT),
        ("dwFlags", wintypes.DWORD),
        ("szDevice", wintypes.WCHAR * 32),
    )


class _DisplayDevice(ctypes.Structure):
    _fields_ = (
        ("cb", wintypes.DWORD),
        ("DeviceName", wintypes.WCHAR * 32),
        ("DeviceString", wintypes.WCHAR * 128),
        ("StateFlags", wintypes.DWORD),
        ("DeviceID", wintypes.WCHAR * 128),
        ("DeviceKey", wintypes.WCHAR * 128),
    )


_MONITOR_CALL = ctypes.WINFUNCTYPE(
    wintypes.BOOL, wintypes.HMONITOR, wintypes.HDC, ctypes.POINTER(wintypes.RECT), wintypes.LPARAM
)
_WINDOW_CALL = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)

user32.EnumDisplayMonitors.argtypes = (wintypes.HDC, wintypes.LPVOID, _MONITOR_CALL, wintypes.LPARAM)
user32.GetMonitorInfoW.argtypes = (wintypes.HMONITOR, ctypes.POINTER(_MonitorInfo))
user32.EnumDisplayDevicesW.argtypes = (
    wintypes.LPCWSTR, wintypes.DWORD, ctypes.POINTER(_DisplayDevice), wintypes.DWORD,
)  # fmt: skip
user32.EnumWindows.argtypes = (_WINDOW_CALL, wintypes.LPARAM)
user32.SetProcessDpiAwarenessContext.argtypes = (wintypes.HANDLE,)
user32.GetWindowRect.argtypes = (wintypes.HWND, ctypes.POINTER(wintypes.RECT))
user32.GetWindowTextW.argtypes = (wintypes.HWND, wintypes.LPWSTR, ctypes.c_int)
user32.GetClassNameW.argtypes = (wintypes.HWND, wintypes.LPWSTR, ctypes.c_int)
user32.GetClientRect.argtypes = (wintypes.HWND, ctypes.POINTER(wintypes.RECT))
user32.ClientToScreen.argtypes = (wintypes.HWND, ctypes.POINTER(wintypes.POINT))
user32.GetWindowThreadProcessId.argtypes = (wintypes.HWND, ctypes.POINTER(wintypes.DWORD))
user32.GetWindowThreadProcessId.restype = wintypes.DWORD
user32.GetWindowLongW.argtypes = (wintypes.HWND, ctypes.c_int)
user32.WindowFromPoint.argtypes = (wintypes.POINT,)
user32.WindowFromPoint.restype = wintypes.HWND
user32.GetAncestor.argtypes = (wintypes.HWND, wintypes.UINT)
user32.GetAncestor.restype = wintypes.HWND
for _name in ("IsWindow", "IsWindowVisible", "IsIconic"):
    getattr(user32, _name).argtypes = (wintypes.HWND,)
_dwmapi.DwmGetWindowAttribute.argtypes = (wintypes.HWND, wintypes.DWORD, wintypes.LPVOID, wintypes.DWORD)


@dataclass(frozen=True, slots=True)
class MonitorPlace:
    """`key` stays with this monitor at this output of the graphics card, and is never another's."""

    key: str
    name: str
    box: Box
    is_primary: bool


@dataclass(frozen=True, slots=True)
class WindowPlace:
    """A window of the desktop that is shown.  `owner`: its process and thread, so that a number that Windows gives
    anew can be told from the old one.  `is_layered`: what lies below may shine through it."""

    handle: int
    owner: tuple[int, int]
    box: Box
    is_topmost: bool
    is_layered: bool
    is_tool: bool
    lets_clicks_through: bool


def be_dpi_aware() -> None:
    """See true pixels on every monitor; harmless when set before.  Windows before 1703 knows the older way alone."""
    if not user32.SetProcessDpiAwarenessContext(_PER_MONITOR_V2):
        user32.SetProcessDPIAware()


def list_monitors() -> list[MonitorPlace]:
    """The monitors that show the desktop now; none when there is no desktop (a service's window station)."""
    found: list[MonitorPlace] = []

    def take(monitor: int, _context: object, _rect: object, _data: object) -> bool:
        info = _MonitorInfo(cbSize=ctypes.sizeof(_MonitorInfo))
        if user32.GetMonitorInfoW(monitor, ctypes.byref(info)):
            device = _DisplayDevice(cb=ctypes.sizeof(_DisplayDevice))
            known = user32.EnumDisplayDevicesW(info.szDevice, 0, ctypes.byref(device), _EDD_GET_DEVICE_INTERFACE_NAME)
            found.append(
                MonitorPlace(
                    key=f"{info.szDevice} {device.DeviceID if known else ''}",
                    name=device.DeviceString if known and device.DeviceString else info.szDevice,
                    box=_box(info.rcMonitor),
                    is_primary=bool(info.dwFlags & _MONITORINFOF_PRIMARY),
                )
            )
        return True

    user32.EnumDisplayMonitors(None, None, _MONITOR_CALL(take), 0)
    return found


def list_windows() -> list[WindowPlace]:
    """Every window that is shown on the desktop, the topmost first; about a millisecond for a hundred."""
    handles: list[int] = []

    def take(handle: int, _data: object) -> bool:
        handles.append(handle)
        return len(handles) < MAX_WINDOWS

    user32.EnumWindows(_WINDOW_CALL(take), 0)
    return [place for handle in handles if (place := place_of(handle)) is not None]


def place_of(handle: int) -> WindowPlace | None:
    """Where a window is; None for one that does not exist, is hidden, minimised, or on another virtual desktop."""
    if not user32.IsWindowVisible(handle) or user32.IsIconic(handle) or _is_cloaked(handle):
        return None
    box = _frame_of(handle)
    if not box:
        return None
    process = wintypes.DWORD()
    thread = user32.GetWindowThreadProcessId(handle, ctypes.byref(process))
    style = user32.GetWindowLongW(handle, _GWL_EXSTYLE)
    return WindowPlace(
        handle=handle,
        owner=(process.value, thread),
        box=box,
        is_topmost=bool(style & _EX_TOPMOST),
        is_layered=bool(style & _EX_LAYERED),
        is_tool=bool(style & _EX_TOOLWINDOW),
        lets_clicks_through=bool(style & _EX_TRANSPARENT),
    )


def title_of(handle: int) -> str:
    """What its title bar says.  Asks Windows, never the program, which may hang."""
    text = ctypes.create_unicode_buffer(MAX_TITLE + 1)
    user32.GetWindowTextW(handle, text, MAX_TITLE + 1)
    return text.value


def class_of(handle: int) -> str:
    """What kind of window its program calls it."""
    text = ctypes.create_unicode_buffer(_MAX_CLASS + 1)
    user32.GetClassNameW(handle, text, _MAX_CLASS + 1)
    return text.value


def inside_of(handle: int) -> Box:
    """The program's own area of a window, without title bar and frame; empty when it is gone."""
    rect, corner = wintypes.RECT(), wintypes.POINT()
    if not user32.GetClientRect(handle, ctypes.byref(rect)) or not user32.ClientToScreen(handle, ctypes.byref(corner)):
        return Box(0, 0, 0, 0)
    return Box(corner.x, corner.y, corner.x + rect.right, corner.y + rect.bottom)


def has_compositor() -> bool:
    """Whether the desktop window manager draws the screen: from Windows 8 on always, under Wine never."""
    enabled = wintypes.BOOL()
    return not _dwmapi.DwmIsCompositionEnabled(ctypes.byref(enabled)) and bool(enabled.value)


def window_at(x_px: int, y_px: int) -> int:
    """The top-level window that a click there would reach; 0 for none."""
    handle = user32.WindowFromPoint(wintypes.POINT(x_px, y_px))
    return int(user32.GetAncestor(handle, _GA_ROOT) or 0) if handle else 0


def _is_cloaked(handle: int) -> bool:
    cloaked = wintypes.DWORD()
    failed = _dwmapi.DwmGetWindowAttribute(handle, _DWMWA_CLOAKED, ctypes.byref(cloaked), ctypes.sizeof(cloaked))
    return not failed and bool(cloaked.value)


def _frame_of(handle: int) -> Box:
    rect = wintypes.RECT()
    if _dwmapi.DwmGetWindowAttribute(
        handle, _DWMWA_EXTENDED_FRAME_BOUNDS, ctypes.byref(rect), ctypes.sizeof(rect)
    ) and not user32.GetWindowRect(handle, ctypes.byref(rect)):
        return Box(0, 0, 0, 0)
    return _box(rect)


def _box(rect: wintypes.RECT) -> Box:
    return Box(rect.left, rect.top, rect.right, rect.bottom)
