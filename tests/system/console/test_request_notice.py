"""The notice with which a technician asks for help, as the engineer sees it: in the queue, the session and later."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from tests.fakes.server_world import World, running_world
from tests.system.console.test_fleet import browsing, pictures

from benchside.protocol.wire import link as wire
from benchside.protocol.wire.condition import ConditionKey, ConditionTold, Severity

pytestmark = [pytest.mark.system, pytest.mark.slow]

LEAK = ConditionTold(
    key=ConditionKey("opcua.alarm", "Pump 2", "leak"),
    severity=Severity.CRITICAL,
    texts={"en": "Pump 2 leaks: samples may be lost.", "es": "La bomba 2 pierde líquido: pueden perderse muestras."},
    since_utc_ms=1_750_000_000_000,
)
HOSTILE = ConditionTold(
    key=ConditionKey("local.x", "<img src=x onerror=document.body.remove()>", "odd"),
    severity=Severity.SERIOUS,
    texts={"en": "<script>document.body.remove()</script>" + "W" * 250},
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def test_the_engineer_sees_what_is_wrong_before_and_while_helping(world: World) -> None:
    pc, ana, request_id = await world.enrolled_pc(), await world.console("ana"), os.urandom(16)
    async with browsing(world, ana, "/") as page:
        pc.ask_for_help(request_id, LEAK)
        told = page.get_by_test_id("request-condition")
        await expect(told).to_contain_text("Pump 2 leaks: samples may be lost.")
        await expect(told).to_contain_text("Critical")
        await expect(told).to_contain_text("2025")
        await expect(page.get_by_role("group", name="Notice with which help is asked for")).to_be_visible()
        await pictures(page, "request-notice")
        await page.get_by_test_id("request-timeline").click()
        await expect(page).to_have_url(f"{world.listeners.web_url}/fleet/pc/{pc.device_id.hex()}")
        await expect(page.locator("h1")).to_be_focused()
        assert (await ana.post(f"/api/requests/{request_id.hex()}/claim")).status_code == 200
        await page.goto(f"{world.listeners.web_url}/session/{request_id.hex()}")
        await expect(page.get_by_test_id("pc-card").get_by_test_id("request-condition")).to_contain_text("Pump 2 leaks")
        await pictures(page, "session-notice")
        await page.goto(f"{world.listeners.web_url}/history/{request_id.hex()}")
        await expect(told).to_contain_text("Pump 2 leaks")


async def test_what_a_pc_says_of_it_stays_text_and_a_request_without_one_shows_none(world: World) -> None:
    pc, ana = await world.enrolled_pc(), await world.console("ana")
    async with browsing(world, ana, "/") as page:
        pc.ask_for_help(os.urandom(16), HOSTILE)
        told = page.get_by_test_id("request-condition")
        await expect(told).to_contain_text("<script>document.body.remove()")
        await expect(told).to_contain_text("<img src=x")
        await pictures(page, "request-notice-hostile")
        pc.ask_for_help(os.urandom(16))  # in place of the other
        await expect(told).to_have_count(0)
        await expect(page.get_by_test_id("request")).to_have_count(1)


async def test_only_who_may_see_the_request_is_told_of_it(world: World) -> None:
    pc, ben = await world.enrolled_pc(), await world.console("ben", key=None)
    pc.ask_for_help(os.urandom(16), LEAK)
    await pc.hear(wire.RequestQueued)
    assert "Pump" not in (await ben.get("/api/requests")).text
