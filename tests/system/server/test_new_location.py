"""A sign-in from a new browser or network, over a real mail server with STARTTLS and a real browser."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect
from project.chromium import find_chromium
from sqlalchemy import update
from tests.fakes.clients import http_client
from tests.fakes.mail_server import PASSWORD as MAIL_PASSWORD
from tests.fakes.mail_server import USER, mail_server
from tests.fakes.mailed_world import ELSEWHERE, HOME, browser, mail_settings, mailed_world, reason, trust
from tests.fakes.openid import world_with_provider
from tests.fakes.server_world import PASSWORD, Console, World, opened_parts, running_world
from tests.system.server.test_process import benchside, make_certificate, serving
from tests.system.server.test_single_sign_on import with_key

from benchside.protocol.wire import link as wire
from benchside.server.location.model import LocationLink
from benchside.transport.websocket import client_tls

pytestmark = [pytest.mark.system, pytest.mark.slow]
MAIL_SETTINGS = ("smtp", "smtp_tls", "smtp_user", "smtp_password_file", "mail_from")


async def in_from(world: World, console: Console, password: str, code: str = "") -> bool:
    """Sign in as ana; whether nothing more was asked."""
    answer = await console.post("/api/sign-in", account="ana", password=password, code=code)
    assert answer.status_code == 200, answer.text
    return (await console.get("/api/me")).json()["needs_location"] is False


async def let_time_pass(world: World) -> None:
    """So that the next mail may go out."""
    async with world.parts.cloud.write() as rows:
        await rows.execute(update(LocationLink).values(made_utc_ms=LocationLink.made_utc_ms - 60_001))


@pytest.mark.parametrize("mode", ["starttls", "tls"])
@pytest.mark.parametrize("language", ["en", "es"])
async def test_a_mail_comes_over_tls_with_a_password_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, language: str
) -> None:
    certificate = make_certificate(tmp_path)
    trust(certificate, monkeypatch)
    async with mail_server(tmp_path / "mails", certificate, mode=mode) as mail:
        settings = replace(mail_settings(mail, tmp_path, mode), edge="on", server_name="Cytolux, línea 1")
        async with running_world(tmp_path, settings=settings) as world:
            password = await world.parts.accounts.add("ana")
            await world.parts.addresses.set("ana", "ana@lab.example")
            console = browser(world, language=language)
            assert not await in_from(world, console, password)
            message = await mail.next()
            assert (message["X-To"], message["X-From"]) == ("ana@lab.example", "benchside@vendor.example")
            assert message["X-Helo"] == "vendor.example"
            assert message["From"] == '"Cytolux, línea 1" <benchside@vendor.example>'
            said = message.get_content()
            for word in (
                "Cytolux, línea 1",
                "Firefox, Windows",
                "192.0.2.0/24",
                f"{world.listeners.web_url}/location#",
            ):
                assert word in said
            assert ("It was not me" in said, "No he sido yo" in said) == (language == "en", language == "es")
            assert not any(word in said for word in (password, HOME, "ana", USER))


async def test_the_whole_way_of_a_local_account(tmp_path: Path) -> None:
    """The link comes first, then a password of one's own and the second factor: nothing takes another's place."""
    async with mailed_world(tmp_path) as mailed:
        world, first = mailed.world, await mailed.account("ana")
        console = mailed.browser()
        assert not await in_from(world, console, first)
        refused = await console.post("/api/password", old=first, new=PASSWORD)
        assert (refused.status_code, reason(refused)) == (403, "new_location")
        assert (await console.post("/api/location", token=await mailed.mail.token())).status_code == 204
        assert reason(await console.get("/api/requests")) == "change_password"
        assert (await console.post("/api/password", old=first, new=PASSWORD)).status_code == 204
        assert reason(await console.get("/api/requests")) == "second_factor"
        await console.set_factor()
        assert (await console.get("/api/requests")).status_code == 200
        known = console.http.cookies["benchside_browser"]

        again = mailed.browser()
        again.http.cookies.set("benchside_browser", known)
        answer = await again.post("/api/sign-in", account="ana", password=PASSWORD)
        assert reason(answer) == "second_factor"  # a known browser is no factor
        assert await in_from(world, again, PASSWORD, console.authenticator.code())
        await let_time_pass(world)
        other_network = mailed.browser(ELSEWHERE)
        other_network.http.cookies.set("benchside_browser", known)
        assert not await in_from(world, other_network, PASSWORD, console.authenticator.code())
        assert "198.51.100.0/24" in (await mailed.mail.next()).get_content()


async def test_a_claim_from_a_new_network_asks_for_a_proof_and_a_link(tmp_path: Path) -> None:
    async with mailed_world(tmp_path) as mailed:
        world, first = mailed.world, await mailed.account("ana")
        console = mailed.browser()
        await in_from(world, console, first)
        await console.post("/api/location", token=await mailed.mail.token())
        await console.post("/api/password", old=first, new=PASSWORD)
        await console.set_factor()
        await with_key(world, console, "ana")
        pc = await world.enrolled_pc()
        request_id = os.urandom(16)
        pc.ask_for_help(request_id)
        await pc.hear(wire.RequestQueued)
        claim = f"/api/requests/{request_id.hex()}/claim"
        console.http.headers["X-Forwarded-For"] = ELSEWHERE
        assert (await console.get("/api/requests")).status_code == 200  # whoever travels is not asked at each step
        assert reason(await console.post(claim)) == "step_up"
        await let_time_pass(world)
        proof = {"password": PASSWORD, "code": console.authenticator.code()}
        assert (await console.post("/api/confirm", **proof)).status_code == 204
        assert reason(await console.post(claim)) == "new_location"
        assert (await console.post("/api/location", token=await mailed.mail.token())).status_code == 204
        assert (await console.post(claim)).status_code == 200
        console.http.headers["X-Forwarded-For"] = HOME
        assert (await console.post(f"/api/requests/{request_id.hex()}/release")).status_code == 204
        assert (await console.post(claim)).status_code == 200


async def test_who_comes_over_the_provider_gets_the_link_at_the_address_it_vouches_for(tmp_path: Path) -> None:
    async with mail_server(tmp_path / "mails") as mail:
        given = mail_settings(mail, tmp_path, "off")
        named = {name: getattr(given, name) for name in ("smtp", "smtp_tls", "mail_from")}
        async with world_with_provider(tmp_path, edge="on", **named) as (world, provider):
            console = browser(world)
            assert await provider.sign_in(console, "ana") == "/"
            me = (await console.get("/api/me")).json()
            assert (me["needs_location"], me["link_goes_to"]) == (True, "a…@vendor.example")
            message = await mail.next()
            assert message["X-To"] == "ana@vendor.example"
            token = message.get_content().partition("/location#")[2][:43]
            assert (await console.post("/api/location", token=token)).status_code == 204
            assert await provider.sign_in(console, "ana") == "/"
            assert (await console.get("/api/me")).json()["needs_location"] is False
            await provider.sign_out(console)  # the provider's word still reaches the sign-in that was renewed
            assert (await console.get("/api/me")).status_code == 401

            unverified = browser(world)
            assert await provider.sign_in(unverified, "unverified") == "/?sign-in=address"
            assert (await unverified.get("/api/me")).status_code == 401
            await world.parts.addresses.set("unverified", "un@lab.example")  # the operator knows it
            assert await provider.sign_in(unverified, "unverified") == "/"


async def test_a_person_confirms_with_a_browser(tmp_path: Path) -> None:
    async with mailed_world(tmp_path, edge="off") as mailed, async_playwright() as playwright:
        password = await mailed.account("ana")
        chromium = await playwright.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        context = await chromium.new_context(locale="es-ES")
        page = await context.new_page()
        reports: list[str] = []
        page.on("console", lambda said: reports.append(said.text) if "Content Security" in said.text else None)
        await page.goto(mailed.world.listeners.web_url)
        await page.get_by_test_id("sign-in-account").fill("ana")
        await page.get_by_test_id("sign-in-password").fill(password)
        await page.get_by_test_id("sign-in-submit").click()
        await expect(page.get_by_test_id("location-sent")).to_contain_text("a…@lab.example")
        await page.screenshot(path=tmp_path / "waiting.es.png")
        message = await mailed.mail.next()
        assert "Confirme su inicio de sesión" in message["Subject"]
        link = "http" + message.get_content().partition("http")[2].split()[0]

        elsewhere = await (await chromium.new_context(locale="en-GB")).new_page()
        await elsewhere.goto(link)
        await expect(elsewhere.get_by_test_id("location-elsewhere")).to_be_visible()
        await expect(elsewhere.get_by_test_id("location-confirm")).to_have_count(0)

        tab = await context.new_page()
        await tab.set_content(f"<a href='{link}'>mail</a>")  # from a page of another site, as web mail is
        await tab.click("a")
        await tab.get_by_test_id("location-confirm").click()
        await expect(tab.get_by_text("contraseña nueva").first).to_be_visible()
        await expect(page.get_by_text("contraseña nueva").first).to_be_visible()
        cookies = {one["name"]: one for one in await context.cookies()}
        assert cookies["benchside_browser"]["httpOnly"]
        assert reports == []
        await chromium.close()


async def test_a_browser_that_comes_back_from_the_provider_is_known(tmp_path: Path) -> None:
    """The way back is a link on another site's page, to which browsers send no strict cookie."""
    async with mail_server(tmp_path / "mails") as mail, async_playwright() as playwright:
        given = mail_settings(mail, tmp_path, "off")
        named = {name: getattr(given, name) for name in ("smtp", "smtp_tls", "mail_from")}
        async with world_with_provider(tmp_path, **named) as (world, _):
            chromium = await playwright.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
            page = await chromium.new_page()
            await page.goto(world.listeners.web_url)
            await page.get_by_test_id("sign-in-provider").click()
            await page.fill("input[name=login]", "ana")
            await page.fill("input[name=password]", "any")
            await page.click("button[type=submit]")
            await page.click("button[type=submit]")  # the provider's consent
            await expect(page.get_by_test_id("location-sent")).to_be_visible()
            await page.goto(await mail.link())
            await page.get_by_test_id("location-confirm").click()
            await expect(page.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")
            await page.get_by_test_id("sign-out").click()
            await page.get_by_test_id("sign-in-provider").click()
            while "interaction" in page.url:  # the provider may ask for its consent again
                await page.click("button[type=submit]")
            await expect(page.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")
            assert mail.count() == 1
            await chromium.close()


async def test_an_operators_commands_and_the_running_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened_parts(tmp_path):
        data = tmp_path / "data"
    certificate = make_certificate(tmp_path)
    trust(certificate, monkeypatch)
    ports = ("--web", "127.0.0.1:0", "--link", "127.0.0.1:0", "--session", "127.0.0.1:0", "--local-accounts", "on")
    password = benchside("admin", "account", "add", "--data", str(data), "ana").strip()
    with serving(data, *ports):
        pass
    assert "not confirmed: smtp is not set" in (tmp_path / "serve.log").read_text()
    async with mail_server(tmp_path / "mails", certificate, mode="starttls") as mail:
        settings = mail_settings(mail, tmp_path, "starttls")
        flags = [f"--{name.replace('_', '-')}={getattr(settings, name)}" for name in MAIL_SETTINGS]
        tls = ("--tls-cert", str(certificate), "--tls-key", str(tmp_path / "key.pem"))
        with serving(data, *ports, *tls, *flags) as (_, (web, _, _)):
            headers = {"Origin": web, "X-Benchside": "1"}
            given = {"account": "ana", "password": password}
            async with http_client(web, headers=headers, verify=client_tls(certificate)) as http:
                refused = await http.post("/api/sign-in", json=given)
                assert (refused.status_code, reason(refused)) == (403, "no_address")
                benchside("admin", "account", "mail", "--data", str(data), "ana", stdin="ana@lab.example\n")
                assert (await http.post("/api/sign-in", json=given)).status_code == 200
                link = await mail.link()
                assert link.startswith(f"{web}/location#")
                confirmed = await http.post("/api/location", json={"token": link.partition("#")[2]})
                cookies = confirmed.headers.get_list("set-cookie")
                assert {cookie.partition("=")[0] for cookie in cookies} == {
                    "__Host-benchside_session",
                    "__Host-benchside_browser",
                }
                assert all("Secure" in cookie for cookie in cookies)
                assert (await http.post("/api/location/denial", json={"token": link.partition("#")[2]})).is_success
        shown = benchside("admin", "account", "list", "--data", str(data))
        assert "said of a sign-in that it was not theirs" in shown
    log = (tmp_path / "serve.log").read_text()
    assert "denied by the account's owner" in log
    assert not any(word in log for word in ("lab.example", "vendor.example", link.partition("#")[2], MAIL_PASSWORD))
