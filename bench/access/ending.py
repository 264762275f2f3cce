"""From the moment at which somebody is out to the end of their live session, at the PC: p99 of several ways."""

from __future__ import annotations

import asyncio
import base64
import os
import time
from pathlib import Path

from tests.fakes.openid import OpenIdProvider, world_with_provider
from tests.fakes.server_world import Console, Pc, World, rsa_key

from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventKind

ROUNDS = 34
ROUNDS_A_PC = 6
"""A PC may ask for help twenty times in an hour."""
WAYS = ("back-channel log-out", "disabled here", "policy")


async def main(folder: Path, quick: bool) -> dict[str, float]:
    took: dict[str, list[float]] = {way: [] for way in WAYS}
    async with world_with_provider(folder) as (world, provider):
        for number in range(2 if quick else ROUNDS):
            if number % ROUNDS_A_PC == 0:
                pc = await world.enrolled_pc(30 + number // ROUNDS_A_PC)
            for index, way in enumerate(WAYS):
                account, spki = f"associate-{index}", public_bytes(rsa_key(1 + index).public_key())
                console = Console(world)
                assert await provider.sign_in(console, account) == "/"
                answer = await console.put("/api/me/key", spki=base64.b64encode(spki).decode())
                assert answer.status_code == 200
                await world.sign_into_policy(account, fingerprint(spki))
                request_id = await in_session(console, pc, account)
                started = time.monotonic()
                await put_out(way, world, provider, console, account)
                async with asyncio.timeout(20):
                    while (await pc.hear(wire.RequestCancelled)).request_id != request_id:
                        pass
                took[way].append(time.monotonic() - started)
                if way == "disabled here":
                    await world.parts.accounts.enable(account)
    every = sorted(second for seconds in took.values() for second in seconds)
    worst = {f"disable_to_end_{way.replace(' ', '_').replace('-', '_')}_worst_s": max(took[way]) for way in WAYS}
    p99 = every[min(len(every) - 1, int(len(every) * 0.99))]
    return {"disable_to_end_s": round(p99, 3), **{name: round(value, 3) for name, value in worst.items()}}


async def in_session(console: Console, pc: Pc, account: str) -> bytes:
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    assert (await console.post(f"/api/requests/{request_id.hex()}/claim")).status_code == 200
    await pc.report(pc.entry(EventKind.CODE_ACCEPTED, request_id, associate=account))
    return request_id


async def put_out(way: str, world: World, provider: OpenIdProvider, console: Console, account: str) -> None:
    match way:
        case "back-channel log-out":
            await provider.sign_out(console)
        case "disabled here":
            await world.parts.accounts.disable(account)
        case _:
            world.authority.sign_out(account)
            await world.install_policy()
