"""HAProxy with the configuration that the product brings, before a server in this process."""

from __future__ import annotations

import datetime
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from examples.demo.children import free_port
from project.paths import ROOT
from tests.fakes.server_world import SETTINGS, World, running_world

__all__ = ["Edge", "world_behind_an_edge"]

CONFIGURATION = ROOT / "packaging" / "edge" / "haproxy.cfg"
NAMES = ("web.example", "link.example", "session.example")


@dataclass
class Edge:
    """One port for three names."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def trust(self) -> ssl.SSLContext:
        """The authority of all certificates that were made here."""
        return ssl.create_default_context(cafile=self.folder / "authority.pem")

    def renew(self) -> None:
        """New certificates, and a reload."""
        make_certificates(self.folder, self.folder / "certificates")
        self.process.send_signal(signal.SIGUSR2)


@asynccontextmanager
async def world_behind_an_edge(folder: Path) -> AsyncIterator[tuple[World, Edge]]:
    port, ports = free_port(), [free_port() for _ in NAMES]
    (folder / "certificates").mkdir()
    make_certificates(folder, folder / "certificates")
    text = CONFIGURATION.read_text().replace("bind :443", f"bind 127.0.0.1:{port}")
    text = text.replace("/etc/benchside/edge/", f"{folder / 'certificates'}/")
    for was, now in zip((8440, 8441, 8442), ports, strict=True):
        text = text.replace(f"127.0.0.1:{was}", f"127.0.0.1:{now}")
    (folder / "haproxy.cfg").write_text(text)
    with (folder / "haproxy.log").open("wb") as log:
        process = subprocess.Popen(
            ["haproxy", "-W", "-db", "-f", str(folder / "haproxy.cfg")], stdout=log, stderr=log, cwd=folder
        )
    addresses = dict(zip(("web", "link", "session"), (f"127.0.0.1:{one}" for one in ports), strict=True))
    public = {
        "public_web": f"https://web.example:{port}",
        "public_link": f"wss://link.example:{port}",
        "public_session": f"wss://session.example:{port}",
    }
    try:
        until = time.monotonic() + 10
        while True:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (folder / "haproxy.log").read_text()
            assert time.monotonic() < until, (folder / "haproxy.log").read_text()
            time.sleep(0.05)
        settings = replace(SETTINGS, edge="on", **addresses, **public)
        async with running_world(folder, settings=settings) as world:
            yield world, Edge(port, folder, process)
    finally:
        process.terminate()
        process.wait(10)


def make_certificates(folder: Path, where: Path) -> None:
    """One for each name, by an authority that is made once."""
    now = datetime.datetime.now(datetime.UTC)
    no_password = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "edge tests")])
    if not (folder / "authority-key.pem").exists():
        key = ec.generate_private_key(ec.SECP256R1())
        (folder / "authority-key.pem").write_bytes(key.private_bytes(pem, pkcs8, no_password))
        made = (
            x509.CertificateBuilder(
                issuer_name=authority_name, subject_name=authority_name, public_key=key.public_key()
            )
            .serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=80))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
            .sign(key, hashes.SHA256())
        )
        (folder / "authority.pem").write_bytes(made.public_bytes(pem))
    authority = serialization.load_pem_private_key((folder / "authority-key.pem").read_bytes(), None)
    assert isinstance(authority, ec.EllipticCurvePrivateKey)
    for name in NAMES:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = (
            x509.CertificateBuilder(issuer_name=authority_name, subject_name=subject, public_key=key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=80))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
            .sign(authority, hashes.SHA256())
        )
        (where / f"{name}.pem").write_bytes(made.public_bytes(pem) + key.private_bytes(pem, pkcs8, no_password))
