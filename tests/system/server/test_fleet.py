"""The fleet live: from a PC's batch to what a console is told, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.fakes.notifier import Journal
from tests.fakes.server_world import Pc, World, running_world

from benchside.protocol.wire import link as wire
from benchside.protocol.wire.carrier import pack_batch
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, Severity
from benchside.server.clock import utc_ms
from benchside.server.http import fleet_feed

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def report(pc: Pc, journal: Journal, *changes: ConditionChange) -> None:
    pc.say(wire.NoticesReported(batch=pack_batch(journal.batch(*changes))))
    await pc.hear(wire.NoticesKept)


class Events:
    """Server-sent events, one after another."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self, name: str) -> Any:
        """The data of the next event of this name."""
        async with asyncio.timeout(10):
            is_it = False
            async for line in self._lines:
                if line.startswith("event: "):
                    is_it = line == f"event: {name}"
                elif line.startswith("data: ") and is_it:
                    return json.loads(line.removeprefix("data: "))
        raise AssertionError("the stream ended")


async def test_a_console_sees_the_fleet_as_it_is_and_then_each_change(world: World) -> None:
    pc, ana = await world.enrolled_pc(), await world.console("ana")
    journal = Journal()
    await report(pc, journal, journal.raised())
    async with ana.http.stream("GET", "/api/stream?fleet=true", timeout=10) as response:
        events = Events(response)
        whole = await events.next("fleet")
        assert (whole["total"], whole["counts"]["counts"]["warning"]) == (1, 1)
        assert whole["conditions"][0]["texts"]["es"] == "C: está casi llena."
        await report(pc, journal, journal.raised(ConditionKey("opcua.alarm", "Pump", "leak"), Severity.CRITICAL))
        assert (await events.next("condition"))["severity"] == "critical"
        assert (await events.next("fleet_counts"))["counts"]["critical"] == 1
        await report(pc, journal, journal.acknowledged(), journal.cleared())
        assert (await events.next("condition_gone"))["id"] == whole["conditions"][0]["id"]


async def test_a_flood_becomes_one_snapshot(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_feed, "MAX_WAITING", 5)
    monkeypatch.setattr(fleet_feed, "EVERY_S", 1.0)
    pc, ana = await world.enrolled_pc(), await world.console("ana")
    async with ana.http.stream("GET", "/api/stream?fleet=true", timeout=10) as response:
        events = Events(response)
        assert (await events.next("fleet"))["total"] == 0
        journal = Journal()
        await report(pc, journal, *(journal.raised(ConditionKey("local.x", f"s{n}", "odd")) for n in range(20)))
        assert (await events.next("fleet"))["total"] == 20


async def test_lists_can_be_searched_and_paged(world: World) -> None:
    pc, ana = await world.enrolled_pc(), await world.console("ana")
    journal = Journal()
    await report(
        pc,
        journal,
        journal.raised(),
        *(journal.raised(ConditionKey("opcua.alarm", f"Valve {n}", "leak"), Severity.SERIOUS) for n in range(4)),
        journal.acknowledged(),
    )

    async def found(**query: str | int) -> list[str]:
        return [one["subject"] for one in (await ana.get("/api/fleet/conditions", **query)).json()["conditions"]]

    assert await found(limit=2, skip=3) == ["Valve 0", "C:"]
    assert await found(severity="serious", limit=1) == ["Valve 3"]
    assert await found(words="VALVE 2") == ["Valve 2"]
    assert await found(words="casi llena", code="space_low") == ["C:"]
    assert len(await found(words="first lab")) == 5
    assert await found(words="100%") == []
    assert len(await found(state="unacknowledged")) == 4
    assert await found(model="other") == []
    timeline = (await ana.get(f"/api/fleet/devices/{pc.device_id.hex()}", limit=2)).json()
    assert [one["kind"] for one in timeline["changes"]] == ["acknowledged", "raised"]
    assert timeline["more"]
    assert timeline["changes"][0]["by"] == "Toni"
    # whatever somebody has put aside is still kept
    valves = [ConditionKey("opcua.alarm", f"Valve {n}", "leak") for n in (0, 1)]
    shelved = journal.write(ChangeKind.SHELVED, valves[0], by="Toni", why="later", until_utc_ms=utc_ms() + 3600_000)
    await report(pc, journal, shelved, journal.write(ChangeKind.OUT_OF_SERVICE, valves[1], by="Toni", why="gone"))
    assert await found(state="unshown") == ["Valve 1"]
    assert sorted(await found(state="all", device=pc.device_id.hex())) == ["C:", *(f"Valve {n}" for n in range(4))]
    assert await found(state="all", device="00" * 16) == []
