"""Sealing on Windows: the data protection API, under the machine's own key (Microsoft, "CryptProtectData").

The machine's scope and not the account's: an administrator enrols the PC, and the service that then opens the keys runs
as the system.  Any program of the machine could open what it can read; the folder's access list (platform/private) is
why it can read nothing.
"""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
import functools
import os
from ctypes import wintypes

from benchside.platform.sealing.contract import OpenFile, Sealing
from benchside.protocol.errors import UnavailableError

__all__ = ["DataProtection", "find_sealing"]

_crypt32 = ctypes.WinDLL("crypt32", use_last_error=True)
_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)

_UI_FORBIDDEN, _LOCAL_MACHINE = 0x1, 0x4


class _Blob(ctypes.Structure):
    _fields_ = (("cbData", wintypes.DWORD), ("pbData", ctypes.POINTER(ctypes.c_char)))


_BLOB = ctypes.POINTER(_Blob)
_crypt32.CryptProtectData.argtypes = (
    _BLOB, wintypes.LPCWSTR, _BLOB, wintypes.LPVOID, wintypes.LPVOID, wintypes.DWORD, _BLOB,
)  # fmt: skip
_crypt32.CryptUnprotectData.argtypes = (
    _BLOB, wintypes.LPVOID, _BLOB, wintypes.LPVOID, wintypes.LPVOID, wintypes.DWORD, _BLOB,
)  # fmt: skip
_kernel32.LocalFree.argtypes = (wintypes.LPVOID,)


class DataProtection:
    """A `Sealing`.  The label goes in as entropy: what was sealed under one name opens under no other."""

    word = "dpapi"
    told = "Windows' data protection, under this machine's key"

    def seal(self, name: str, secret: bytes) -> bytes:
        """Return the protected blob; UnavailableError when Windows refuses."""
        given, label, out = _blob(secret), _blob(_entropy(name)), _Blob()
        if not _crypt32.CryptProtectData(
            ctypes.byref(given), None, ctypes.byref(label), None, None, _UI_FORBIDDEN | _LOCAL_MACHINE,
            ctypes.byref(out),
        ):  # fmt: skip
            raise _refused("seal")
        return _taken(out)

    def open(self, name: str, sealed: bytes) -> bytes:
        """Return the secret; UnavailableError on another machine, or for something changed."""
        given, label, out = _blob(sealed), _blob(_entropy(name)), _Blob()
        if not _crypt32.CryptUnprotectData(
            ctypes.byref(given), None, ctypes.byref(label), None, None, _UI_FORBIDDEN, ctypes.byref(out)
        ):
            raise _refused("open")
        return _taken(out)


@functools.cache
def find_sealing() -> Sealing:
    """Return the best way that works here, tried once; never fails."""
    sealing, tried = DataProtection(), os.urandom(32)
    try:
        if sealing.open("trial", sealing.seal("trial", tried)) == tried:
            return sealing
    except UnavailableError:
        pass
    return OpenFile("Windows' data protection does not work")


def _entropy(name: str) -> bytes:
    return f"benchside {name}".encode()


def _blob(data: bytes) -> _Blob:
    buffer = ctypes.create_string_buffer(data, len(data))
    return _Blob(len(data), ctypes.cast(buffer, ctypes.POINTER(ctypes.c_char)))


def _taken(blob: _Blob) -> bytes:
    try:
        return ctypes.string_at(blob.pbData, blob.cbData)
    finally:
        ctypes.memset(blob.pbData, 0, blob.cbData)
        _kernel32.LocalFree(blob.pbData)


def _refused(word: str) -> UnavailableError:
    return UnavailableError(f"expected Windows to {word} a secret, got error {ctypes.get_last_error():#x}")
