"""Private files on Windows: by a folder's access list, which all files in it inherit.

Sealing to the machine besides is in platform/sealing.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
import msvcrt
import os
from ctypes import wintypes
from pathlib import Path

from benchside.platform.accounts.windows import security_text

__all__ = ["close_folder", "lock_file", "make_durable"]

_advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)
_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)

_DACL, _PROTECTED_DACL = 0x4, 0x80000000
_FILE_OBJECT, _SDDL_REVISION = 1, 1

_advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW.argtypes = (
    wintypes.LPCWSTR, wintypes.DWORD, ctypes.POINTER(wintypes.LPVOID), wintypes.LPVOID,
)  # fmt: skip
_advapi32.GetSecurityDescriptorDacl.argtypes = (
    wintypes.LPVOID, ctypes.POINTER(wintypes.BOOL), ctypes.POINTER(wintypes.LPVOID), ctypes.POINTER(wintypes.BOOL),
)  # fmt: skip
_advapi32.SetNamedSecurityInfoW.argtypes = (
    wintypes.LPWSTR, ctypes.c_int, wintypes.DWORD, *(wintypes.LPVOID,) * 4,
)  # fmt: skip
_kernel32.LocalFree.argtypes = (wintypes.LPVOID,)


def close_folder(folder: Path) -> None:
    """Let nobody but the system, its administrators and this account into `folder`; OSError: Windows refused.

    Nothing is inherited from the folder above, so whatever stands there opens nothing here.
    """
    descriptor, access_list = wintypes.LPVOID(), wintypes.LPVOID()
    present, defaulted = wintypes.BOOL(), wintypes.BOOL()
    if not _advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW(
        security_text(people=False), _SDDL_REVISION, ctypes.byref(descriptor), None
    ):
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        _advapi32.GetSecurityDescriptorDacl(
            descriptor, ctypes.byref(present), ctypes.byref(access_list), ctypes.byref(defaulted)
        )
        failed = _advapi32.SetNamedSecurityInfoW(
            str(folder), _FILE_OBJECT, _DACL | _PROTECTED_DACL, None, None, access_list, None
        )
        if failed:
            raise ctypes.WinError(failed)
    finally:
        _kernel32.LocalFree(descriptor)


def make_durable(folder: Path) -> None:
    """NTFS writes its own journal of what is moved: nothing to do."""


def lock_file(path: Path) -> int:
    """Take `path` for this process until it ends; OSError: another has it.  Return the open handle."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_BINARY | os.O_NOINHERIT, 0o600)
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError:
        os.close(handle)
        raise
    return handle
