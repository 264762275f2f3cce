"""A device that is revoked while it is connected: its link, its requests and its session end within seconds."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.server_world import Pc, World, running_world

from benchside.protocol.errors import Refusal
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventKind
from benchside.protocol.wire.channel import Channel
from benchside.server.identity.keeper import DeviceKeeper
from benchside.transport.websocket import Closed

pytestmark = [pytest.mark.system, pytest.mark.slow]

OUT_WITHIN_S = 5.0
"""From the revocation on: the "seconds" of docs/threats.md."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path / "world") as running:
        yield running


@pytest.mark.alone
async def test_a_revoked_device_that_keeps_talking_is_cut_off_and_its_session_with_it(world: World) -> None:
    """Falling silent is when it is asked whether it may, and a hostile one never does."""
    pc, console = await world.enrolled_pc(), await world.console("ana")
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    assert (await console.post(f"/api/requests/{request_id.hex()}/claim")).status_code == 200
    await pc.report(pc.entry(EventKind.CODE_ACCEPTED, request_id, associate="ana"))
    await world.parts.register.revoke(pc.device_id)
    revoked_at = time.monotonic()
    assert await code_while_talking(pc) == 4403
    async with asyncio.timeout(30):
        while (await console.get(f"/api/sessions/{request_id.hex()}")).json()["outcome"] != "device_revoked":
            await asyncio.sleep(0.05)
    assert time.monotonic() - revoked_at < OUT_WITHIN_S
    assert await pc.connect() == wire.LinkRefused(reason="not_authentic")


async def test_what_a_revoked_device_says_before_its_link_ends_opens_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DeviceKeeper, "revoked", nobody)
    pc, console = await world.enrolled_pc(), await world.console("ana")
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    assert (await console.post(f"/api/requests/{request_id.hex()}/claim")).status_code == 200
    await world.parts.register.revoke(pc.device_id)
    pc.say(wire.AskTicket(ask=1, request_id=request_id, channel=Channel.MAIN))
    assert (await pc.hear(wire.TicketRefused)).reason is Refusal.NO_REQUEST
    answer = await console.post(f"/api/requests/{request_id.hex()}/tickets", channel="main")
    assert (answer.status_code, answer.json()["error"]["reason"]) == (404, "no_request")
    pc.ask_for_help(os.urandom(16))
    assert (await pc.hear(wire.RequestUnknown)).reason is Refusal.NO_REQUEST


@pytest.mark.alone
async def test_a_held_device_that_is_revoked_is_cut_off_too(world: World) -> None:
    pc = await world.enrolled_pc()
    image = pc.copy()
    for _ in range(2):
        await pc.connect()
    held = await image.connect()
    assert isinstance(held, wire.LinkWelcome)
    assert held.held
    await world.parts.register.revoke(pc.device_id)
    revoked_at = time.monotonic()
    assert await code_while_talking(image) == 4403
    assert time.monotonic() - revoked_at < OUT_WITHIN_S


async def code_while_talking(pc: Pc) -> int:
    async with asyncio.timeout(30):
        while True:
            pc.say(wire.LinkPing())
            try:
                await pc.hear(wire.LinkPong)
            except Closed as closed:
                return closed.code
            await asyncio.sleep(0.1)


async def nobody(_: DeviceKeeper) -> list[bytes]:
    return []
