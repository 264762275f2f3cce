"""The security officer's page of conditions in a real Chromium: their own PCs, read and never changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from tests.fakes.notified import add_device
from tests.fakes.notifier import Journal
from tests.fakes.server_world import World, running_world
from tests.system.console.test_administration import administrator, officer_of
from tests.system.console.test_fleet import browsing, pictures

from benchside.protocol.wire.condition import ChangeKind, ConditionKey, Severity

pytestmark = [pytest.mark.system, pytest.mark.slow]

HOSTILE = "<img src=x onerror=document.body.remove()>"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def test_an_officer_reads_what_is_wrong_at_their_own_pcs_alone(world: World) -> None:
    root = await administrator(world)
    olga, pc, _ = await officer_of(world, root)
    other: dict[str, object] = {
        "name": "Elsewhere",
        "customer": None,
        "laws": [],
        "time_zone": "UTC",
        "hours": [],
        "named": [],
    }
    assert (await root.put("/api/admin/sites/lab-7", **other, second_eyes=False)).status_code == 204
    foreign = b"f" * 16
    await add_device(world.parts, foreign, site="lab-7")
    web, ours, theirs = world.listeners.web_url, Journal(), Journal()
    async with browsing(world, olga, "/officer/pcs") as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(f"{request.method} {request.url.removeprefix(web)}"))
        await page.get_by_role("link", name="What is wrong").click()
        await expect(page.locator("h1")).to_be_focused()
        await expect(page.get_by_test_id("empty")).to_be_visible()
        await expect(page.get_by_test_id("fleet-live")).to_have_text("Looked at every half a minute")
        await pictures(page, "officer-conditions-empty")
        hostile = ConditionKey("local.x", HOSTILE, "odd")
        await world.parts.intake.keep(foreign, theirs.batch(theirs.raised(severity=Severity.CRITICAL)))
        await world.parts.intake.keep(
            pc.device_id,
            ours.batch(
                ours.raised(),
                ours.acknowledged(by="Mara"),
                ours.write(ChangeKind.RAISED, hostile, severity=Severity.SERIOUS, texts={"en": HOSTILE}),
            ),
        )
        await page.reload()
        rows = page.get_by_test_id("conditions").locator("tbody tr")
        await expect(rows).to_have_count(2)
        await expect(page.get_by_test_id("conditions")).to_contain_text("<img src=x")
        await expect(page.get_by_test_id("tile-critical").locator("strong")).to_have_text("0")
        await pictures(page, "officer-conditions")
        await page.get_by_test_id("tile-serious").focus()
        await page.keyboard.press("Enter")
        await expect(rows).to_have_count(1)
        await page.get_by_test_id("to-pc").click()
        await expect(page).to_have_url(f"{web}/officer/conditions/{pc.device_id.hex()}")
        await expect(page.get_by_test_id("timeline").locator("tbody tr")).to_have_count(3)
        await expect(page.get_by_test_id("timeline")).to_contain_text("Mara")
        await pictures(page, "officer-timeline")
        await page.goto(f"{web}/officer/pc/{pc.device_id.hex()}")
        await page.get_by_test_id("to-conditions").click()
        await expect(page.get_by_test_id("timeline")).to_be_visible()
        await page.goto(f"{web}/officer/conditions/{foreign.hex()}")
        await expect(page.get_by_test_id("load-problem")).to_be_visible()
        assert not [one for one in asked if not one.startswith("GET ")], "it only reads"
        assert not [one for one in asked if one.startswith(("GET /api/stream", "GET /api/fleet"))]
