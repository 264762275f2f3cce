"""Notices a second that one server keeps durably, beside NATS JetStream's file store with a sync on every message.

Both take turns in one run (ours, theirs, ours, …), on the same disk, each time with an empty store, and get the same
messages: as long, as many senders at once (each waits until its message before was answered as durable), and as many
notices in each.  `notices_s` and the ratio are of one notice a message, as a PC tells what happens; `_of_5` of five,
as a condition that comes, flaps, is acknowledged and goes, or a PC that was away for a while.

What is not the same, in their favour: JetStream stores bytes.  Ours unpacks each message, checks that each change
follows from the one before in its PC's chain, encrypts names, brings the conditions up to date, and keeps both in
tables that can be asked.  In ours: senders call the intake in its own process, as the gateway does, and no socket lies
between; theirs are a process of their own on the other core.  Ours puts what comes while a sync is under way into the
next one; so does JetStream within one read of a connection, and here each sender has a connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from examples.demo.children import free_port
from project import peers
from sqlalchemy import func, select
from tests.fakes.notifier import DISK, Journal
from tests.fakes.server_world import opened_parts

from benchside.protocol.wire.carrier import pack_batch, unpack_batch
from benchside.protocol.wire.condition import ConditionChange, ConditionKey
from benchside.server.enrolment.model import Device
from benchside.server.notices.model import KeptChange
from benchside.server.parts import Parts

PCS = 200
SIZES = (1, 5)
"""Notices in a message."""
ROUNDS = 4
SECONDS = 4.0
MOST_A_SECOND = 60
"""Messages of one PC that are made before: more than any server here has taken of one."""
WITHIN_S = 60.0


@dataclass
class Kept:
    """What was answered as durable, a second, and how long each message waited."""

    notices_s: float = 0.0
    waits_s: list[float] = field(default_factory=list)


async def main(folder: Path, quick: bool) -> dict[str, float]:
    """Measure; each figure is the median of the rounds."""
    peers.ensure_nats()
    return await asyncio.to_thread(measure, folder, PCS, 1 if quick else ROUNDS, 1.0 if quick else SECONDS)


def measure(folder: Path, pcs: int, rounds: int, seconds: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for size in SIZES:
        ours, theirs = list[Kept](), list[Kept]()
        told = [packed(int(seconds * MOST_A_SECOND), size) for _ in range(pcs)]
        for number in range(rounds):
            place = folder / f"{size}-{number}"
            place.mkdir()
            ours.append(uvloop.run(take(place, told, seconds)))
            theirs.append(jetstream(place, told, size, seconds))
            shutil.rmtree(place)
            print(f"  {size} a message: {ours[-1].notices_s:.0f}/s, JetStream {theirs[-1].notices_s:.0f}/s", flush=True)
        word = "" if size == 1 else f"_of_{size}"
        found |= figures(ours, theirs, word) | {f"message{word}_bytes": len(told[0][0])}
    return found


def figures(ours: list[Kept], theirs: list[Kept], word: str) -> dict[str, float]:
    waits = sorted(wait for one in ours for wait in one.waits_s)
    their_waits = sorted(wait for one in theirs for wait in one.waits_s)
    ratios = [one.notices_s / other.notices_s for one, other in zip(ours, theirs, strict=True)]
    return {
        f"notices{word}_s": round(statistics.median(one.notices_s for one in ours)),
        f"notices{word}_ratio_jetstream": round(statistics.median(ratios), 3),
        f"notices{word}_wait_p50_ms": round(waits[len(waits) // 2] * 1000, 1),
        f"notices{word}_wait_p99_ms": round(waits[int(len(waits) * 0.99)] * 1000, 1),
        f"nats_notices{word}_s": round(statistics.median(one.notices_s for one in theirs)),
        f"nats_notices{word}_wait_p50_ms": round(their_waits[len(their_waits) // 2] * 1000, 1),
    }


def packed(messages: int, size: int) -> list[bytes]:
    """What one PC has to tell, made before the clock runs: the PC's work is not the server's."""
    journal, made = Journal(), list[bytes]()
    changes = list[ConditionChange]()
    number = 0
    while len(made) < messages:
        key = ConditionKey(DISK.source, f"{chr(67 + number % 4)}:", DISK.code)
        number += 1
        for step in ("raised", "acknowledged", "again", "again", "cleared"):
            match step:
                case "raised" | "again":
                    changes.append(journal.raised(key, values={"free_gb": 1.5 if step == "raised" else 1.25}))
                case "acknowledged":
                    changes.append(journal.acknowledged(key))
                case _:
                    changes.append(journal.cleared(key))
            if len(changes) == size:
                made.append(pack_batch(journal.batch(*changes)))
                changes = []
    return made


async def take(folder: Path, told: list[list[bytes]], seconds: float) -> Kept:
    """Have a server of ours keep what as many PCs tell."""
    async with opened_parts(folder) as parts:
        devices = [number.to_bytes(16, "big") for number in range(1, len(told) + 1)]
        async with parts.cloud.write() as rows:
            for one in devices:
                rows.add(
                    Device(
                        id=one, site="lab-1", region="global", name="PC", device_key=bytes(32), identity_spki=b"",
                        identity_fingerprint=one * 2, registrant="Pat", registrant_email="pat@lab.example",
                        enrolled_utc_ms=1,
                    )
                )  # fmt: skip
        waits_s, began = list[float](), time.perf_counter()
        counts = await asyncio.gather(
            *(tell(parts, one, each, began + seconds, waits_s) for one, each in zip(devices, told, strict=True))
        )
        took_s = time.perf_counter() - began
        async with parts.cloud.read() as rows:
            kept = await rows.scalar(select(func.count()).select_from(KeptChange)) or 0
        assert kept == sum(counts), "what was answered as kept is there, once"
        return Kept(kept / took_s, waits_s)


async def tell(parts: Parts, device_id: bytes, messages: list[bytes], until: float, waits_s: list[float]) -> int:
    """One PC: the next message goes when the one before is kept; return how many notices are."""
    kept = 0
    for one in messages:
        if (began := time.perf_counter()) >= until:
            return kept
        batch = unpack_batch(one)
        assert await parts.intake.keep(device_id, batch) == batch.changes[-1].sequence
        kept = batch.changes[-1].sequence
        waits_s.append(time.perf_counter() - began)
    raise AssertionError(f"expected {len(messages)} messages of a PC to be enough, got through them")


def jetstream(folder: Path, told: list[list[bytes]], size: int, seconds: float) -> Kept:
    """The same for NATS; each of its messages counts for as many notices as there would be in it."""
    lengths = "\n".join(str(len(one)) for one in told[0][:100])
    with nats_server(folder) as port:
        words = ["--port", str(port), "--publishers", str(len(told)), "--seconds", str(seconds)]
        script = Path(__file__).with_name("jetstream.py")
        done = subprocess.run(
            [peers.NATS / "bin" / "python", script, *words],
            input=lengths, capture_output=True, text=True, timeout=seconds + WITHIN_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-1000:]
        said = json.loads(done.stdout)
    return Kept(said["messages"] * size / said["took_s"], said["waits_s"])


@contextlib.contextmanager
def nats_server(folder: Path) -> Iterator[int]:
    """Start it on a port of its own, which is returned; every message is synced before it is answered."""
    port = free_port()
    settings = folder / "nats.conf"
    settings.write_text(
        f'host: "127.0.0.1"\nport: {port}\njetstream {{ store_dir: "{folder / "jetstream"}", sync_interval: always }}\n'
    )
    with (folder / "nats.log").open("w") as log:
        server = subprocess.Popen(
            [peers.NATS / "bin" / "nats-server", "-c", settings], stdout=log, stderr=log, env={"PATH": os.defpath}
        )
        try:
            wait_for(port, server)
            yield port
        finally:
            server.kill()
            server.wait()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + WITHIN_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert server.poll() is None, "nats-server ended"
            assert time.monotonic() < until, f"expected nats-server on port {port} within {WITHIN_S} s"
            time.sleep(0.05)
        else:
            return
