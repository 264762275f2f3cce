"""The console from the package, in a real Chromium: the whole way in, and a server that takes no other."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from examples.demo.children import free_port
from playwright.async_api import BrowserContext, Page, async_playwright, expect
from project.chromium import find_chromium
from tests.fakes.authenticator import Authenticator
from tests.fakes.openid import world_with_provider
from tests.fakes.package import package_console
from tests.fakes.proxies import squid
from tests.fakes.server_world import PASSWORD, SETTINGS, Pc, World, running_world
from tests.system.transport.test_ways_out import HERE, certificate

from benchside.protocol.wire import link as wire
from benchside.transport.web.files import ConsoleFiles

pytestmark = [pytest.mark.system, pytest.mark.slow]
ONLY_PACKAGE = replace(SETTINGS, consoles="package")


@asynccontextmanager
async def chromium(language: str = "en-GB", *, bypass_csp: bool = False) -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        yield await browser.new_context(locale=language, viewport={"width": 1280, "height": 900}, bypass_csp=bypass_csp)
        await browser.close()


def watched(page: Page) -> list[str]:
    """What must stay empty: errors of the page, and what its content policy kept out."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda said: found.append(said.text) if "Content Security" in said.text else None)
    return found


async def live(page: Page) -> None:
    await expect(page.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")


async def sign_in(page: Page, account: str, password: str, code: str | None = None) -> None:
    await page.get_by_test_id("sign-in-account").fill(account)
    await page.get_by_test_id("sign-in-password").fill(password)
    await page.get_by_test_id("sign-in-submit").click()
    if code is not None:
        await page.get_by_test_id("sign-in-code").fill(code)
        await page.get_by_test_id("sign-in-submit").click()


async def an_account(world: World, account: str) -> Authenticator:
    """With a password of its own and a second factor, set up as the package's client would."""
    console = await world.console(account, key=None)
    await console.post("/api/sign-out")
    return console.authenticator


async def in_queue(world: World) -> tuple[Pc, bytes]:
    pc = await world.enrolled_pc()
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    return pc, request_id


async def test_sign_in_key_queue_and_claim_by_the_package_alone(tmp_path: Path) -> None:
    async with running_world(tmp_path) as any_world:
        authenticator = await an_account(any_world, "ana")
    async with (
        running_world(tmp_path, settings=ONLY_PACKAGE) as world,
        package_console(world.listeners.web_url) as package,
        chromium() as context,
    ):
        page = await context.new_page()
        errors = watched(page)
        await page.goto(await package.address())
        assert any(f"files SHA-256 {ConsoleFiles().digest}" in line for line in package.said)
        assert any("region global" in line for line in package.said)
        assert page.url == f"{package.origin}/"
        await sign_in(page, "ana", PASSWORD, authenticator.code())
        await live(page)
        await page.get_by_role("link", name="My key", exact=True).click()
        await page.get_by_test_id("key-make").click()
        shown = await page.get_by_test_id("fingerprint").inner_text()
        fingerprint = bytes.fromhex(re.sub(r"\s", "", shown))
        await world.sign_into_policy("ana", fingerprint)
        _pc, request_id = await in_queue(world)
        await page.goto(package.origin)
        await page.get_by_test_id("request-claim").click()
        await page.wait_for_url(f"**/session/{request_id.hex()}")
        await page.get_by_test_id("code").wait_for()
        kept = await context.cookies()
        assert [(one["name"], one["httpOnly"]) for one in kept] == [
            (f"benchside_console_{package.origin.rpartition(':')[2]}", True)
        ]
        assert errors == []
        policy = (await page.request.get(package.origin)).headers["content-security-policy"]
        assert f"connect-src 'self' {world.listeners.session_url};" in policy


async def test_a_browser_that_did_not_bring_the_address_is_told_what_to_do(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world, package_console(world.listeners.web_url) as package, chromium() as one:
        address = await package.address()
        page = await one.new_page()
        await page.goto(package.origin)
        await expect(page.get_by_test_id("sign-in-problem")).to_contain_text("not opened by the program")
        await page.goto(address)
        await expect(page.get_by_test_id("sign-in-account")).to_be_visible()
        async with chromium() as other:
            late = await other.new_page()
            await late.goto(address)
            await expect(late.get_by_test_id("sign-in-problem")).to_contain_text("each address works once")
            await late.goto(await package.address())
            await expect(late.get_by_test_id("sign-in-account")).to_be_visible()


async def test_a_server_that_is_away_is_said_and_found_again(tmp_path: Path) -> None:
    port = free_port()
    async with package_console(f"http://127.0.0.1:{port}") as package, chromium() as context:
        page = await context.new_page()
        errors = watched(page)
        await page.goto(await package.address())
        assert any("cannot be used now" in line for line in package.said)
        await expect(page.get_by_text("cannot be reached").first).to_be_visible()
        answer = await page.evaluate("fetch('/api/me').then((one) => one.status)")
        assert answer == 503
        async with running_world(tmp_path, settings=replace(SETTINGS, web=f"127.0.0.1:{port}")) as world:
            await page.reload()
            await expect(page.get_by_test_id("sign-in-account")).to_be_visible()
            policy = (await page.request.get(package.origin)).headers["content-security-policy"]
            assert world.listeners.session_url in policy
        assert errors == []


async def test_sign_in_at_the_provider_comes_back_to_loopback(tmp_path: Path) -> None:
    port = free_port()
    async with (
        world_with_provider(
            tmp_path, callbacks=(f"http://127.0.0.1:{port}/api/sso/callback",), consoles="package", local_accounts="off"
        ) as (world, _),
        package_console(world.listeners.web_url, port=port) as package,
        chromium() as context,
    ):
        page = await context.new_page()
        errors = watched(page)
        await page.goto(await package.address())
        await page.get_by_test_id("sign-in-provider").click()
        await page.fill("input[name=login]", "ana")
        await page.fill("input[name=password]", "any")
        await page.click("button[type=submit]")
        await page.click("button[type=submit]")  # the provider's consent
        await live(page)
        assert page.url == f"{package.origin}/"
        ours = [one["name"] for one in await context.cookies() if one["name"].startswith("benchside")]
        assert ours == [f"benchside_console_{port}"]
        assert errors == []


async def test_a_browser_gets_no_pages_of_such_a_server_but_how_to_start_the_package(tmp_path: Path) -> None:
    async with running_world(tmp_path, settings=ONLY_PACKAGE) as world, chromium() as context:
        words = f"benchside console {world.listeners.web_url}"
        page = await context.new_page()
        errors = watched(page)
        answer = await page.goto(f"{world.listeners.web_url}/history")
        assert answer is not None
        assert answer.status == 403
        assert await page.locator("script").count() == 0
        await expect(page.locator("section:lang(en) code")).to_have_text(words)
        await expect(page.locator("section:lang(es) code")).to_have_text(words)
        assert errors == []


async def test_a_browser_cannot_pass_for_the_package(tmp_path: Path) -> None:
    """Even a page of the server's own, without any content policy, that says what the package says."""
    async with running_world(tmp_path, settings=ONLY_PACKAGE) as world, chromium(bypass_csp=True) as context:
        page = await context.new_page()
        await page.goto(world.listeners.web_url)
        for more in ("", 'method: "POST", body: "{}", '):
            said = await page.evaluate(
                """() => fetch("/api/sign-in", {MORE headers: {"Content-Type": "application/json",
                "X-Benchside-Console": "package/0.1.0", "X-Benchside": "1"}})
                .then(async (one) => [one.status, (await one.json()).error.reason])""".replace("MORE", more)
            )
            assert said == [403, "package_only"]
        answer = await page.goto(f"{world.listeners.web_url}/api/sso/start")
        assert answer is not None
        assert (answer.status, (await answer.json())["error"]["reason"]) == (403, "package_only")


async def test_the_server_is_checked_and_reached_through_a_proxy(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path / "tls")  # for 127.0.0.2: to 127.0.0.1 nothing goes by a proxy
    tls = {"web": f"{HERE}:0", "tls_cert": str(cert), "tls_key": str(key)}
    async with running_world(tmp_path, settings=replace(SETTINGS, **tls)) as world:
        url = world.listeners.web_url
        async with package_console(url) as package:
            await package.address()
            assert any("cannot be used now" in line and "certificate" in line for line in package.said)
        async with package_console(url, "--ca", str(cert)) as package:
            await package.address()
            assert any("region global" in line for line in package.said)
        with squid() as proxy:
            async with package_console(url, "--ca", str(cert), "--proxy", proxy) as package:
                await package.address()
                assert any("region global" in line for line in package.said)
        async with package_console(url, "--ca", str(cert), "--proxy", proxy) as package:  # which has ended
            await package.address()
            assert any("cannot be used now" in line for line in package.said)


async def test_no_other_page_of_this_machine_gets_in(tmp_path: Path) -> None:
    """A page on another port is of the same site, so it even brings the cookie; and it gets nothing."""
    async with running_world(tmp_path) as world, package_console(world.listeners.web_url) as package, chromium() as one:
        page = await one.new_page()
        await page.goto(await package.address())
        await expect(page.get_by_test_id("sign-in-account")).to_be_visible()
        other = await one.new_page()
        await other.route(
            "http://127.0.0.1:1/*", lambda route: route.fulfill(body="<p>x</p>", content_type="text/html")
        )
        await other.goto("http://127.0.0.1:1/page")
        got = await other.evaluate(
            """(origin) => Promise.allSettled([fetch(`${origin}/api/sign-in`, {credentials: "include"}),
            fetch(`${origin}/api/sign-in`, {mode: "no-cors", credentials: "include"})])
            .then((all) => all.map((one) => one.status))""",
            package.origin,
        )
        assert got == ["rejected", "rejected"]
        framed = await other.evaluate(
            """(origin) => new Promise((done) => { const frame = document.createElement("iframe");
            frame.src = origin; frame.onload = () => { try { done(!!frame.contentDocument) } catch { done(false) } };
            document.body.append(frame) })""",
            package.origin,
        )
        assert framed is False
