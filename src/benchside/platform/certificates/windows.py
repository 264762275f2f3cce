"""The machine's own certificates on Windows: the store MY of the local machine (Microsoft, "CertOpenStore")."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
from ctypes import wintypes

from benchside.platform.certificates.contract import MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES
from benchside.protocol.errors import UnavailableError

__all__ = ["machine_certificates"]

_crypt32 = ctypes.WinDLL("crypt32", use_last_error=True)
_PROVIDER_SYSTEM = 10
_NOT_FOUND = 2
_LOCAL_MACHINE, _READ_ONLY, _EXISTING = 0x20000, 0x8000, 0x4000


class _Context(ctypes.Structure):
    """CERT_CONTEXT."""

    _fields_ = (
        ("dwCertEncodingType", wintypes.DWORD),
        ("pbCertEncoded", ctypes.POINTER(ctypes.c_char)),
        ("cbCertEncoded", wintypes.DWORD),
        ("pCertInfo", wintypes.LPVOID),
        ("hCertStore", wintypes.LPVOID),
    )


_CONTEXT = ctypes.POINTER(_Context)
_crypt32.CertOpenStore.argtypes = (
    wintypes.LPVOID, wintypes.DWORD, wintypes.LPVOID, wintypes.DWORD, wintypes.LPCWSTR,
)  # fmt: skip
_crypt32.CertOpenStore.restype = wintypes.HANDLE
_crypt32.CertEnumCertificatesInStore.argtypes = (wintypes.HANDLE, _CONTEXT)
_crypt32.CertEnumCertificatesInStore.restype = _CONTEXT
_crypt32.CertFreeCertificateContext.argtypes = (_CONTEXT,)
_crypt32.CertCloseStore.argtypes = (wintypes.HANDLE, wintypes.DWORD)


def machine_certificates() -> list[bytes]:
    """Return them as DER, at most MAX_CERTIFICATES; UnavailableError when the store cannot be opened."""
    store = _crypt32.CertOpenStore(_PROVIDER_SYSTEM, 0, None, _LOCAL_MACHINE | _READ_ONLY | _EXISTING, "MY")
    if not store and ctypes.get_last_error() == _NOT_FOUND:
        return []
    if not store:
        raise UnavailableError(f"expected the machine's certificates, got error {ctypes.get_last_error():#x}")
    found: list[bytes] = []
    context = None
    try:
        while len(found) < MAX_CERTIFICATES:
            context = _crypt32.CertEnumCertificatesInStore(store, context)
            if not context:
                break
            if context.contents.cbCertEncoded <= MAX_CERTIFICATE_BYTES:
                found.append(ctypes.string_at(context.contents.pbCertEncoded, context.contents.cbCertEncoded))
        else:
            _crypt32.CertFreeCertificateContext(context)
    finally:
        _crypt32.CertCloseStore(store, 0)
    return found
