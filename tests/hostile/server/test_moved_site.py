"""A laboratory that goes to another customer: what happened before is no business of the next one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.notifier import Journal
from tests.fakes.server_world import Console, World, running_world
from tests.hostile.server.test_administration import administrator, made_places, person

from benchside.protocol.wire import link as wire
from benchside.server.clock import utc_ms

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def belongs_to(root: Console, customer: str | None) -> None:
    site = {
        "name": "Lab 1", "customer": customer, "laws": ["gdpr"], "time_zone": "Europe/Madrid", "hours": [],
        "named": [], "second_eyes": False,
    }  # fmt: skip
    assert (await root.put("/api/admin/sites/lab-1", **site)).status_code == 204


async def sessions_of(officer: Console) -> list[str]:
    return [one["id"] for one in (await officer.get("/api/officer/sessions")).json()["sessions"]]


@pytest.mark.parametrize("between", [(), (None,)], ids=["at once", "of nobody meanwhile"])
async def test_the_next_customers_officer_sees_nothing_from_before(world: World, between: tuple[None, ...]) -> None:
    root = await administrator(world)
    await made_places(root)
    officers = [await world.console(f"officer-{number}", key=None) for number in (1, 2)]
    for number in (1, 2):
        made = await root.put(
            f"/api/admin/people/officer-{number}", **person(role=None, officer_of=f"customer-{number}")
        )
        assert made.status_code == 200
    pc, journal = await world.enrolled_pc(), Journal()
    at = f"/api/officer/fleet/devices/{pc.device_id.hex()}"

    async def asks_for_help() -> str:
        request_id = os.urandom(16)
        pc.ask_for_help(request_id)
        await pc.hear(wire.RequestQueued)
        now = utc_ms()
        changes = journal.raised(at_utc_ms=now), journal.acknowledged(at_utc_ms=now)
        await world.parts.intake.keep(pc.device_id, journal.batch(*changes))
        return request_id.hex()

    async def timeline_of(officer: Console) -> dict[str, Any]:
        async with asyncio.timeout(15):  # whose a PC is is remembered for some seconds
            while (found := await officer.get(at)).status_code != 200:
                await asyncio.sleep(0.2)
        shown: dict[str, Any] = found.json()
        return shown

    before = await asks_for_help()
    stored = f"/api/officer/devices/{pc.device_id.hex()}/stored"
    assert await sessions_of(officers[0]) == [before], "it has had no other customer"
    assert (await officers[0].get(stored)).json()["registrant"] != ""
    assert (await timeline_of(officers[0]))["conditions"][0]["acknowledged_by"]
    await asyncio.sleep(0.01)
    for customer in (*between, "customer-2"):
        await belongs_to(root, customer)
    assert await sessions_of(officers[1]) == []
    for what in ("", "/verify"):
        assert (await officers[1].get(f"/api/officer/sessions/{before}{what}")).status_code == 404
    assert (await officers[1].get(stored)).json()["registrant"] == ""
    assert (await timeline_of(officers[1]))["changes"] == []
    assert (await timeline_of(officers[1]))["conditions"][0]["acknowledged_by"] is None
    pc.say(wire.RequestCancelled(request_id=bytes.fromhex(before), reason="cancelled"))
    after = await asks_for_help()
    assert await sessions_of(officers[1]) == [after]
    assert [one["by"] for one in (await timeline_of(officers[1]))["changes"]] == ["Toni", None]
    await belongs_to(root, "customer-2")
    assert await sessions_of(officers[1]) == [after], "whoever saves a form anew moves nothing"
    assert await sessions_of(officers[0]) == [before], "what happened while it was theirs stays theirs"
    await asyncio.sleep(0.01)
    for customer in (*between, "customer-1"):
        await belongs_to(root, customer)
    assert await sessions_of(officers[0]) == [before], "and comes back whole with the site"
    assert [one["by"] for one in (await timeline_of(officers[0]))["changes"]] == ["Toni", None]
    assert await sessions_of(officers[1]) == [after]
