"""A person says in a real browser that it was not them: nobody signed in there, and no console is served."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect
from project.chromium import find_chromium
from tests.fakes.mailed_world import mailed_world

from benchside.server.location.service import DENIAL

pytestmark = [pytest.mark.system, pytest.mark.slow]


async def test_somebody_denies_a_sign_in(tmp_path: Path) -> None:
    async with mailed_world(tmp_path, edge="off", consoles="package") as mailed, async_playwright() as playwright:
        web_url = mailed.world.listeners.web_url
        thief = mailed.browser()
        del thief.http.headers["Origin"]  # which no package sends
        thief.http.headers.update({"X-Benchside-Console": "package/9", "X-Benchside-Port": "1"})
        await thief.post("/api/sign-in", account="ana", password=await mailed.account("ana"))
        token = await mailed.mail.token()
        chromium = await playwright.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        context = await chromium.new_context(locale="es-ES")
        page = await context.new_page()
        reports: list[str] = []
        page.on("console", lambda said: reports.append(said.text))
        page.on("pageerror", lambda error: reports.append(str(error)))
        await page.goto(f"{web_url}{DENIAL}#{token}")
        assert page.url == f"{web_url}{DENIAL}"
        await expect(page.get_by_role("heading")).to_have_text("No he sido yo")
        await page.screenshot(path=tmp_path / "denial.es.png")
        assert (await thief.get("/api/me")).status_code == 200  # nothing before it is pressed
        await page.get_by_role("button").click()
        await expect(page.locator("#done")).to_be_visible()
        await expect(page.locator("#lead")).to_be_hidden()  # it tells to press what is not there any more
        await expect(page.get_by_role("button")).to_have_count(0)
        assert (await thief.get("/api/me")).status_code == 401
        assert reports == []
        await page.goto("about:blank")
        await page.goto(f"{web_url}{DENIAL}#{'x' * 43}")
        await page.get_by_role("button").click()
        await expect(page.locator("#late")).to_be_visible()
        await page.goto("about:blank")
        await page.goto(f"{web_url}{DENIAL}")
        await expect(page.locator("#late")).to_be_visible()
        await expect(page.get_by_role("button")).to_have_count(0)
        await chromium.close()
