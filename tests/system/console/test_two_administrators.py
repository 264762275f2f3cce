"""Two administrators at once, in a real Chromium: who saves second sees what is there, and loses nothing of theirs."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.fakes.server_world import Console, World, running_world
from tests.system.console.test_administration import administrator, browsing, fill, give_file, table

pytestmark = [pytest.mark.system, pytest.mark.slow]

PERSON = {
    "name": "Ben Example", "organisation": "Vendor", "role": "engineer", "is_administrator": False, "officer_of": None,
    "until_utc_ms": None, "is_active": True, "groups": [], "trainings": [],
}  # fmt: skip
TRAINING = {"course": "PRIV-101", "law": "gdpr", "expires_utc_ms": 4_102_444_800_000}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def picture(page: Page, name: str) -> None:
    """Kept where BENCHSIDE_PICTURES says, to be looked at."""
    if folder := os.environ.get("BENCHSIDE_PICTURES"):
        await page.evaluate("() => document.querySelector('main').parentElement.scrollTo(0, 1e6)")
        await page.get_by_role("alert").or_(page.get_by_role("status")).last.scroll_into_view_if_needed()
        await page.screenshot(path=f"{folder}/{name}.png")


async def put_ben(root: Console, **changes: object) -> None:
    assert (await root.put("/api/admin/people/ben", **PERSON | changes)).status_code == 200


@pytest.mark.parametrize("language", ["en-GB", pytest.param("es-ES", marks=pytest.mark.long)])
async def test_a_form_shows_what_was_saved_meanwhile_and_keeps_what_was_typed(world: World, language: str) -> None:
    root = await administrator(world)
    await put_ben(root)
    async with browsing(world, root, "/admin/people", language) as page:
        await page.locator("[data-person=ben] a").click()
        await fill(page, person_name="Benjamin Example")
        await put_ben(root, organisation="Vendor Iberia", is_active=False, trainings=[TRAINING])
        await page.get_by_test_id("save").click()
        shown = page.get_by_test_id("meanwhile")
        await expect(shown).to_contain_text("Vendor Iberia")
        await expect(shown).to_contain_text("PRIV-101")
        await expect(shown.locator("dt")).to_have_count(3)
        await expect(page.get_by_test_id("person-name")).to_have_value("Benjamin Example")
        await picture(page, f"meanwhile-{language[:2]}")
        (ben,) = [one for one in (await root.get("/api/admin/people")).json()["people"] if one["id"] == "ben"]
        assert (ben["name"], ben["organisation"]) == ("Ben Example", "Vendor Iberia")
        await page.get_by_test_id("save").click()
        await expect(page.get_by_test_id("people")).to_contain_text("Benjamin Example")


async def test_what_was_removed_meanwhile_is_added_again_only_knowingly(world: World) -> None:
    root = await administrator(world)
    await put_ben(root)
    async with browsing(world, root, "/admin/people") as page:
        await page.locator("[data-person=ben] a").click()
        assert (await root.delete("/api/admin/people/ben")).status_code == 204
        await page.get_by_test_id("save").click()
        await expect(page.get_by_test_id("meanwhile")).to_contain_text("removed")
        assert [one["id"] for one in (await root.get("/api/admin/people")).json()["people"]] == ["root"]
        await page.get_by_test_id("save").click()
        await expect(page.locator("[data-person=ben]")).to_be_visible()


async def test_what_was_changed_meanwhile_is_looked_at_before_it_is_removed(world: World) -> None:
    root = await administrator(world)
    await put_ben(root)
    async with browsing(world, root, "/admin/people") as page:
        await page.locator("[data-person=ben] a").click()
        await put_ben(root, organisation="Vendor Iberia")
        await page.get_by_test_id("remove").click()
        await page.get_by_test_id("confirm-yes").click()
        await expect(page.get_by_test_id("meanwhile")).to_contain_text("Vendor Iberia")
        await expect(page.get_by_test_id("meanwhile")).to_contain_text("Nothing was removed")
        await picture(page, "meanwhile-remove")
        await page.get_by_test_id("remove").click()
        await page.get_by_test_id("confirm-yes").click()
        await expect(page.get_by_test_id("people")).to_be_visible()
        assert [one["id"] for one in (await root.get("/api/admin/people")).json()["people"]] == ["root"]


async def test_nobody_new_takes_the_place_of_somebody_added_meanwhile(world: World) -> None:
    root = await administrator(world)
    async with browsing(world, root, "/admin/people/add") as page:
        await fill(page, person_id="ben", person_name="Another Ben", person_organisation="Vendor")
        await put_ben(root)
        await page.get_by_test_id("save").click()
        await expect(page.get_by_test_id("form-problem")).to_contain_text("ben")
        await expect(page.get_by_test_id("person-name")).to_have_value("Another Ben")


@pytest.mark.parametrize("language", ["en-GB", pytest.param("es-ES", marks=pytest.mark.long)])
async def test_a_table_is_shown_anew_when_its_people_changed(world: World, language: str) -> None:
    root = await administrator(world)
    await put_ben(root)
    async with browsing(world, root, "/admin/import", language) as page:
        await give_file(page, "import-file", table("account,name,organisation\nben,Benno,Vendor\nana,Ana,Vendor\n"))
        await expect(page.get_by_test_id("import-added")).to_have_text("1")
        await put_ben(root, trainings=[TRAINING])
        await page.get_by_test_id("import-apply").click()
        said = "Somebody changed" if language == "en-GB" else "Alguien ha cambiado"
        await expect(page.get_by_test_id("import-problem")).to_contain_text(said)
        await expect(page.get_by_test_id("import-outcome")).to_have_attribute("data-state", "shown")
        await picture(page, f"import-changed-{language[:2]}")
        await page.get_by_test_id("import-apply").click()
        await expect(page.get_by_test_id("import-outcome")).to_have_attribute("data-state", "applied")
        await expect(page.get_by_test_id("import-problem")).to_have_count(0)
    (ben,) = [one for one in (await root.get("/api/admin/people")).json()["people"] if one["id"] == "ben"]
    assert (ben["name"], len(ben["trainings"])) == ("Benno", 1)
