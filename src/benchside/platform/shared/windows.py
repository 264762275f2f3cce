"""Opening a file that another program writes: Windows lets it go on writing, renaming and deleting only if asked to.

Python's own `open` shares reading and writing but not deleting, so that a vendor's program could not rotate its log
while we look at it.  A file that is deleted while somebody has it open keeps its name until then: whoever uses this
closes what it opened after each look.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
import errno
import msvcrt
import os
from ctypes import wintypes
from pathlib import Path

__all__ = ["open_shared"]

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel32.CreateFileW.argtypes = (
    wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD, wintypes.DWORD, wintypes.HANDLE,
)  # fmt: skip
_kernel32.CreateFileW.restype = wintypes.HANDLE
_kernel32.GetFileType.argtypes = (wintypes.HANDLE,)
_kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)

_GENERIC_READ = 0x80000000
_SHARE_ALL = 0x1 | 0x2 | 0x4
"""FILE_SHARE_READ, FILE_SHARE_WRITE and FILE_SHARE_DELETE."""
_OPEN_EXISTING = 3
_SEQUENTIAL_SCAN = 0x08000000
_TYPE_DISK = 1
_INVALID_HANDLE = ctypes.c_void_p(-1).value


def open_shared(path: Path) -> int:
    """Return a descriptor that only reads; OSError when it cannot be had, or is no file."""
    handle = _kernel32.CreateFileW(
        str(path), _GENERIC_READ, _SHARE_ALL, None, _OPEN_EXISTING, _SEQUENTIAL_SCAN, None
    )  # fmt: skip
    if handle == _INVALID_HANDLE:
        raise ctypes.WinError(ctypes.get_last_error())
    if _kernel32.GetFileType(handle) != _TYPE_DISK:
        _kernel32.CloseHandle(handle)
        raise OSError(errno.EINVAL, "it is no file", str(path))
    return msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY)
