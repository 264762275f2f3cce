"""Servers are checked by Windows itself, or with an authority that a setting adds.

Wine keeps its own list of authorities, so that one which Windows trusts is not played here.
"""

from __future__ import annotations

import asyncio
import datetime
import os
import ssl
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
    issuer, subject = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (f"lab {os.urandom(4).hex()}", "server")
    )

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
    # with its authority: Wine 8 takes a chain that ends nowhere, which Windows does not
    (folder / "cert.pem").write_bytes(made.public_bytes(pem) + authority.public_bytes(pem))
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
