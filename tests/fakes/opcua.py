"""A real OPC UA server (npm node-opcua) beside a test, its certificates, and an adapter that watches it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from examples.demo.children import free_port
from project import console
from project.opcua import SERVER
from project.paths import ROOT
from tests.fakes.reporter import KeepingReporter

from benchside.notifier.adapters.opcua import make
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState

__all__ = ["OpcUaServer", "Watch", "running_server", "watching", "write_certificate"]

WITHIN_S = 20.0


@dataclass
class OpcUaServer:
    """The server's process; killed, it can be started again on the same port."""

    port: int
    keys: Path
    process: asyncio.subprocess.Process | None = None

    @property
    def endpoint(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.port}"

    @property
    def certificate(self) -> Path:
        return self.keys / "own" / "certs" / "certificate.pem"

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            "node", str(ROOT / "tests" / "fakes" / "opcua_server" / "main.mjs"), str(SERVER), str(self.port),
            str(self.keys), env=console.environment(),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await self._wait_for("ready")

    async def order(self, order: str) -> None:
        """Have an alarm or a state switched."""
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(f"{order}\n".encode())
        await self._wait_for(f"done {order}")

    async def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
            self.process = None

    async def _wait_for(self, word: str) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        while (line := (await asyncio.wait_for(self.process.stdout.readline(), 60)).decode().strip()) != word:
            assert line, "the OPC UA server did not start"
            assert not line.startswith("failed "), line


@asynccontextmanager
async def running_server(folder: Path) -> AsyncIterator[OpcUaServer]:
    """`folder`: for its certificates and keys."""
    server = OpcUaServer(free_port(), folder)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()


class Watch:
    """An adapter that runs, and what it told."""

    def __init__(self) -> None:
        self.reporter = KeepingReporter()

    async def until(self, fact: Callable[[KeepingReporter], bool]) -> None:
        """Wait for something that stays."""
        async with asyncio.timeout(WITHIN_S):
            while not fact(self.reporter):
                await asyncio.sleep(0.02)

    async def until_active(self, *keys: tuple[str, str, str]) -> None:
        """Wait until exactly these are on."""
        try:
            await self.until(lambda reporter: reporter.active() == set(keys))
        except TimeoutError:
            raise AssertionError(f"expected {set(keys)}, got {self.reporter.active()}") from None


@asynccontextmanager
async def watching(endpoint: str, *, standing: Iterable[ConditionKey] = (), **settings: object) -> AsyncIterator[Watch]:
    """Run an adapter called `cx`; `standing`: what is on from before."""
    watch = Watch()
    adapter = make("cx", {"endpoint": endpoint, "security": "none", **settings})
    for key in adapter.over(standing):
        watch.reporter.tell(Signal(key, SignalState.OFF))
    task = asyncio.create_task(adapter.run(watch.reporter))
    try:
        yield watch
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """Write an application's certificate and key as OPC UA wants them (OPC 10000-6, 6.2.2)."""
    folder.mkdir(parents=True, exist_ok=True)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "benchside notifier")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(
            [x509.UniformResourceIdentifier("urn:benchside:notifier:test"), x509.DNSName("localhost")]
        ), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(
            digital_signature=True, content_commitment=True, key_encipherment=True, data_encipherment=True,
            key_agreement=False, key_cert_sign=True, crl_sign=False, encipher_only=False, decipher_only=False,
        ), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    here, private = folder / "certificate.pem", folder / "key.pem"
    here.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    return here, private
