"""Drives on Windows (Microsoft, "Volume management functions"), and the Unified Write Filter's say over a folder."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
from ctypes import wintypes
from pathlib import Path

from benchside.platform.volumes.contract import MAX_VOLUMES, Overlay, Volume

__all__ = ["find_overlay", "list_volumes"]

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_FIXED, _READ_ONLY = 3, 0x80000
_WHOLE = ctypes.POINTER(ctypes.c_ulonglong)
_COUNT = ctypes.POINTER(wintypes.DWORD)
_kernel32.GetDriveTypeW.argtypes = (wintypes.LPCWSTR,)
_kernel32.GetDiskFreeSpaceExW.argtypes = (wintypes.LPCWSTR, _WHOLE, _WHOLE, _WHOLE)
_kernel32.GetVolumeInformationW.argtypes = (
    wintypes.LPCWSTR, wintypes.LPWSTR, wintypes.DWORD, _COUNT, _COUNT, _COUNT, wintypes.LPWSTR, wintypes.DWORD,
)  # fmt: skip


def list_volumes() -> list[Volume]:
    """Return the fixed drives that have a letter; without a medium or locked ones are left out."""
    letters = _kernel32.GetLogicalDrives()
    found = []
    for number in range(26):
        if not letters >> number & 1:
            continue
        name = f"{chr(ord('A') + number)}:"
        if _kernel32.GetDriveTypeW(f"{name}\\") == _FIXED and (one := _volume(name)) is not None:
            found.append(one)
    return found[:MAX_VOLUMES]


def find_overlay(folder: Path) -> Overlay | None:
    """Return what the Unified Write Filter does to `folder`; None where it is not installed or not on."""
    from benchside.platform.volumes.windows_filter import ask_filter  # COM is loaded only for those who ask

    return ask_filter(folder)


def _volume(name: str) -> Volume | None:
    free, total, whole_free = ctypes.c_ulonglong(), ctypes.c_ulonglong(), ctypes.c_ulonglong()
    root = f"{name}\\"
    # an empty card reader must not open a window that asks for a card
    if not _kernel32.GetDiskFreeSpaceExW(root, ctypes.byref(free), ctypes.byref(total), ctypes.byref(whole_free)):
        return None
    flags = wintypes.DWORD()
    known = _kernel32.GetVolumeInformationW(root, None, 0, None, None, ctypes.byref(flags), None, 0)
    if not total.value:
        return None
    return Volume(name, total.value, whole_free.value, bool(known and flags.value & _READ_ONLY), None)
