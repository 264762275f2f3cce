"""`tasks.py bench relay`: microseconds added to a message, megabytes a second, kilobytes an idle connection."""

from __future__ import annotations

import argparse
import asyncio
import datetime
import ipaddress
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import picows
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench import machine
from bench.relay.far import client_tls, ticket
from benchside.protocol.wire.channel import Role

RELAY_PORT, DIRECT_PORT = 20690, 20691
SMALL_BYTES, ROUNDS = 1024, 4000
CARRIED_BYTES = 256 * 1024 * 1024
IDLE = 400


class Near(picows.WSListener):
    """Our end: waits for each answer."""

    def __init__(self, bearer: bytes | None) -> None:
        self._bearer = bearer
        self.ready = asyncio.get_running_loop().create_future()
        self.answer: asyncio.Future[None] | None = None
        self.may_write = asyncio.Event()
        self.may_write.set()

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        if self._bearer is None:
            self.ready.set_result(None)
        else:
            transport.send(picows.WSMsgType.BINARY, self._bearer)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.TEXT:
            if frame.get_payload_as_bytes() == b"paired":
                self.ready.set_result(None)
        elif frame.msg_type == picows.WSMsgType.BINARY and self.answer is not None:
            self.answer.set_result(None)

    def pause_writing(self) -> None:
        self.may_write.clear()

    def resume_writing(self) -> None:
        self.may_write.set()


async def connect(port: int, bearer: bytes | None, certificate: str) -> tuple[picows.WSTransport, Near]:
    url = f"ws{'s' if certificate else ''}://127.0.0.1:{port}/v1/relay"
    transport, near = await picows.ws_connect(lambda: Near(bearer), url, ssl_context=client_tls(certificate))
    assert isinstance(near, Near)
    return transport, near


async def round_trips_us(transport: picows.WSTransport, near: Near, rounds: int) -> list[float]:
    loop = asyncio.get_running_loop()
    message = b"x" * SMALL_BYTES
    times = []
    for _ in range(rounds):
        near.answer = loop.create_future()
        start = time.perf_counter()
        transport.send(picows.WSMsgType.BINARY, message)
        await near.answer
        times.append((time.perf_counter() - start) * 1e6)
    return times


async def megabytes_a_second(transport: picows.WSTransport, near: Near, message_bytes: int) -> float:
    message = b"S" * message_bytes
    start = time.perf_counter()
    for _ in range(CARRIED_BYTES // message_bytes):
        transport.send(picows.WSMsgType.BINARY, message)
        await near.may_write.wait()
    near.answer = asyncio.get_running_loop().create_future()
    transport.send(picows.WSMsgType.BINARY, b"end")
    await near.answer
    return CARRIED_BYTES / (time.perf_counter() - start) / 1e6


async def measure(certificate: str) -> dict[str, float]:
    direct, direct_near = await connect(DIRECT_PORT, None, certificate)
    relayed, relayed_near = await connect(RELAY_PORT, ticket(Role.CONSOLE, 1), certificate)
    await relayed_near.ready
    with_relay, without = [], []
    for _ in range(8):  # interleaved, so that both see the same machine
        with_relay += await round_trips_us(relayed, relayed_near, ROUNDS // 8)
        without += await round_trips_us(direct, direct_near, ROUNDS // 8)
    added = (statistics.median(with_relay) - statistics.median(without)) / 2
    figures = {"added_us": added, "round_trip_us": statistics.median(with_relay)}
    for size in (16 * 1024, 256 * 1024):
        figures[f"mb_s_{size // 1024}k"] = await megabytes_a_second(relayed, relayed_near, size)
    return figures


async def idle_kb(pid: int, certificate: str) -> float:
    def pss() -> int:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("Pss:")))

    before = pss()
    held = [await connect(RELAY_PORT, ticket(Role.PC, 100 + number), certificate) for number in range(IDLE)]
    await asyncio.sleep(0.5)
    each = (pss() - before) / len(held)
    for transport, _ in held:
        transport.disconnect()
    return each


def make_certificate(folder: Path) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "cert.pem", folder / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(chain), str(secret)


def run(certificate: str, key: str) -> dict[str, float]:
    children: list[subprocess.Popen[str]] = []
    try:
        for word, port in (("relay", RELAY_PORT), ("direct", DIRECT_PORT), ("echo", RELAY_PORT)):
            command = [sys.executable, "-m", "bench.relay.far", word, str(port), certificate, key]
            child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            children.append(child)
            assert child.stdout is not None
            if child.stdout.readline() != "ready\n":
                raise RuntimeError(f"{word} did not start")
        figures = uvloop.run(measure(certificate))
        return figures | {"idle_kb": uvloop.run(idle_kb(children[0].pid, certificate))}
    finally:
        for child in children:
            child.terminate()
            child.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path, required=True)
    out = parser.parse_args().json
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for prefix, (certificate, key) in (("plain", ("", "")), ("tls", make_certificate(Path(folder)))):
            figures |= {f"{prefix}_{name}": round(value, 1) for name, value in run(certificate, key).items()}
    out.write_text(json.dumps({"figures": figures, "peers": {}, "machine": machine.describe()}, indent=1))
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
