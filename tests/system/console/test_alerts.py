"""The administration's page of alerts in a real Chromium: channels added, tried, failing, changed by two, removed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update
from tests.fakes.server_world import SETTINGS, Console, World, running_world
from tests.system.console.test_administration import administrator, fill, grow_old, prove
from tests.system.console.test_fleet import browsing, pictures
from tests.system.server.test_alerts import channel, webhook

from benchside.server.alerts import office, trial
from benchside.server.alerts.model import AlertChannel

pytestmark = [pytest.mark.system, pytest.mark.slow]

HOSTILE = "<img src=x onerror=document.body.remove()>"
SECRET = "secretword"


@asynccontextmanager
async def allowing(folder: Path, targets: str) -> AsyncIterator[World]:
    async with running_world(folder, settings=replace(SETTINGS, alert_targets=targets)) as world:
        yield world


async def stands(world: World, id_: str, **values: Any) -> None:
    """Let a channel stand as if that had happened to it."""
    async with world.parts.cloud.write() as rows:
        await rows.execute(update(AlertChannel).where(AlertChannel.id == id_).values(**values))


async def add(page: Page, target: str) -> None:
    await page.get_by_test_id("alert-add").click()
    await expect(page.locator("h1")).to_be_focused()
    await fill(page, alert_id="night", alert_name="Night duty")
    await page.get_by_test_id("alert-way-service").check()
    await page.get_by_test_id("alert-target").fill(target)


async def test_a_channel_is_added_tried_and_its_target_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with webhook() as (port, posted), allowing(tmp_path, f"json://127.0.0.1:{port} slack://") as world:
        root = await administrator(world)
        async with browsing(world, root, "/admin/alerts") as page:
            await expect(page.get_by_test_id("empty")).to_be_visible()
            ways = page.get_by_test_id("alert-ways")
            await expect(ways).to_contain_text(f"json://127.0.0.1:{port}")
            await expect(ways).to_contain_text("no mail server (smtp in server.toml)")
            await pictures(page, "alerts-empty")
            await add(page, "json://elsewhere.example/hook")
            await page.get_by_test_id("save").click()
            await expect(page.get_by_test_id("form-problem")).to_contain_text("may not send there")
            await page.get_by_role("group").get_by_text("Where alerts may go").click()
            await pictures(page, "alert-form-refused")
            target = page.get_by_test_id("alert-target")
            await expect(target).to_have_css("-webkit-text-security", "disc")
            await page.get_by_test_id("alert-show").check()
            await expect(target).to_have_css("-webkit-text-security", "none")
            await target.fill(f"json://top:{SECRET}@127.0.0.1:{port}/hook")
            await grow_old(world)
            await page.get_by_test_id("save").click()
            await prove(page, root)
            await expect(page.get_by_test_id("said")).to_contain_text("Night duty was added")
            row = page.locator("[data-alert=night]")
            await expect(row).to_have_attribute("data-state", "fresh")
            await page.get_by_test_id("alert-try").click()
            await expect(page.get_by_test_id("said")).to_contain_text("has taken a trial message")
            assert "test of this channel" in (await posted.get())["title"]
            await page.get_by_test_id("alert-try").click()
            await expect(page.get_by_test_id("said")).to_contain_text("Try again in")
            assert posted.empty()
            await row.get_by_role("link").click()
            await expect(target).to_have_value("")
            assert SECRET not in await page.content()
            # without a new target the old one stays
            await fill(page, alert_name="Nights")
            await page.get_by_test_id("save").click()
            await expect(row).to_contain_text("Nights")
            monkeypatch.setattr(trial, "TRIAL_EVERY_MS", 0)
            await page.get_by_test_id("alert-try").click()
            await expect(page.get_by_test_id("said")).to_contain_text("has taken a trial message")
            assert SECRET not in (await root.get("/api/admin/alerts")).text
            await row.get_by_role("link").click()
            await page.get_by_test_id("remove").click()
            await page.get_by_test_id("confirm-yes").click()
            await expect(page.get_by_test_id("empty")).to_be_visible()


async def some_channels(root: Console, port: int) -> None:
    target = f"json://127.0.0.1:{port}/hook"
    for id_, name in (("a", "Works"), ("b", "Waits"), ("c", "Fails"), ("d", "Given up"), ("e", HOSTILE)):
        is_on, sites = id_ != "e", ["lab-1"] if id_ == "c" else []
        given = channel(name=name, target=target, is_on=is_on, sites=sites)
        assert (await root.put(f"/api/admin/alerts/{id_}", **given)).status_code == 204


async def test_how_each_channel_goes_is_said_and_what_a_trial_came_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        webhook(b"HTTP/1.1 403 no") as (port, _),
        allowing(tmp_path, f"json://127.0.0.1:{port}") as world,
    ):
        root = await administrator(world)
        await some_channels(root, port)
        now = world.parts.now()
        await stands(world, "a", sent_utc_ms=now - 60_000)
        await stands(world, "c", tries=3, why="refused", next_utc_ms=now + 3600_000, sent_utc_ms=now - 86_400_000)
        await stands(world, "d", given_up_utc_ms=now - 3600_000, why="too_slow")
        async with browsing(world, root, "/admin/alerts") as page:
            for id_, state in (("a", "good"), ("b", "fresh"), ("c", "failing"), ("d", "given_up"), ("e", "off")):
                await expect(page.locator(f"[data-alert={id_}]")).to_have_attribute("data-state", state)
            await expect(page.locator("[data-alert=c]")).to_contain_text("Check the secrets in its URL")
            await expect(page.locator("[data-alert=e]")).to_contain_text("<img src=x")
            await page.locator("[data-alert=b]").get_by_test_id("alert-try").click()
            said = page.get_by_test_id("said")
            await expect(said).to_contain_text("Waits: the trial message did not go out. The service refused it")
            await pictures(page, "alerts")
            # two administrators: what was saved meanwhile is shown, what was typed stays
            await page.locator("[data-alert=a]").get_by_role("link").click()
            await fill(page, alert_name="Mine")
            assert (await root.put("/api/admin/alerts/a", **channel(name="Theirs", repeat_min=5))).status_code == 204
            await page.get_by_test_id("save").click()
            await expect(page.get_by_test_id("meanwhile")).to_contain_text("Theirs")
            await expect(page.get_by_test_id("alert-name")).to_have_value("Mine")
            await pictures(page, "alert-form")
            await page.get_by_test_id("save").click()
            await expect(page.locator("[data-alert=a]")).to_contain_text("Mine")
            monkeypatch.setattr(office, "MAX_CHANNELS", 5)
            await add(page, f"json://127.0.0.1:{port}/hook")
            await page.get_by_test_id("save").click()
            await expect(page.get_by_test_id("form-problem")).to_contain_text("as many channels as there may be")
