"""What is put into Windows' stream of input, by SendInput.

Everything so sent is marked as injected by Windows itself; the desk's prompts take no answer from it.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
from collections.abc import Iterable
from ctypes import wintypes

from benchside.platform.display.windows import user32

__all__ = ["Input", "character", "key", "mouse", "move_to", "send"]

_INPUT_MOUSE, _INPUT_KEYBOARD = 0, 1
_KEY_EXTENDED, _KEY_UP, _KEY_UNICODE, _KEY_SCANCODE = 1, 2, 4, 8
_MOUSE_MOVE, _MOUSE_VIRTUALDESK, _MOUSE_ABSOLUTE = 0x1, 0x4000, 0x8000
_SM_VIRTUAL = (76, 77, 78, 79)  # left, top, width, height of the whole desktop
_WHOLE = 65536  # absolute moves count the desktop's width and height in so many steps


class _MouseInput(ctypes.Structure):
    _fields_ = (
        ("dx", wintypes.LONG),
        ("dy", wintypes.LONG),
        ("mouseData", wintypes.DWORD),
        ("dwFlags", wintypes.DWORD),
        ("time", wintypes.DWORD),
        ("dwExtraInfo", ctypes.c_size_t),
    )


class _KeyboardInput(ctypes.Structure):
    _fields_ = (
        ("wVk", wintypes.WORD),
        ("wScan", wintypes.WORD),
        ("dwFlags", wintypes.DWORD),
        ("time", wintypes.DWORD),
        ("dwExtraInfo", ctypes.c_size_t),
    )


class _Either(ctypes.Union):
    _fields_ = (("mouse", _MouseInput), ("keyboard", _KeyboardInput))


class Input(ctypes.Structure):
    """One event (Microsoft, INPUT)."""

    _fields_ = (("type", wintypes.DWORD), ("either", _Either))


user32.SendInput.argtypes = (wintypes.UINT, ctypes.POINTER(Input), ctypes.c_int)
user32.SendInput.restype = wintypes.UINT


def send(inputs: Iterable[Input]) -> bool:
    """Send all of them with nothing of anybody else's between; False when Windows takes them not, as it does while
    its lock screen or a question of UAC is shown."""
    several = list(inputs)
    if not several:
        return True
    array = (Input * len(several))(*several)
    return bool(user32.SendInput(len(several), array, ctypes.sizeof(Input)) == len(several))


def key(virtual: int, scan: int, *, extended: bool, down: bool) -> Input:
    """A key by its scan code, as a keyboard sends it; by its virtual key alone where it has none."""
    flags = (_KEY_SCANCODE if scan else 0) | (_KEY_EXTENDED if extended else 0) | (0 if down else _KEY_UP)
    return _keyboard(wVk=virtual, wScan=scan, dwFlags=flags)


def character(text: str) -> list[Input]:
    """A character whatever the layout: down and up of each of its UTF-16 units."""
    units = text.encode("utf-16-le")
    codes = [int.from_bytes(units[at : at + 2], "little") for at in range(0, len(units), 2)]
    return [_keyboard(wScan=code, dwFlags=_KEY_UNICODE | up) for code in codes for up in (0, _KEY_UP)]


def mouse(flags: int, data: int = 0) -> Input:
    """A button or the wheel."""
    return Input(type=_INPUT_MOUSE, either=_Either(mouse=_MouseInput(dwFlags=flags, mouseData=data & 0xFFFFFFFF)))


def move_to(x_px: int, y_px: int) -> Input:
    """To a pixel of the whole desktop."""
    left, top, width, height = (user32.GetSystemMetrics(number) for number in _SM_VIRTUAL)
    # Rounded up, for Windows rounds down on its way back to pixels.
    dx, dy = -(-(x_px - left) * _WHOLE // max(width, 1)), -(-(y_px - top) * _WHOLE // max(height, 1))
    flags = _MOUSE_MOVE | _MOUSE_ABSOLUTE | _MOUSE_VIRTUALDESK
    return Input(type=_INPUT_MOUSE, either=_Either(mouse=_MouseInput(dx=dx, dy=dy, dwFlags=flags)))


def _keyboard(**fields: int) -> Input:
    return Input(type=_INPUT_KEYBOARD, either=_Either(keyboard=_KeyboardInput(**fields)))
