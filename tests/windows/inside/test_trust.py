"""Servers are checked by Windows itself: by what it trusts, and an authority that a setting adds."""

from __future__ import annotations

import asyncio
import ctypes
import datetime
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import wintypes
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from benchside.protocol.errors import UnavailableError
from benchside.transport.serve import Served, ServedLimits, bind, listen, server_tls
from benchside.transport.tls import client_tls
from benchside.transport.websocket import dial


def certificate(folder: Path, name: str = "localhost", days: int = 1) -> tuple[Path, Path, Path]:
    """An authority, and a server's certificate and key by it."""
    now = datetime.datetime.now(datetime.UTC)
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer, subject = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("lab tests", "server"))

    def build(whose: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder(issuer_name=issuer, subject_name=whose, public_key=public)
        begins = now - datetime.timedelta(days=5)
        return builder.serial_number(x509.random_serial_number()).not_valid_before(begins)

    authority = (
        build(issuer, authority_key.public_key())
        .not_valid_after(now + datetime.timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(authority_key, hashes.SHA256())
    )
    made = (
        build(subject, key.public_key())
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(authority.public_bytes(pem))
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "ca.pem", folder / "cert.pem", folder / "key.pem"


async def says_it_back(tls: ssl.SSLContext, cert: Path, key: Path) -> bool:
    async def run(served: Served) -> None:
        served.send(await served.receive(10))
        await served.receive(10)

    bound = bind("127.0.0.1", 0)
    limits = ServedLimits(max_message_bytes=1000)
    paths = {"/x": lambda: Served(limits, run, "echo")}
    server = await listen(bound, paths, tls=server_tls(cert, key), max_frame_bytes=1000)
    try:
        link = await dial(f"wss://localhost:{bound.getsockname()[1]}/x", tls=tls, max_bytes=1000)
        link.send(b"hello")
        said = await asyncio.wait_for(link.receive(), 10)
        link.abort()
        return said == b"hello"
    finally:
        server.close()


@contextmanager
def trusted_by_windows(ca: Path) -> Iterator[None]:
    """In the log-in's own list of authorities meanwhile, as an administrator's rule would put it there."""
    der = x509.load_pem_x509_certificate(ca.read_bytes()).public_bytes(serialization.Encoding.DER)
    crypt32 = ctypes.WinDLL("crypt32")
    crypt32.CertOpenSystemStoreW.argtypes = (wintypes.LPVOID, wintypes.LPCWSTR)
    crypt32.CertOpenSystemStoreW.restype = wintypes.LPVOID
    crypt32.CertAddEncodedCertificateToStore.argtypes = (
        wintypes.LPVOID, wintypes.DWORD, ctypes.c_char_p, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID,
    )  # fmt: skip
    crypt32.CertDeleteCertificateFromStore.argtypes = (wintypes.LPVOID,)
    crypt32.CertCloseStore.argtypes = (wintypes.LPVOID, wintypes.DWORD)
    store, added = crypt32.CertOpenSystemStoreW(None, "ROOT"), wintypes.LPVOID()
    assert crypt32.CertAddEncodedCertificateToStore(store, 1, der, len(der), 3, ctypes.byref(added))
    try:
        yield
    finally:
        crypt32.CertDeleteCertificateFromStore(added)
        crypt32.CertCloseStore(store, 0)


async def test_what_windows_trusts_is_trusted(tmp_path: Path) -> None:
    ca, cert, key = certificate(tmp_path)
    with trusted_by_windows(ca):
        assert await says_it_back(client_tls(None), cert, key)
        for bad in (certificate(tmp_path, "other.example"), certificate(tmp_path, days=-1)):
            with trusted_by_windows(bad[0]), pytest.raises(UnavailableError, match=r"(?i)certificate"):
                await says_it_back(client_tls(None), *bad[1:])
    ca, cert, key = certificate(tmp_path)
    with pytest.raises(UnavailableError):
        await says_it_back(client_tls(None), cert, key)


async def test_an_added_authority_is_trusted(tmp_path: Path) -> None:
    ca, cert, key = certificate(tmp_path)
    assert await says_it_back(client_tls(ca), cert, key)


@pytest.mark.parametrize(
    ("name", "days", "added"),
    [("localhost", 1, False), ("other.example", 1, True), ("localhost", -1, True)],
)
async def test_others_are_refused(tmp_path: Path, name: str, days: int, added: bool) -> None:
    """Unknown authority, another server's certificate, and one that has expired."""
    ca, cert, key = certificate(tmp_path, name, days)
    with pytest.raises(UnavailableError, match=r"(?i)certificate|ssl"):
        await says_it_back(client_tls(ca if added else None), cert, key)
