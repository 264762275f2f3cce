"""Private files on Windows: by a folder's access list, which all files in it inherit.

Sealing to the machine besides is in platform/sealing.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
import msvcrt
import os
import stat
from collections.abc import Iterator
from ctypes import wintypes
from itertools import islice
from pathlib import Path

from benchside.platform.accounts.windows import SYSTEM, our_account, security_text

__all__ = ["close_folder", "lock_file", "make_durable", "things_of_others"]

_advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)
_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)

_OWNER, _DACL, _PROTECTED_DACL = 0x1, 0x4, 0x80000000
_FILE_OBJECT, _SDDL_REVISION = 1, 1
_ADMINISTRATORS = "S-1-5-32-544"
# Windows' own installer, to which the system's folders belong (Microsoft, "Security identifiers").
_TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
MAX_THINGS = 10_000
"""A service's folder has some dozens of files; a tree without end must not hold up its start."""

_advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW.argtypes = (
    wintypes.LPCWSTR, wintypes.DWORD, ctypes.POINTER(wintypes.LPVOID), wintypes.LPVOID,
)  # fmt: skip
_advapi32.GetSecurityDescriptorDacl.argtypes = (
    wintypes.LPVOID, ctypes.POINTER(wintypes.BOOL), ctypes.POINTER(wintypes.LPVOID), ctypes.POINTER(wintypes.BOOL),
)  # fmt: skip
_advapi32.SetNamedSecurityInfoW.argtypes = (
    wintypes.LPWSTR, ctypes.c_int, wintypes.DWORD, *(wintypes.LPVOID,) * 4,
)  # fmt: skip
_advapi32.GetNamedSecurityInfoW.argtypes = (
    wintypes.LPCWSTR, ctypes.c_int, wintypes.DWORD, ctypes.POINTER(wintypes.LPVOID), *(wintypes.LPVOID,) * 3,
    ctypes.POINTER(wintypes.LPVOID),
)  # fmt: skip
_advapi32.ConvertSidToStringSidW.argtypes = (wintypes.LPVOID, ctypes.POINTER(wintypes.LPWSTR))
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


def things_of_others(folder: Path) -> Iterator[Path]:
    """Yield what belongs to another account than the system's, its administrators' and ours; OSError.

    Of `folder`, all that is in it, and the folder above.  Whoever owns a file or a folder may open it again, however
    closed what is around it is, and everybody may make folders in %ProgramData%: what somebody put there before us
    stays theirs.  So does what a link points to.
    """
    for path in (folder.parent, folder, *islice(folder.rglob("*"), MAX_THINGS)):
        try:
            is_ours = not _is_link(path) and _owner(path) in (
                SYSTEM, _ADMINISTRATORS, _TRUSTED_INSTALLER, our_account().sid,
            )  # fmt: skip
        except FileNotFoundError:
            continue  # gone meanwhile, as a database's own files are
        if not is_ours:
            yield path


def _is_link(path: Path) -> bool:
    return bool(path.lstat().st_file_attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)


def _owner(path: Path) -> str:
    owner, descriptor, text = wintypes.LPVOID(), wintypes.LPVOID(), wintypes.LPWSTR()
    failed = _advapi32.GetNamedSecurityInfoW(
        str(path), _FILE_OBJECT, _OWNER, ctypes.byref(owner), None, None, None, ctypes.byref(descriptor)
    )
    if failed:
        raise ctypes.WinError(failed)
    try:
        if not _advapi32.ConvertSidToStringSidW(owner, ctypes.byref(text)):
            raise ctypes.WinError(ctypes.get_last_error())
        found = str(text.value)
        _kernel32.LocalFree(ctypes.cast(text, wintypes.LPVOID))
        return found
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
