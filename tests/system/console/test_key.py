"""A person's key in a real Chromium: another one takes its place only with a fresh proof, and not by half."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.fakes.server_world import Console, World, running_world
from tests.system.console.test_administration import browsing, grow_old, prove

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def shown(page: Page) -> str:
    return "".join((await page.get_by_test_id("fingerprint").inner_text()).split())


async def kept(world: World) -> str:
    return (await world.parts.accounts.key_of("ana") or b"").hex()


async def replace(page: Page) -> None:
    await page.get_by_role("button", name="Make a new key …").click()
    await page.get_by_test_id("key-replace-yes").click()
    await page.get_by_test_id("step-up-password").wait_for()


async def test_a_new_key_wants_a_fresh_proof_and_the_old_one_stays_until_it_is_taken(world: World) -> None:
    ana: Console = await world.console("ana", key=None)
    async with browsing(world, ana, "/key") as page:
        await grow_old(world)
        await page.get_by_test_id("key-make").click()  # the first one takes nobody's place
        await page.get_by_test_id("fingerprint").wait_for()
        first = await shown(page)
        assert first == await kept(world)
        await replace(page)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("alert")).to_contain_text("Confirm first that it is still you")
        assert await kept(world) == first
        await page.reload()
        await expect(page.get_by_test_id("key-state")).to_be_visible()
        assert await shown(page) == first
        await replace(page)
        await prove(page, ana)
        await expect(page.get_by_test_id("key-replace-yes")).to_have_count(0)
        second = await shown(page)
        assert second != first
        assert second == await kept(world)
        await page.reload()
        await expect(page.get_by_test_id("key-state")).to_be_visible()
        assert await shown(page) == second
