"""Pixels of the Windows desktop by GDI: only of the box that is asked for, into memory of our own."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
from ctypes import wintypes

import numpy as np

from benchside.media.damage import Box
from benchside.media.tiles import Pixels
from benchside.platform.display.windows import gdi32, user32
from benchside.protocol.errors import UnavailableError

__all__ = ["Screen", "Sheet"]

# Without CAPTUREBLT: since desktop composition (Windows 8: always) layered windows are in the picture anyway, and with
# it the pointer flickers at each copy.
_SRCCOPY = 0x00CC0020
_DIB_RGB_COLORS = 0


class _BitmapInfo(ctypes.Structure):
    _fields_ = (
        ("biSize", wintypes.DWORD),
        ("biWidth", wintypes.LONG),
        ("biHeight", wintypes.LONG),
        ("biPlanes", wintypes.WORD),
        ("biBitCount", wintypes.WORD),
        ("biCompression", wintypes.DWORD),
        ("biSizeImage", wintypes.DWORD),
        ("biXPelsPerMeter", wintypes.LONG),
        ("biYPelsPerMeter", wintypes.LONG),
        ("biClrUsed", wintypes.DWORD),
        ("biClrImportant", wintypes.DWORD),
    )


user32.GetDC.argtypes = (wintypes.HWND,)
user32.GetDC.restype = wintypes.HDC
user32.ReleaseDC.argtypes = (wintypes.HWND, wintypes.HDC)
gdi32.CreateCompatibleDC.argtypes = (wintypes.HDC,)
gdi32.CreateCompatibleDC.restype = wintypes.HDC
gdi32.DeleteDC.argtypes = (wintypes.HDC,)
gdi32.CreateDIBSection.argtypes = (
    wintypes.HDC, ctypes.POINTER(_BitmapInfo), wintypes.UINT, ctypes.POINTER(ctypes.c_void_p), wintypes.HANDLE,
    wintypes.DWORD,
)  # fmt: skip
gdi32.CreateDIBSection.restype = wintypes.HBITMAP
gdi32.SelectObject.argtypes = (wintypes.HDC, wintypes.HGDIOBJ)
gdi32.SelectObject.restype = wintypes.HGDIOBJ
gdi32.DeleteObject.argtypes = (wintypes.HGDIOBJ,)
gdi32.BitBlt.argtypes = (
    wintypes.HDC, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int,
    wintypes.HDC, ctypes.c_int, ctypes.c_int, wintypes.DWORD,
)  # fmt: skip


class Sheet:
    """A picture in memory that GDI draws into: bytes B, G, R and one without meaning, the top row first."""

    def __init__(self, width_px: int, height_px: int) -> None:
        """UnavailableError: Windows has no room for it."""
        self.width_px, self.height_px = width_px, height_px
        # A negative height means that the top row comes first.
        header = _BitmapInfo(
            biSize=ctypes.sizeof(_BitmapInfo), biWidth=width_px, biHeight=-height_px, biPlanes=1, biBitCount=32
        )
        bits = ctypes.c_void_p()
        self.context: int = gdi32.CreateCompatibleDC(None)
        self._bitmap = gdi32.CreateDIBSection(
            self.context, ctypes.byref(header), _DIB_RGB_COLORS, ctypes.byref(bits), None, 0
        )
        if not self.context or not self._bitmap or not bits.value:
            self.close()
            raise UnavailableError(f"expected room for a picture of {width_px}x{height_px}, got none from Windows")
        gdi32.SelectObject(self.context, self._bitmap)
        memory = (ctypes.c_uint8 * (width_px * height_px * 4)).from_address(bits.value)
        self.pixels: Pixels = np.ctypeslib.as_array(memory).reshape(height_px, width_px, 4)

    def close(self) -> None:
        """Free it; `pixels` must not be looked at any more."""
        self.pixels = np.zeros((0, 0, 4), np.uint8)
        if self.context:
            gdi32.DeleteDC(self.context)
        if self._bitmap:
            gdi32.DeleteObject(self._bitmap)
        self.context = self._bitmap = 0


class Screen:
    """The desktop that people see.  Asked for anew at each copy: a context from before a change of mode shows nothing
    new."""

    def copy(self, box: Box, sheet: Sheet, x_px: int = 0, y_px: int = 0) -> bool:
        """Copy `box` of the desktop to a place of `sheet`.

        False, and nothing is copied, while Windows shows another desktop than ours: the lock screen or a question of
        UAC.
        """
        context = user32.GetDC(None)
        if not context:
            return False
        try:
            copied = gdi32.BitBlt(
                sheet.context, x_px, y_px, box.width_px, box.height_px, context, box.left, box.top, _SRCCOPY
            )
            gdi32.GdiFlush()
        finally:
            user32.ReleaseDC(None, context)
        return bool(copied)
