"""The pointer of the Windows desktop: its picture and its place, asked for at a steady pace.

Windows tells of moves only through a hook that every mouse event of the PC would have to pass, which a slow moment of
ours would make everybody feel.  One question costs microseconds, so it is asked.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import asyncio
import ctypes
from collections.abc import Callable
from ctypes import wintypes

import numpy as np
import numpy.typing as npt

from benchside.host.pointer.contract import MOVED_PER_S
from benchside.host.pointer.icon import rgba_of_colour, rgba_of_mask
from benchside.platform.display.windows import be_dpi_aware, gdi32, user32
from benchside.protocol.wire.picture import MAX_POINTER_PX, PointerShape

__all__ = ["WindowsPointer"]

_HIDDEN = PointerShape(0, 0, 0, 0, b"")
_CURSOR_SHOWING = 1
_IDC_ARROW = 32512

# While it rests; a hand that begins to move is seen a tenth of a second later.
_REST_S = 0.1

# Larger ones do not exist (the pointer size of the accessibility settings ends at 256).
_MAX_CLAIMED_PX = 1024


class _CursorInfo(ctypes.Structure):
    _fields_ = (
        ("cbSize", wintypes.DWORD),
        ("flags", wintypes.DWORD),
        ("hCursor", wintypes.HANDLE),
        ("ptScreenPos", wintypes.POINT),
    )


class _IconInfo(ctypes.Structure):
    _fields_ = (
        ("fIcon", wintypes.BOOL),
        ("xHotspot", wintypes.DWORD),
        ("yHotspot", wintypes.DWORD),
        ("hbmMask", wintypes.HBITMAP),
        ("hbmColor", wintypes.HBITMAP),
    )


class _Bitmap(ctypes.Structure):
    _fields_ = (
        ("bmType", wintypes.LONG),
        ("bmWidth", wintypes.LONG),
        ("bmHeight", wintypes.LONG),
        ("bmWidthBytes", wintypes.LONG),
        ("bmPlanes", wintypes.WORD),
        ("bmBitsPixel", wintypes.WORD),
        ("bmBits", wintypes.LPVOID),
    )


class _BitmapHeader(ctypes.Structure):
    _fields_ = (
        ("biSize", wintypes.DWORD),
        ("biWidth", wintypes.LONG),
        ("biHeight", wintypes.LONG),
        ("biPlanes", wintypes.WORD),
        ("biBitCount", wintypes.WORD),
        ("rest", wintypes.DWORD * 6),
        ("room for a colour table", wintypes.DWORD * 2),
    )


user32.GetCursorInfo.argtypes = (ctypes.POINTER(_CursorInfo),)
user32.GetIconInfo.argtypes = (wintypes.HANDLE, ctypes.POINTER(_IconInfo))
user32.LoadCursorW.argtypes = (wintypes.HINSTANCE, wintypes.LPVOID)
user32.LoadCursorW.restype = wintypes.HANDLE
gdi32.GetObjectW.argtypes = (wintypes.HANDLE, ctypes.c_int, wintypes.LPVOID)
gdi32.GetDIBits.argtypes = (
    wintypes.HDC, wintypes.HBITMAP, wintypes.UINT, wintypes.UINT, wintypes.LPVOID, wintypes.LPVOID, wintypes.UINT,
)  # fmt: skip


class WindowsPointer:
    """A `Pointer` of the desktop that this process belongs to."""

    def __init__(self) -> None:
        be_dpi_aware()
        self._on_shape: Callable[[], None] | None = None
        self._on_moved: Callable[[int, int], None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._told_place: tuple[int, int] | None = None
        self._told_cursor = 0

    def start(self, on_shape: Callable[[], None], on_moved: Callable[[int, int], None]) -> None:
        self.stop()
        self._on_shape, self._on_moved = on_shape, on_moved
        self._told_place = None
        self._told_cursor = -1
        self._look()

    def shape(self) -> PointerShape:
        info = _cursor()
        icon = _IconInfo()
        if not info.flags & _CURSOR_SHOWING:
            return _HIDDEN
        # Wine keeps the pictures of another program's cursors to that program: then it is the arrow.
        if not user32.GetIconInfo(info.hCursor, ctypes.byref(icon)) and not user32.GetIconInfo(
            user32.LoadCursorW(None, _IDC_ARROW), ctypes.byref(icon)
        ):
            return _HIDDEN
        try:
            return _shape_of(icon)
        finally:
            for bitmap in (icon.hbmMask, icon.hbmColor):
                if bitmap:
                    gdi32.DeleteObject(bitmap)

    def position(self) -> tuple[int, int]:
        place = _cursor().ptScreenPos
        return place.x, place.y

    def stop(self) -> None:
        self._on_shape = self._on_moved = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def attach(self, on_ready: Callable[[], None]) -> None:
        """Nothing of it waits to be read: `start` asks by itself."""

    def detach(self) -> None:
        """See `attach`."""

    def read(self) -> bool:
        return False

    def close(self) -> None:
        self.stop()

    def _look(self) -> None:
        """Tell what is new; look again soon while it moves."""
        if self._on_shape is None or self._on_moved is None:
            return
        info = _cursor()
        cursor = (info.hCursor or 0) if info.flags & _CURSOR_SHOWING else 0
        place = info.ptScreenPos.x, info.ptScreenPos.y
        has_moved = place != self._told_place
        wait_s = 1 / MOVED_PER_S if has_moved else _REST_S
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._look)
        if cursor != self._told_cursor:
            self._told_cursor = cursor
            self._on_shape()
        if has_moved:
            self._told_place = place
            self._on_moved(*place)


def _cursor() -> _CursorInfo:
    """The pointer now; hidden while Windows shows another desktop than ours."""
    info = _CursorInfo(cbSize=ctypes.sizeof(_CursorInfo))
    if not user32.GetCursorInfo(ctypes.byref(info)):
        info.flags = 0
    return info


def _shape_of(icon: _IconInfo) -> PointerShape:
    bitmap = _Bitmap()
    gdi32.GetObjectW(icon.hbmColor or icon.hbmMask, ctypes.sizeof(bitmap), ctypes.byref(bitmap))
    width, height = bitmap.bmWidth, bitmap.bmHeight if icon.hbmColor else bitmap.bmHeight // 2
    if not 0 < width <= _MAX_CLAIMED_PX or not 0 < height <= _MAX_CLAIMED_PX:
        return _HIDDEN
    shown = min(width, MAX_POINTER_PX), min(height, MAX_POINTER_PX)
    if icon.hbmColor:
        colour = _pixels(icon.hbmColor, width, height)[: shown[1], : shown[0]]
        mask = _pixels(icon.hbmMask, width, height)[: shown[1], : shown[0], 0]
        rgba = rgba_of_colour(colour, mask)
    else:
        both = _pixels(icon.hbmMask, width, 2 * height)[..., 0]
        rgba = rgba_of_mask(
            np.concatenate((both[: shown[1], : shown[0]], both[height : height + shown[1], : shown[0]]))
        )
    return PointerShape(
        width_px=shown[0],
        height_px=shown[1],
        hot_x_px=min(icon.xHotspot, shown[0]),
        hot_y_px=min(icon.yHotspot, shown[1]),
        rgba=rgba,
    )


def _pixels(bitmap: int, width: int, height: int) -> npt.NDArray[np.uint8]:
    """(height, width, 4) B, G, R, A, the top row first."""
    header = _BitmapHeader(biSize=40, biWidth=width, biHeight=-height, biPlanes=1, biBitCount=32)
    pixels = np.zeros((height, width, 4), np.uint8)
    context = user32.GetDC(None)
    gdi32.GetDIBits(context, bitmap, 0, height, pixels.ctypes.data, ctypes.byref(header), 0)
    user32.ReleaseDC(None, context)
    return pixels
