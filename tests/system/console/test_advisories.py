"""The administration's page of advisories in a real Chromium: written, seen arriving, withdrawn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.fakes.notified import add_device
from tests.fakes.notifier import Journal
from tests.fakes.server_world import World, running_world
from tests.system.console.test_administration import administrator, grow_old, prove
from tests.system.console.test_fleet import browsing, pictures

from benchside.protocol.wire import link as wire
from benchside.protocol.wire.carrier import AdvisoryOffered, AdvisoryWithdrawn
from benchside.protocol.wire.condition import ConditionKey, Severity
from benchside.server.clock import utc_ms
from benchside.server.notices import advisories

pytestmark = [pytest.mark.system, pytest.mark.slow]

HOSTILE = "<img src=x onerror=document.body.remove()>"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def write(page: Page, english: str) -> None:
    await page.get_by_test_id("advisory-add").click()
    await expect(page.locator("h1")).to_be_focused()
    await page.get_by_test_id("advisory-serious").check()
    await page.get_by_test_id("advisory-text-en").fill(english)
    await page.get_by_test_id("advisory-advice-en").fill("Put it\naside.")


async def test_one_is_written_with_a_preview_and_its_reach_seen_arriving_and_withdrawn(world: World) -> None:
    root, pc = await administrator(world), await world.enrolled_pc()
    pc.say(wire.LinkPing())
    await pc.hear(wire.LinkPong)  # what it says of itself is kept
    await add_device(world.parts, b"q" * 16, model="DX-9")
    async with browsing(world, root, "/admin/advisories") as page:
        await expect(page.get_by_test_id("empty")).to_be_visible()
        await pictures(page, "advisories-empty")
        await write(page, "Do not use lot 7.")
        await expect(page.get_by_test_id("preview-en")).to_contain_text("Serious: Message from the vendor")
        await expect(page.get_by_test_id("preview-es")).to_contain_text("Grave: Mensaje del fabricante")
        await expect(page.get_by_test_id("preview-es")).to_contain_text("Do not use lot 7.")
        await page.get_by_test_id("advisory-text-es").fill("No use el lote 7.")
        await expect(page.get_by_test_id("preview-es")).to_contain_text("No use el lote 7.")
        await page.get_by_test_id("save").click()
        await expect(page.get_by_test_id("form-problem")).to_contain_text("Choose laboratories")
        await page.get_by_test_id("advisory-sites-all").check()
        await expect(page.get_by_test_id("advisory-reach")).to_contain_text("It goes to 2 PCs.")
        await page.get_by_test_id("advisory-models").get_by_label("Only these").check()
        await page.get_by_label("CX-200").check()
        await expect(page.get_by_test_id("advisory-reach")).to_contain_text("It goes to 1 PC.")
        await pictures(page, "advisory-form")
        await grow_old(world)
        await page.get_by_test_id("save").click()
        await prove(page, root)
        await expect(page.get_by_test_id("said")).to_contain_text("Sent out to 1 PC.")
        told = await pc.hear(AdvisoryOffered)
        assert told.texts == {"en": "Do not use lot 7.", "es": "No use el lote 7."}
        assert told.advice == {"en": "Put it aside."}
        assert told.severity is Severity.SERIOUS
        row = page.get_by_test_id("advisories").locator("tbody tr")
        await expect(row).to_contain_text("0 of 1 PCs")
        journal, key = Journal(), ConditionKey("vendor", told.id.hex(), "advisory")
        await world.parts.intake.keep(pc.device_id, journal.batch(journal.raised(key, Severity.SERIOUS)))
        await page.get_by_test_id("advisory-open").click()
        answer = page.get_by_test_id("answers").locator("tbody tr")
        await expect(answer).to_have_attribute("data-state", "reached")
        await world.parts.intake.keep(pc.device_id, journal.batch(journal.acknowledged(key, by=HOSTILE)))
        await page.get_by_test_id("advisory-again").click()
        await expect(answer).to_have_attribute("data-state", "acknowledged")
        await expect(answer).to_contain_text("<img src=x")
        await pictures(page, "advisory")
        await page.get_by_test_id("advisory-withdraw").click()
        await page.keyboard.press("Enter")  # what comes first is to leave it
        await expect(page.get_by_test_id("confirm")).to_have_count(0)
        await page.get_by_test_id("advisory-withdraw").click()
        await page.get_by_test_id("confirm-yes").click()
        await expect(page.get_by_test_id("said")).to_contain_text("withdrawn")
        assert (await pc.hear(AdvisoryWithdrawn)).id == told.id
        await expect(row).to_have_attribute("data-state", "withdrawn")
        await pictures(page, "advisories")


async def test_what_cannot_be_is_said_and_nothing_typed_is_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advisories, "MAX_HOLDING", 1)
    root = await administrator(world)
    given = {
        "severity": "info", "text_en": HOSTILE, "text_es": "", "advice_en": HOSTILE, "advice_es": "", "sites": [],
        "models": [], "until_utc_ms": utc_ms() + 86_400_000,
    }  # fmt: skip
    assert (await root.post("/api/admin/advisories", **given)).status_code == 200
    async with browsing(world, root, "/admin/advisories") as page:
        await expect(page.get_by_test_id("advisories")).to_contain_text("<img src=x")
        await write(page, "One more")
        await page.get_by_test_id("advisory-sites-all").check()
        await expect(page.get_by_test_id("advisory-reach")).to_contain_text("No PC fits")
        await page.get_by_test_id("save").click()
        await expect(page.get_by_test_id("form-problem")).to_contain_text("Withdraw one")
        await expect(page.get_by_test_id("advisory-text-en")).to_have_value("One more")
        await pictures(page, "advisory-form-refused")
        await page.route("**/api/admin/advisories", lambda route: route.abort())
        await page.get_by_test_id("save").click()
        await expect(page.get_by_test_id("form-problem")).to_contain_text("look at the list")
