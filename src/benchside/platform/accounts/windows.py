"""Accounts of Windows: whose a process is, and security descriptors that name them."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import contextlib
import ctypes
from collections.abc import Iterator
from ctypes import wintypes
from dataclasses import dataclass
from functools import cache

__all__ = ["Account", "account_of_process", "account_of_token", "our_account", "security_for", "security_text"]

_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)

_QUERY_LIMITED, _TOKEN_QUERY, _TOKEN_USER = 0x1000, 0x8, 1
_SDDL_REVISION = 1
_MAX_NAME = 256

SYSTEM = "S-1-5-18"
# Accounts of a machine or a domain, and of a cloud directory (Microsoft, "Security identifiers").
_PEOPLE = ("S-1-5-21-", "S-1-12-1-")
# Below are accounts that Windows makes for itself, but for the built-in administrator, with whom people log in.
_FIRST_MADE_RID, _ADMINISTRATOR_RID = 1000, 500


class _SecurityAttributes(ctypes.Structure):
    _fields_ = (
        ("nLength", wintypes.DWORD),
        ("lpSecurityDescriptor", wintypes.LPVOID),
        ("bInheritHandle", wintypes.BOOL),
    )


_kernel32.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
_kernel32.OpenProcess.restype = wintypes.HANDLE
_kernel32.GetCurrentProcess.restype = wintypes.HANDLE
_kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)
_kernel32.LocalFree.argtypes = (wintypes.LPVOID,)
_kernel32.ProcessIdToSessionId.argtypes = (wintypes.DWORD, ctypes.POINTER(wintypes.DWORD))
_advapi32.OpenProcessToken.argtypes = (wintypes.HANDLE, wintypes.DWORD, ctypes.POINTER(wintypes.HANDLE))
_advapi32.GetTokenInformation.argtypes = (
    wintypes.HANDLE, ctypes.c_int, wintypes.LPVOID, wintypes.DWORD, ctypes.POINTER(wintypes.DWORD),
)  # fmt: skip
_advapi32.ConvertSidToStringSidW.argtypes = (wintypes.LPVOID, ctypes.POINTER(wintypes.LPWSTR))
_advapi32.LookupAccountSidW.argtypes = (
    wintypes.LPCWSTR, wintypes.LPVOID, wintypes.LPWSTR, ctypes.POINTER(wintypes.DWORD),
    wintypes.LPWSTR, ctypes.POINTER(wintypes.DWORD), ctypes.POINTER(wintypes.DWORD),
)  # fmt: skip
_advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW.argtypes = (
    wintypes.LPCWSTR, wintypes.DWORD, ctypes.POINTER(wintypes.LPVOID), wintypes.LPVOID,
)  # fmt: skip


@dataclass(frozen=True)
class Account:
    """A user of Windows.  `name`: as people write it, without the domain; the SID where it has none."""

    sid: str
    name: str

    @property
    def is_system(self) -> bool:
        return self.sid == SYSTEM

    @property
    def is_person(self) -> bool:
        """True for an account that a person logs in with."""
        if not self.sid.startswith(_PEOPLE):
            return False
        rid = int(self.sid.rpartition("-")[2])
        return rid >= _FIRST_MADE_RID or rid == _ADMINISTRATOR_RID


def account_of_process(pid: int) -> tuple[Account, int]:
    """Return whose process this is and its session of Windows; OSError when it is gone or may not be asked."""
    session = wintypes.DWORD()
    process = _kernel32.OpenProcess(_QUERY_LIMITED, False, pid)
    if not process:
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        if not _kernel32.ProcessIdToSessionId(pid, ctypes.byref(session)):
            raise ctypes.WinError(ctypes.get_last_error())
        return _owner_of(process), session.value
    finally:
        _kernel32.CloseHandle(process)


@cache
def our_account() -> Account:
    """The account that this process runs as."""
    return _owner_of(_kernel32.GetCurrentProcess())


def account_of_token(token: int) -> Account:
    """Whom a token stands for; OSError when it may not be asked."""
    size = wintypes.DWORD()
    _advapi32.GetTokenInformation(token, _TOKEN_USER, None, 0, ctypes.byref(size))
    room = ctypes.create_string_buffer(size.value)
    if not _advapi32.GetTokenInformation(token, _TOKEN_USER, room, size, ctypes.byref(size)):
        raise ctypes.WinError(ctypes.get_last_error())
    sid = ctypes.cast(room, ctypes.POINTER(ctypes.c_void_p))[0]
    text = wintypes.LPWSTR()
    if not _advapi32.ConvertSidToStringSidW(sid, ctypes.byref(text)):
        raise ctypes.WinError(ctypes.get_last_error())
    written = str(text.value)
    _kernel32.LocalFree(ctypes.cast(text, wintypes.LPVOID))
    return Account(written, _name_of(sid) or written)


@contextlib.contextmanager
def security_for(*, people: bool) -> Iterator[object]:
    """Security attributes, for a call to Windows: the system, its administrators and this process's account may do
    everything; `people`: whoever is logged in at this PC may speak to it.  OSError: Windows refused."""
    descriptor = wintypes.LPVOID()
    text = security_text(people=people)
    if not _advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW(
        text, _SDDL_REVISION, ctypes.byref(descriptor), None
    ):
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        yield ctypes.byref(_SecurityAttributes(ctypes.sizeof(_SecurityAttributes), descriptor, False))
    finally:
        _kernel32.LocalFree(descriptor)


def security_text(*, people: bool) -> str:
    """The same in Microsoft's own notation (SDDL); nothing is inherited from above."""
    ours = our_account()
    entries = ["(A;OICI;GA;;;SY)", "(A;OICI;GA;;;BA)"]
    if not ours.is_system:
        entries.append(f"(A;OICI;GA;;;{ours.sid})")
    if people:
        # Interactive users.  Not less than this: clients open a pipe with GENERIC_WRITE.
        entries.append("(A;;GRGW;;;IU)")
    return "D:P" + "".join(entries)


def _owner_of(process: int) -> Account:
    token = wintypes.HANDLE()
    if not _advapi32.OpenProcessToken(process, _TOKEN_QUERY, ctypes.byref(token)):
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        return account_of_token(token.value or 0)
    finally:
        _kernel32.CloseHandle(token)


def _name_of(sid: int | None) -> str:
    name, domain = ctypes.create_unicode_buffer(_MAX_NAME), ctypes.create_unicode_buffer(_MAX_NAME)
    sizes = wintypes.DWORD(_MAX_NAME), wintypes.DWORD(_MAX_NAME)
    kind = wintypes.DWORD()
    found = _advapi32.LookupAccountSidW(
        None, sid, name, ctypes.byref(sizes[0]), domain, ctypes.byref(sizes[1]), ctypes.byref(kind)
    )
    return name.value if found else ""
