"""The administration and the officer's pages in a real Chromium, in front of a real server and authority."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect
from project.chromium import find_chromium
from sqlalchemy import update
from tests.fakes.notifier import Journal
from tests.fakes.server_world import PASSWORD, Console, Pc, World, rsa_key, running_world

from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventKind
from benchside.protocol.wire.carrier import NoticesKept, NoticesReported, pack_batch
from benchside.protocol.wire.session import InstrumentInfo
from benchside.server.accounts.model import SignIn
from benchside.server.administration.people import People
from benchside.server.authority.proposal import PROPOSAL, merge

pytestmark = [pytest.mark.system, pytest.mark.slow]

WITHIN_MS = 30_000
HOSTILE = "<img src=x onerror=document.body.remove()> \u202eexe.gpj"
FUTURE = "2099-06-30"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


@asynccontextmanager
async def browsing(world: World, console: Console, path: str, language: str = "en-GB") -> AsyncIterator[Page]:
    """A page of somebody who is signed in.  An error on it, or a report of its content policy, fails the test."""
    program = find_chromium()
    assert program is not None, "the test set-up installs a Chromium"
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        context = await chromium.new_context(locale=language, viewport={"width": 1024, "height": 768})
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


async def administrator(world: World) -> Console:
    console = await world.console("root", key=None)
    await People(world.parts.cloud, world.parts.ledger).make_administrator("root", is_administrator=True)
    return console


async def grow_old(world: World) -> None:
    """Let every proof of who sits there be an old one."""
    async with world.parts.cloud.write() as rows:
        await rows.execute(update(SignIn).values(proved_utc_ms=1))


async def with_key(world: World, account: str, number: int) -> tuple[Console, bytes]:
    """Somebody who has signed in and made a key; returns its fingerprint too."""
    console = await world.console(account, key=None)
    spki = public_bytes(rsa_key(number).public_key())
    assert (await console.put("/api/me/key", spki=base64.b64encode(spki).decode())).status_code == 200
    return console, fingerprint(spki)


async def fill(page: Page, **fields: str) -> None:
    for name, text in fields.items():
        await page.get_by_test_id(name.replace("_", "-")).fill(text)


async def save(page: Page, says: str) -> None:
    await page.get_by_test_id("save").click()
    await expect(page.get_by_test_id("said")).to_contain_text(says)


async def go(page: Page, name: str) -> None:
    await page.get_by_role("navigation", name="Administration").get_by_role("link", name=name).click()
    await expect(page.get_by_role("heading", level=1)).to_be_focused()


def table(text: str) -> dict[str, object]:
    return {"name": "list.csv", "mimeType": "text/csv", "buffer": text.encode()}


async def give_file(page: Page, test_id: str, content: dict[str, object]) -> None:
    await page.get_by_test_id(test_id).set_input_files(content)  # type: ignore[arg-type]  # a FilePayload


async def prove(page: Page, console: Console) -> None:
    """Give the proof that the dialog asks for."""
    await page.get_by_test_id("step-up-password").fill(PASSWORD)
    await page.get_by_test_id("step-up-code").fill(console.authenticator.code())
    await page.get_by_test_id("step-up-submit").click()


async def enter_places(page: Page, world: World, root: Console) -> None:
    """A customer, its laboratory with hours, and a group, with an old proof in the middle."""
    await go(page, "Customers and laboratories")
    await page.get_by_test_id("customer-add").click()
    await fill(page, customer_id="hospital-1", customer_name="First Hospital", customer_mail="it@hospital.example")
    await save(page, "First Hospital was saved")
    await page.get_by_test_id("site-add").click()
    await fill(page, site_id="lab-9", site_name="Haematology", site_laws="gdpr", site_zone="Europe/Madrid")
    await page.get_by_test_id("hours-add").click()
    await fill(page, hours_from="22:00", hours_to="06:00")
    await save(page, "Haematology was saved")
    row = page.locator("[data-site=lab-9]")
    await expect(row).to_have_attribute("data-state", "waits")
    await expect(row).to_contain_text("Mon–Fri 22:00–06:00")
    await go(page, "Groups")
    await page.get_by_test_id("group-add").click()
    await fill(page, group_id="north", group_name="North")
    await page.get_by_label("First Hospital").check()
    await page.get_by_test_id("group-sites-all").check()
    await page.get_by_test_id("group-models-all").check()
    await expect(page.get_by_test_id("group-models")).to_contain_text("also those that come later")
    await grow_old(world)
    await page.get_by_test_id("save").click()
    await page.get_by_test_id("step-up-password").wait_for()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("form-problem")).to_contain_text("Nothing was changed")
    await page.get_by_test_id("save").click()
    await prove(page, root)
    await expect(page.get_by_test_id("said")).to_contain_text("North was saved")


async def enter_people(page: Page) -> None:
    """Somebody by hand, and trainings by a table: one with mistakes, then a good one."""
    await go(page, "People")
    await page.get_by_test_id("person-add").click()
    await fill(page, person_id="ben", person_name="Ben Example", person_organisation="Vendor")
    await page.get_by_test_id("person-groups").get_by_label("North").check()
    await save(page, "Ben Example was saved")
    await expect(page.locator("[data-person=ben]")).to_have_attribute("data-state", "no_training")
    await go(page, "Import")
    await page.get_by_test_id("kind-trainings").check()
    head = "account;course;law;expires;manager\n"
    await give_file(page, "import-file", table(f"{head}ben;P-1;gdpr;03/04/2099;x\nnobody;P-1;gdpr;{FUTURE};x\n"))
    problems = page.get_by_test_id("import-problems")
    await expect(problems.locator("[data-why=unclear_date]")).to_contain_text("2")
    await expect(problems.locator("[data-why=unknown_person]")).to_contain_text("There is no such account")
    await expect(page.get_by_test_id("import-apply")).to_have_count(0)
    await give_file(page, "import-file", table(f"{head}ben;P-1;gdpr;{FUTURE};x\n"))
    await expect(page.get_by_test_id("import-changed")).to_have_text("1")
    await expect(page.get_by_test_id("import-ignored")).to_contain_text("manager")
    await page.get_by_test_id("import-apply").click()
    await expect(page.get_by_test_id("import-outcome")).to_have_attribute("data-state", "applied")
    await go(page, "People")
    await expect(page.locator("[data-person=ben]")).to_contain_text("30 Jun 2099")


async def test_the_whole_way_from_a_customer_to_somebody_in_the_policy(world: World, tmp_path: Path) -> None:
    root = await administrator(world)
    _ben, key = await with_key(world, "ben", 2)
    async with browsing(world, root, "/") as page:
        await page.get_by_test_id("nav-admin").click()
        await enter_places(page, world, root)
        await enter_people(page)
        await expect(page.locator("[data-person=ben]")).to_have_attribute("data-state", "waits")
        await go(page, "Policy")
        row = page.locator("[data-waiting=ben]")
        await expect(row).to_contain_text(" ".join(re.findall("....", key.hex())))
        async with page.expect_download() as download:
            await page.get_by_test_id("proposal").click()
        carried = tmp_path / "benchside.proposal"
        await (await download.value).save_as(carried)
        proposal, state = PROPOSAL.decode(carried.read_bytes()), world.authority.state()
        merged = merge(state.associates, state.sites, proposal)
        world.authority.take(merged.associates, merged.sites)
        signed = world.authority.export(lambda: b"")
        for wrong in (b"rubbish", carried.read_bytes(), b""):
            policy = {"name": "policy.bin", "mimeType": "application/octet-stream", "buffer": wrong}
            await give_file(page, "policy-file", policy)
            await expect(page.get_by_test_id("policy-problem")).to_contain_text("Choose the file that")
        await give_file(
            page, "policy-file", {"name": "policy.bin", "mimeType": "application/octet-stream", "buffer": signed}
        )
        await expect(page.get_by_test_id("nothing-waits")).to_be_visible()
        await expect(page.get_by_test_id("policy-problem")).to_have_count(0)
        await go(page, "People")
        await expect(page.locator("[data-person=ben]")).to_have_attribute("data-state", "in_policy")
        # the same day for the training, whatever is saved again
        await page.locator("[data-person=ben] a").click()
        await expect(page.get_by_test_id("training-day")).to_have_value(FUTURE)
        await save(page, "Ben Example was saved")
        await expect(page.locator("[data-person=ben]")).to_have_attribute("data-state", "in_policy")
        await page.locator("[data-person=ben] a").click()
        await page.get_by_test_id("person-active").uncheck()
        await save(page, "Ben Example was saved")
        await expect(page.locator("[data-person=ben]")).to_have_attribute("data-state", "leaves")


async def test_a_form_is_filled_in_by_keyboard_alone(world: World) -> None:
    root = await administrator(world)
    async with browsing(world, root, "/admin/places") as page:
        await expect(page.get_by_role("heading", level=1)).to_be_focused()
        await page.get_by_test_id("customer-add").wait_for()
        await page.keyboard.press("Tab")
        await expect(page.get_by_test_id("customer-add")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Add a customer")).to_be_focused()
        for text in ("hospital-1", "First Hospital", "it@hospital.example"):
            await page.keyboard.press("Tab")
            await page.keyboard.type(text)
        await page.keyboard.press("Tab")
        await page.keyboard.press("ArrowDown")
        await grow_old(world)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.get_by_test_id("step-up-password").wait_for()
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Tab")
        await page.keyboard.type(root.authenticator.code())
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("said")).to_contain_text("First Hospital was saved")
        await expect(page.get_by_role("heading", level=1)).to_be_focused()
        await expect(page.get_by_test_id("customers")).to_contain_text("it@hospital.example")
        # the way back leads to the form, and Escape out of a question changes nothing
        await page.get_by_role("link", name="First Hospital").press("Enter")
        await page.get_by_test_id("remove").press("Enter")
        await expect(page.get_by_test_id("confirm-no")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.get_by_test_id("remove")).to_be_focused()
        await page.go_back()
        await expect(page.get_by_test_id("customers")).to_contain_text("First Hospital")


async def test_a_token_is_shown_once_and_can_be_taken_back(world: World) -> None:
    root = await administrator(world)
    async with browsing(world, root, "/admin/enrolment") as page:
        await page.get_by_test_id("token-site").select_option("lab-1")
        await page.get_by_test_id("token-make").click()
        token = await page.get_by_test_id("token-text").inner_text()
        assert len(token) > 100
        await page.get_by_test_id("token-done").click()
        await page.reload()
        await page.get_by_test_id("tokens").wait_for()
        assert token not in await page.content()
        await page.get_by_test_id("token-revoke").click()
        await page.get_by_test_id("confirm-yes").click()
        await expect(page.locator("[data-testid=tokens] tr[data-state]")).to_have_attribute("data-state", "over")


async def test_what_others_wrote_is_shown_as_text(world: World) -> None:
    root = await administrator(world)
    pc = Pc(world, rsa_key(0), os.urandom(32))
    answer = await pc.enrol(await world.token())
    pc.device_id = answer.device_id  # type: ignore[union-attr]  # it was not refused
    await pc.connect()
    evil = HOSTILE.replace("\u202e", "")
    same = InstrumentInfo(id="i", model=evil, serial="x" * 100, patient_data=True)
    pc.describe(device=evil, instruments=(same, same))
    given = {"it_mail": "", "mail_language": "en"}
    assert (await root.put("/api/admin/customers/c", name=evil, **given)).status_code == 204
    assert (await root.put("/api/admin/customers/b", name="x" * 80, **given)).status_code == 204
    async with browsing(world, root, "/admin/places") as page:
        await expect(page.get_by_test_id("customers")).to_contain_text(evil)
        await go(page, "PCs and instruments")
        await expect(page.get_by_test_id("pcs")).to_contain_text("onerror")
        assert await page.locator("main img").count() == 0
        await go(page, "Import")
        # a server, or who is between, that says anything at all
        problem = {"line": 2, "column": HOSTILE * 3, "why": HOSTILE}
        said = {"rows": 1, "added": 0, "changed": 0, "unchanged": 0, "ignored": [HOSTILE], "applied": False}
        await page.route(
            "**/api/admin/import/**", lambda route: route.fulfill(json={**said, "problems": [problem] * 3})
        )
        await give_file(page, "import-file", table("a,b\n1,2\n"))
        shown = page.get_by_test_id("import-problems")
        await expect(shown).to_contain_text("onerror")
        assert "\u202e" not in await shown.inner_text()
        assert await page.locator("main img").count() == 0
        wide = await page.evaluate("() => document.querySelector('main').scrollWidth - innerWidth")
        assert wide <= 0


async def test_two_thousand_people_are_shown_a_page_at_a_time(world: World) -> None:
    root = await administrator(world)
    person = {
        "organisation": "Vendor", "role": "engineer", "is_administrator": False, "officer_of": None,
        "until_utc_ms": None, "is_active": True, "groups": [], "trainings": [], "key": None, "has_account": False,
        "in_policy": False, "why_not": "no_group",
    }  # fmt: skip
    people = [{**person, "id": f"p{number:04}", "name": f"Persona Número {number:04}"} for number in range(2000)]
    people[7]["why_not"] = "inactive"
    async with browsing(world, root, "/admin/policy", language="es-ES") as page:
        # entering them takes the server a minute; it is the list that is looked at here
        await page.route("**/api/admin/people", lambda route: route.fulfill(json={"people": people}))
        await page.get_by_role("link", name="Personas").click()
        await expect(page.locator("[data-person]")).to_have_count(50)
        await page.get_by_test_id("page-next").click()
        await expect(page.locator("[data-person=p0050]")).to_be_visible()
        await page.get_by_test_id("people-search").fill("numero 1234")
        await expect(page.locator("[data-person]")).to_have_count(1)
        await page.get_by_test_id("people-search").fill("")
        await page.get_by_test_id("people-state").select_option("inactive")
        await expect(page.locator("[data-person]")).to_have_attribute("data-person", "p0007")


async def officer_of(world: World, root: Console) -> tuple[Console, Pc, bytes]:
    """A customer with a laboratory, its officer, a PC, and a session that was."""
    given = {"name": "First Hospital", "it_mail": "", "mail_language": "en"}
    assert (await root.put("/api/admin/customers/hospital", **given)).status_code == 204
    site = {"name": "Haematology", "customer": "hospital", "laws": ["gdpr"], "time_zone": "UTC", "hours": []}
    assert (await root.put("/api/admin/sites/lab-1", **site, named=[], second_eyes=False)).status_code == 204
    olga = await world.console("olga", key=None)
    person = {
        "name": "Olga", "organisation": "First Hospital", "role": None, "is_administrator": False,
        "officer_of": "hospital", "until_utc_ms": None, "is_active": True, "groups": [], "trainings": [],
    }  # fmt: skip
    assert (await root.put("/api/admin/people/olga", **person)).status_code == 200
    pc, ana = await world.enrolled_pc(), await world.console("ana")
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    assert (await ana.post(f"/api/requests/{request_id.hex()}/claim")).status_code == 200
    pc.describe(policy_version=world.parts.keeper.version)
    await pc.report(
        pc.entry(EventKind.CODE_ACCEPTED, request_id, associate="Ana Example"),
        pc.entry(EventKind.CAPABILITY_GRANTED, request_id, capability="view"),
        pc.entry(EventKind.SESSION_ENDED, request_id, cause="left"),
    )
    return olga, pc, request_id


async def test_an_officer_sees_all_of_it_and_nothing_else(world: World, tmp_path: Path) -> None:
    root = await administrator(world)
    olga, pc, request_id = await officer_of(world, root)
    async with browsing(world, olga, "/") as page:
        await expect(page.get_by_role("heading", name="Our PCs")).to_be_visible()
        for nothing in ("Requests", "My key", "Administration"):
            await expect(page.get_by_role("link", name=nothing, exact=True)).to_have_count(0)
        await page.get_by_role("link", name="Who may come in").click()
        await expect(page.get_by_test_id("admitted")).to_contain_text("Ana Example")
        await expect(page.get_by_test_id("rules")).to_contain_text("Signed")
        await page.get_by_role("link", name="Sessions").click()
        await page.locator(f"a[href='/officer/session/{request_id.hex()}']").click()
        await expect(page.get_by_test_id("allowed")).to_have_text("See the screen")
        await page.get_by_test_id("verify").click()
        await expect(page.get_by_test_id("verify-result")).to_contain_text("Nothing was changed")
        await expect(page.get_by_test_id("events")).not_to_contain_text("You ended")
        journal = Journal()
        pc.say(NoticesReported(batch=pack_batch(journal.batch(journal.raised(), journal.acknowledged()))))
        await pc.hear(NoticesKept)
        await page.goto(f"{world.listeners.web_url}/officer/pc/{pc.device_id.hex()}")
        await expect(page.get_by_test_id("stored")).to_contain_text("pat@lab.example")
        async with page.expect_download() as download:
            await page.get_by_test_id("stored-save").click()
        await (await download.value).save_as(tmp_path / "stored.json")
        await expect(page.get_by_test_id("stored-saved")).to_be_visible()
        kept = json.loads((tmp_path / "stored.json").read_text())
        assert kept["stored"]["registrant"] == "Pat Example"
        assert kept["stored"]["notices"] == 2
        assert [one["subject"] for one in kept["notices"]["conditions"]] == ["C:"]
        assert [one["kind"] for one in kept["notices"]["changes"]] == ["acknowledged", "raised"]
        assert kept["notices"]["changes"][0]["by"] == "Toni"
        assert [one["session"]["id"] for one in kept["sessions"]] == [request_id.hex()]
        assert "capability_granted" in [event["kind"] for event in kept["sessions"][0]["events"]]
        await page.goto(f"{world.listeners.web_url}/admin/people")
        await expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
