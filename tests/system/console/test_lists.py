"""Long lists and narrow windows of the administration and the officer's pages, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.fakes.server_world import World, running_world
from tests.system.console.test_administration import administrator, browsing

pytestmark = [pytest.mark.system, pytest.mark.slow]

NOW_UTC_MS = 1_900_000_000_000
LONG = "Laboratorio de Urgencias y Bioqu\u00edmica 24 h, edificio de consultas externas"
DEVICE = {
    "id": "", "name": "", "site": "lab-1", "online": False, "software": "1.0", "policy_version": 1,
    "enrolled_utc_ms": NOW_UTC_MS, "revoked_utc_ms": None, "has_it_review": True, "has_terms": True, "hold": None,
    "instruments": [{"id": "i", "model": "Coagulation Analyser XN-L Extended", "serial": "SN-1", "patient_data": True}],
}  # fmt: skip
SITE = {
    "id": "lab-1", "name": LONG, "customer": None, "laws": ["gdpr"], "time_zone": "Europe/Madrid", "hours": [],
    "named": [], "second_eyes": False, "in_policy": True,
}  # fmt: skip
PARTS = ("people", "groups", "places", "pcs", "enrolment", "policy", "import", "advisories", "alerts")
CHANGE = {"what": "associate", "kind": "changed", "fields": ["trainings"], "new_keys": ["ab12" * 16]}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def answer(page: Page, what: str, **body: object) -> None:
    """Let the server be said to have more than a test could enter."""
    await page.route(f"**/api/admin/{what}", lambda route: route.fulfill(json=body))


async def say_devices(page: Page) -> None:
    """Sixty PCs, seven of which are held; two came with the key of the first of those."""
    devices = [{**DEVICE, "id": f"{number:032x}", "name": f"LAB-PC-{number:02}"} for number in range(60)]
    for one in devices[:7]:
        one["hold"] = {"why": "copied", "since_utc_ms": NOW_UTC_MS, "numbers": [], "with_old_key": []}
    devices[0]["hold"] = {
        "why": "copied",
        "since_utc_ms": NOW_UTC_MS,
        "numbers": ["3FA2-91BC", "77D0-0A1E"],
        "with_old_key": [],
    }
    await answer(page, "devices", devices=devices)
    await answer(page, "sites", sites=[SITE])


async def test_held_pcs_are_told_apart_and_let_go_on_by_number(world: World) -> None:
    root = await administrator(world)
    async with browsing(world, root, "/admin/people") as page:
        await say_devices(page)
        await page.get_by_role("link", name="PCs and instruments").click()
        await expect(page.get_by_role("heading", name="7 PCs are held")).to_be_visible()
        await expect(page.get_by_test_id("held")).to_have_count(5)
        await expect(page.get_by_test_id("held").first).to_contain_text(LONG[:50])
        await expect(page.locator("tr[data-state=held]")).to_have_count(7)
        await page.locator("#pcs-state").select_option("held")
        await expect(page.locator("tr[data-device]")).to_have_count(7)
        await page.get_by_role("button", name="Let 77D0-0A1E go on: LAB-PC-00").press("Enter")
        await expect(page.get_by_test_id("confirm")).to_contain_text("LAB-PC-00 with the number 77D0-0A1E")
        await page.keyboard.press("Escape")
        await expect(page.get_by_test_id("confirm")).to_have_count(0)


async def test_one_that_comes_with_an_old_key_or_beside_the_chosen_one_is_let_go_on_by_its_number(world: World) -> None:
    root = await administrator(world)
    numbers = {"since_utc_ms": None, "numbers": ["3FA2-91BC"]}
    restored = {**DEVICE, "id": f"{1:032x}", "name": "restored"}
    restored["hold"] = {**numbers, "why": "old_key", "with_old_key": ["3FA2-91BC"]}
    beside = {**DEVICE, "id": f"{2:032x}", "name": "beside", "online": True}
    beside["hold"] = {**numbers, "why": "not_chosen", "with_old_key": []}
    async with browsing(world, root, "/admin/people") as page:
        await answer(page, "devices", devices=[restored, beside])
        await answer(page, "sites", sites=[SITE])
        await page.get_by_role("link", name="PCs and instruments").click()
        await expect(page.get_by_test_id("held").first).to_contain_text("3FA2-91BC has the key from before")
        await expect(page.get_by_test_id("held").last).to_contain_text("Another PC with its key is kept out")
        await expect(page.locator("tr[data-state=held]")).to_have_count(1)
        for button, said in (
            ("Let 3FA2-91BC go on: restored", "stays out for good"),
            ("Let 3FA2-91BC go on, which has an older disk: restored", "Only when the laboratory says"),
            ("Let 3FA2-91BC go on: beside", "stays out for good"),
        ):
            await page.get_by_role("button", name=button, exact=True).click()
            await expect(page.get_by_test_id("confirm")).to_contain_text("with the number 3FA2-91BC")
            await expect(page.get_by_test_id("confirm")).to_contain_text(said)
            await page.keyboard.press("Escape")


async def test_a_failure_is_never_told_as_a_success(world: World) -> None:
    root = await administrator(world)
    async with browsing(world, root, "/admin/people") as page:
        await say_devices(page)
        await page.route("**/rotation", lambda route: route.fulfill(status=503))
        await page.get_by_role("link", name="PCs and instruments").click()
        await page.get_by_test_id("rotate").last.click()
        said = page.get_by_test_id("said").locator(".notice")
        await expect(said).to_have_class(re.compile(r"\bdanger\b"))
        # it is told where one looks, however far down the row is
        await expect(said).to_be_in_viewport()
        await expect(said).to_contain_text("server")
        await page.get_by_role("button", name="ES", exact=True).click()
        await expect(said).to_contain_text("servidor")


async def test_the_way_to_the_authority_stands_before_many_changes(world: World) -> None:
    root = await administrator(world)
    waiting = [{**CHANGE, "id": f"p{number:04}", "name": f"Persona {number:04}"} for number in range(2000)]
    policy = {"version": 3, "issued_utc_ms": 1, "expires_utc_ms": NOW_UTC_MS, "associates": 1, "sites": 1}
    async with browsing(world, root, "/admin/people") as page:
        await answer(page, "policy", **policy, waiting=waiting)
        await page.get_by_role("link", name="Policy", exact=True).click()
        await expect(page.get_by_text("2,000 changes wait; they are listed below.")).to_be_visible()
        rows = page.locator("[data-waiting]")
        await expect(rows).to_have_count(50)
        button = await page.get_by_test_id("proposal").bounding_box()
        first = await rows.first.bounding_box()
        assert button is not None
        assert first is not None
        assert button["y"] < first["y"]
        # to the last page and no further, with the keyboard still where it was
        await page.get_by_test_id("page-next").focus()
        for _ in range(41):
            await page.keyboard.press("Enter")
        await expect(page.get_by_text("Page 40 of 40")).to_be_attached()
        await expect(page.get_by_test_id("page-next")).to_be_focused()
        await expect(page.get_by_test_id("page-next")).to_have_attribute("aria-disabled", "true")
        await page.get_by_test_id("waiting-search").fill("persona 1234")
        await expect(rows).to_have_count(1)


async def test_nothing_is_wider_than_a_telephone(world: World) -> None:
    root = await administrator(world)
    async with browsing(world, root, "/admin/people", language="es-ES") as page:
        await say_devices(page)
        await page.set_viewport_size({"width": 400, "height": 800})
        for part in PARTS:
            link = page.locator(f"nav a[href='/admin/{part}']")
            await link.click()
            await expect(link).to_have_attribute("aria-current", "page")
            await expect(page.locator("main progress")).to_have_count(0)
            wider_px = await page.locator("main").evaluate("element => element.scrollWidth - element.clientWidth")
            assert wider_px == 0, part
            for cell in await page.locator("[data-testid=pcs] tbody tr:first-child td").all():
                await expect(cell).to_be_visible()
                box = await cell.bounding_box()
                assert box is not None
                assert box["x"] + box["width"] <= 400
