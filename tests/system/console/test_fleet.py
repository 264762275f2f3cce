"""The fleet's pages in a real Chromium: live, searched, by keyboard, and with what hostile PCs say of themselves."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect
from project.chromium import find_chromium
from tests.fakes.console_world import WITHIN_MS
from tests.fakes.notified import add_device
from tests.fakes.notifier import Journal
from tests.fakes.server_world import Console, World, running_world

from benchside.protocol.wire.condition import ChangeKind, ConditionKey, Severity

pytestmark = [pytest.mark.system, pytest.mark.slow]

PAGE_ROWS = 50
HOSTILE = "<img src=x onerror=document.body.remove()>"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


@asynccontextmanager
async def browsing(
    world: World, console: Console, path: str, language: str = "en-GB", scheme: str = "light"
) -> AsyncIterator[Page]:
    """A page of somebody who is signed in.  An error on it, or a report of its content policy, fails the test."""
    program = find_chromium()
    assert program is not None, "the test set-up installs a Chromium"
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        context = await chromium.new_context(
            locale=language,
            viewport={"width": 1180, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        web = world.listeners.web_url
        await context.add_cookies(
            [{"name": one.name, "value": one.value or "", "url": web} for one in console.http.cookies.jar]
        )
        page = await context.new_page()
        page.set_default_timeout(WITHIN_MS)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
        try:
            await page.goto(web + path)
            yield page
        finally:
            await chromium.close()
        assert errors == []


async def picture(page: Page, name: str) -> None:
    """For a person who looks at them: written where BENCHSIDE_PICTURES says."""
    if folder := os.environ.get("BENCHSIDE_PICTURES"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def pictures(page: Page, name: str) -> None:
    """The page in both languages, light and dark, wide and narrow; nothing of it is wider than its window."""
    size, heights = page.viewport_size, {1280: 900, 390: 844}
    for language in ("es", "en"):
        await page.get_by_test_id(f"language-{language}").click()
        for width, height in heights.items():
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate("document.querySelector('main').scrollWidth") <= width, (name, language, width)
            if not os.environ.get("BENCHSIDE_PICTURES"):
                continue
            whole = await page.evaluate("document.querySelector('main').scrollHeight") + height // 4
            await page.set_viewport_size({"width": width, "height": max(height, whole)})
            for scheme in ("light", "dark"):
                await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                await picture(page, f"{name}-{language}-{width}-{scheme}")
    await page.emulate_media(color_scheme="light")
    if size is not None:
        await page.set_viewport_size(size)


async def some_trouble(world: World) -> tuple[bytes, Journal]:
    device, other = b"p" * 16, b"o" * 16
    await add_device(world.parts, device)
    await add_device(world.parts, other, model="DX-9")
    journal, second = Journal(), Journal()
    leak = ConditionKey("opcua.alarm", "Pump 2", "leak")
    changes = (
        journal.write(ChangeKind.STARTED, None),
        journal.raised(),
        journal.write(
            ChangeKind.RAISED, leak, severity=Severity.CRITICAL,
            texts={"en": "Pump 2 leaks: samples may be lost.", "es": "La bomba 2 pierde líquido."},
        ),
        journal.acknowledged(leak),
    )  # fmt: skip
    await world.parts.intake.keep(device, journal.batch(*changes))
    hostile = ConditionKey("local.x", HOSTILE[:80], "odd")
    await world.parts.intake.keep(
        other,
        second.batch(
            second.write(ChangeKind.RAISED, hostile, severity=Severity.SERIOUS, texts={"en": HOSTILE}),
            second.write(ChangeKind.SHELVED, hostile, by="Toni", why="service comes", until_utc_ms=4_000_000_000_000),
        ),
    )
    return device, journal


@pytest.mark.parametrize(
    ("language", "scheme"), [pytest.param("en-GB", "light", marks=pytest.mark.long), ("es-ES", "dark")]
)
async def test_the_fleet_is_live_and_leads_to_a_timeline(world: World, language: str, scheme: str) -> None:
    ana = await world.console("ana")
    device, journal = await some_trouble(world)
    async with browsing(world, ana, "/fleet", language, scheme) as page:
        rows = page.get_by_test_id("conditions").locator("tbody tr")
        await expect(rows).to_have_count(3)
        await expect(rows.first).to_contain_text("2 leaks" if language == "en-GB" else "pierde")
        await expect(page.get_by_test_id("conditions")).to_contain_text("<img src=x")
        await expect(page.get_by_test_id("tile-critical").locator("strong")).to_have_text("1")
        await picture(page, f"fleet-{language}")
        # a change comes by itself
        new = ConditionKey("pc.memory", "PC", "low")
        await world.parts.intake.keep(device, journal.batch(journal.raised(new, Severity.CRITICAL)))
        await expect(rows).to_have_count(4)
        await expect(page.get_by_test_id("tile-critical").locator("strong")).to_have_text("2")
        # search and tiles, by keyboard
        await page.get_by_test_id("fleet-search").fill("PUMP")
        await expect(rows).to_have_count(1)
        await page.get_by_test_id("fleet-search").fill("")
        await page.get_by_test_id("tile-critical").focus()
        await page.keyboard.press("Enter")
        await expect(rows).to_have_count(2)
        await expect(page.get_by_test_id("tile-critical")).to_have_attribute("aria-pressed", "true")
        await page.get_by_test_id("to-pc").first.click()
        timeline = page.get_by_test_id("timeline").locator("tbody tr")
        await expect(timeline).to_have_count(5)
        await expect(page.locator("h1")).to_have_text("PC p")
        await picture(page, f"fleet-pc-{language}")
        await world.parts.intake.keep(device, journal.batch(journal.cleared()))
        await expect(timeline).to_have_count(6)


async def test_a_page_that_is_gone_and_a_search_that_finds_nothing_do_not_say_that_all_is_well(world: World) -> None:
    ana = await world.console("ana")
    device, journal = b"p" * 16, Journal()
    await add_device(world.parts, device)
    keys = [ConditionKey("local.x", f"s{number}", "odd") for number in range(PAGE_ROWS + 5)]
    await world.parts.intake.keep(device, journal.batch(*(journal.raised(key) for key in keys)))
    async with browsing(world, ana, "/fleet") as page:
        rows = page.get_by_test_id("conditions").locator("tbody tr")
        await expect(rows).to_have_count(PAGE_ROWS)
        await page.get_by_role("button", name="Next").click()
        await expect(rows).to_have_count(5)
        over = [one for key in keys[:10] for one in (journal.cleared(key), journal.acknowledged(key))]
        await world.parts.intake.keep(device, journal.batch(*over))
        await expect(rows).to_have_count(PAGE_ROWS - 5)
        await page.get_by_test_id("fleet-search").fill("nothing of the kind")
        await expect(page.get_by_test_id("empty")).to_contain_text("Nothing found")
        await page.get_by_test_id("fleet-search").fill("")
        await page.get_by_test_id("fleet-state").select_option("unshown")
        await expect(page.get_by_test_id("empty")).to_contain_text("Nothing found")
        aside = [journal.write(ChangeKind.SUPPRESSED, keys[-1]), journal.write(ChangeKind.OUT_OF_SERVICE, keys[-2])]
        await world.parts.intake.keep(device, journal.batch(*aside))
        await expect(rows).to_have_count(2)
        await expect(rows.filter(has_text="Out of service")).to_have_count(1)
        await expect(rows.filter(has_text="Follows from another condition")).to_have_count(1)


async def test_nobody_sees_anything_without_being_named_in_the_policy(world: World) -> None:
    ben = await world.console("ben", key=None)
    device, _ = await some_trouble(world)
    async with browsing(world, ben, "/fleet") as page:
        await expect(page.get_by_test_id("empty")).to_be_visible()
        await page.goto(f"{world.listeners.web_url}/fleet/pc/{device.hex()}")
        await expect(page.get_by_test_id("load-problem")).to_be_visible()


async def test_what_was_shown_of_earlier_stays_when_something_changes(world: World) -> None:
    ana = await world.console("ana")
    device, journal = b"p" * 16, Journal()
    await add_device(world.parts, device)
    for _ in range(2):
        changes = [one for _ in range(30) for one in (journal.raised(), journal.cleared())]
        await world.parts.intake.keep(device, journal.batch(*changes))
    async with browsing(world, ana, f"/fleet/pc/{device.hex()}") as page:
        lines = page.get_by_test_id("timeline").locator("tbody tr")
        await expect(lines).to_have_count(50)
        await page.get_by_test_id("timeline-more").click()
        await expect(lines).to_have_count(100)
        await world.parts.intake.keep(device, journal.batch(journal.raised()))
        await expect(lines).to_have_count(101)
        # more than a page at once: earlier would not join on to it
        changes = [one for _ in range(40) for one in (journal.cleared(), journal.raised())]
        await world.parts.intake.keep(device, journal.batch(*changes))
        await expect(lines).to_have_count(50)
