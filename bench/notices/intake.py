"""`python -m bench.notices.intake`: notices a second that one server keeps durably, SQLite with a sync each commit."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import uvloop
from sqlalchemy import func, select
from tests.fakes.notifier import DISK, Journal
from tests.fakes.server_world import opened_parts

from benchside.protocol.wire.carrier import pack_batch, unpack_batch
from benchside.protocol.wire.condition import ConditionKey
from benchside.server.enrolment.model import Device
from benchside.server.notices.model import KeptChange
from benchside.server.parts import Parts

PCS = 200
BATCH = 5
"""Changes that a PC tells at once: a condition that comes, flaps, is acknowledged and goes."""
SECONDS = 5.0


@dataclass
class Sent:
    """What was answered as kept, and how long each batch waited."""

    changes: int
    waits_s: list[float]


def packed(batches: int) -> list[bytes]:
    """What one PC has to tell, made before the clock runs: the PC's work is not the server's."""
    journal, made = Journal(), []
    for number in range(batches):
        key = ConditionKey(DISK.source, f"{chr(67 + number % 4)}:", DISK.code)
        changes = [journal.raised(key, values={"free_gb": 1.5}), journal.acknowledged(key), journal.cleared(key)]
        while len(changes) < BATCH:
            changes.append(journal.raised(key, values={"free_gb": 1.25}))
        made.append(pack_batch(journal.batch(*changes[:BATCH])))
    return made


async def tell(parts: Parts, device_id: bytes, batches: list[bytes], until: float, sent: Sent) -> None:
    """One PC: the next batch goes when the one before is kept."""
    for one in batches:
        if (began := time.perf_counter()) >= until:
            return
        batch = unpack_batch(one)
        assert await parts.intake.keep(device_id, batch) == batch.changes[-1].sequence
        sent.changes += len(batch.changes)
        sent.waits_s.append(time.perf_counter() - began)


async def measure(folder: Path, pcs: int, seconds: float) -> dict[str, float]:
    """Return the figures."""
    async with opened_parts(folder) as parts:
        devices = [number.to_bytes(16, "big") for number in range(1, pcs + 1)]
        async with parts.cloud.write() as rows:
            for one in devices:
                rows.add(
                    Device(
                        id=one, site="lab-1", region="global", name="PC", device_key=bytes(32), identity_spki=b"",
                        identity_fingerprint=one * 2, registrant="Pat", registrant_email="pat@lab.example",
                        enrolled_utc_ms=1,
                    )
                )  # fmt: skip
        told = [packed(int(seconds * 40)) for _ in devices]
        sent, began = Sent(0, []), time.perf_counter()
        await asyncio.gather(
            *(tell(parts, one, batches, began + seconds, sent) for one, batches in zip(devices, told, strict=True))
        )
        took = time.perf_counter() - began
        async with parts.cloud.read() as rows:
            kept = await rows.scalar(select(func.count()).select_from(KeptChange)) or 0
        assert kept == sent.changes, "what was answered as kept is there, once"
        waits = sorted(sent.waits_s)
        return {
            "notices_s": round(sent.changes / took),
            "kept": kept,
            "wait_p50_ms": round(waits[len(waits) // 2] * 1000, 1),
            "wait_p99_ms": round(waits[int(len(waits) * 0.99)] * 1000, 1),
        }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="bench notices intake")
    parser.add_argument("--pcs", type=int, default=PCS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(uvloop.run(measure(Path(folder), flags.pcs, flags.seconds))))


if __name__ == "__main__":
    main()
