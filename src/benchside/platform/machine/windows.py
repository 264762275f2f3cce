"""The machine on Windows: its memory, ticks, build, and the registry's marks of a pending restart."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
import winreg
from ctypes import wintypes

from benchside.platform.machine.contract import Memory, Release
from benchside.protocol.errors import UnavailableError

__all__ = ["boot_s", "find_release", "needs_restart", "read_memory"]

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel32.GetTickCount64.restype = ctypes.c_uint64
_VERSION = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
_RESTART_MARKS = (
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending",
    "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired",
)
"""Servicing's and Windows Update's.  Not PendingFileRenameOperations: every second installer leaves some for ever."""


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX."""

    _fields_ = (
        ("dwLength", wintypes.DWORD),
        ("dwMemoryLoad", wintypes.DWORD),
        ("ullTotalPhys", ctypes.c_uint64),
        ("ullAvailPhys", ctypes.c_uint64),
        ("ullTotalPageFile", ctypes.c_uint64),
        ("ullAvailPageFile", ctypes.c_uint64),
        ("ullTotalVirtual", ctypes.c_uint64),
        ("ullAvailVirtual", ctypes.c_uint64),
        ("ullAvailExtendedVirtual", ctypes.c_uint64),
    )


def boot_s() -> float:
    """Return seconds since the machine started, sleep included, which no change of the clock touches."""
    return float(_kernel32.GetTickCount64()) / 1000


def read_memory() -> Memory:
    """Return the memory; UnavailableError when Windows does not say."""
    status = _MemoryStatus(dwLength=ctypes.sizeof(_MemoryStatus))
    if not _kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        raise UnavailableError(f"expected the memory's status, got error {ctypes.get_last_error()}")
    return Memory(status.ullTotalPhys, status.ullAvailPhys)


def find_release() -> Release:
    """Return build and edition as the registry has them; a program without a manifest is told older ones."""
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _VERSION, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as key:
            build = str(winreg.QueryValueEx(key, "CurrentBuild")[0])
            try:
                edition = str(winreg.QueryValueEx(key, "EditionID")[0])
            except OSError:
                edition = ""
    except OSError as error:
        raise UnavailableError("expected Windows' build in the registry, got none") from error
    return Release("windows", build, edition)


def needs_restart() -> bool | None:
    """Return whether an update waits for a restart."""
    for name in _RESTART_MARKS:
        try:
            winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, name, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY).Close()
        except FileNotFoundError:
            continue
        return True
    return False
