"""From `benchside notify` to what the server tells an associate, through the real notifier and the real agent."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.linked_pc import LinkedPc
from tests.fakes.notifier_process import NotifierProcess
from tests.fakes.server_world import Console, World, running_world

pytestmark = [pytest.mark.system, pytest.mark.slow]

WITHIN_S = 30.0


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path / "server") as running:
        yield running


@pytest.fixture
async def notifier(world: World, tmp_path: Path) -> AsyncIterator[NotifierProcess]:
    """The notifier of an enrolled PC, whose agent runs beside it."""
    await LinkedPc.enrolled(world, tmp_path / "agent")
    (tmp_path / "agent" / "agent.toml").touch()
    words = ("agent", "--state", tmp_path / "agent", "run", "--socket", tmp_path / "agent.sock")
    agent = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchside", *map(str, words))
    notifier = NotifierProcess(tmp_path)
    try:
        await notifier.start()
        yield notifier
        await notifier.stop()
    finally:
        with contextlib.suppress(ProcessLookupError):
            agent.kill()
        await agent.wait()


async def notify(notifier: NotifierProcess, *words: str) -> None:
    """As a program of the lab does."""
    command = ("notify", "--socket", str(notifier.socket), "--source", "local.laser", "Laser 2", "warm", *words)
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchside", *command)
    assert await process.wait() == 0


async def shown(console: Console, **facts: Any) -> dict[str, Any]:
    """Wait until the fleet has exactly one condition of the laser's, of which all this is true."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            answer = await console.get("/api/fleet/conditions", source="local.laser")
            found = answer.json()["conditions"]
            assert len(found) <= 1
            if found and {name: found[0][name] for name in facts} == facts:
                return dict(found[0])
            await asyncio.sleep(0.1)


async def test_what_a_program_says_reaches_an_associate_once_whatever_is_killed(
    world: World, notifier: NotifierProcess
) -> None:
    console = await world.console("ana")
    await notify(notifier, "--severity", "serious")
    first = await shown(console, is_active=True, severity="serious")
    await notifier.kill()
    await notifier.start()
    await notify(notifier, "--off")
    await shown(console, is_active=False)
    timeline = (await console.get(f"/api/fleet/devices/{first['pc']['id']}")).json()
    kinds = [change["kind"] for change in timeline["changes"] if change["source"] == "local.laser"]
    assert kinds == ["cleared", "raised"]
    assert notifier.journal().broken_at is None
