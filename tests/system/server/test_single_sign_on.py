"""Sign-in at a real OpenID provider, and what happens to a live session when a person is out there."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import time
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect
from project.chromium import find_chromium
from sqlalchemy import update
from tests.fakes.openid import world_with_provider
from tests.fakes.server_world import Console, Pc, World, rsa_key

from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventKind
from benchside.server.accounts.model import SignIn
from benchside.server.accounts.sign_ins import SignIns
from benchside.server.sso import asking
from benchside.server.worker import loops

pytestmark = [pytest.mark.system, pytest.mark.slow]


async def with_key(world: World, console: Console, account: str) -> None:
    spki = public_bytes(rsa_key(1).public_key())
    assert (await console.put("/api/me/key", spki=base64.b64encode(spki).decode())).status_code == 200
    await world.sign_into_policy(account, fingerprint(spki))


async def in_session(world: World, console: Console, pc: Pc) -> bytes:
    """A session that runs, as far as the server knows."""
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    assert (await console.post(f"/api/requests/{request_id.hex()}/claim")).status_code == 200
    await pc.report(pc.entry(EventKind.CODE_ACCEPTED, request_id, associate="ana"))
    return request_id


async def test_the_whole_way_over_the_provider_and_back(tmp_path: Path) -> None:
    async with world_with_provider(tmp_path) as (world, provider):
        console = Console(world)
        assert (await console.get("/api/sign-in")).json() == {"provider": "Vendor", "local": True}
        assert await provider.sign_in(console, "ana") == "/"
        me = (await console.get("/api/me")).json()
        assert (me["account"], me["is_local"]) == ("ana", False)
        other = Console(world)
        assert await provider.sign_in(other, "ben") == "/"
        assert (await other.get("/api/me")).json()["account"] == "ben"


async def test_a_claim_needs_a_fresh_proof(tmp_path: Path) -> None:
    async with world_with_provider(tmp_path, step_up_minutes="1") as (world, provider):
        console = Console(world)
        assert await provider.sign_in(console, "ana") == "/"
        await with_key(world, console, "ana")
        pc = await world.enrolled_pc()
        request_id = os.urandom(16)
        pc.ask_for_help(request_id)
        await pc.hear(wire.RequestQueued)
        await make_older(world.parts.sign_ins, 61_000)
        refused = await console.post(f"/api/requests/{request_id.hex()}/claim")
        assert (refused.status_code, refused.json()["error"]["reason"]) == (403, "step_up")
        before = console.http.cookies.get("benchside_session", domain="127.0.0.1", path="/")
        assert await provider.sign_in(console, "ana", "/api/sso/start?again=true") == "/"
        assert (await console.post(f"/api/requests/{request_id.hex()}/claim")).status_code == 200
        stale = Console(world)
        stale.http.cookies.set("benchside_session", before or "")
        assert (await stale.get("/api/me")).status_code == 401  # the proof took the place of the old sign-in


async def make_older(sign_ins: SignIns, by_ms: int) -> None:
    async with sign_ins._database.write() as rows:
        await rows.execute(update(SignIn).values(proved_utc_ms=SignIn.proved_utc_ms - by_ms))


@pytest.mark.alone
@pytest.mark.parametrize("how", ["back-channel log-out", "refused refresh", "disabled here", "policy"])
async def test_who_is_out_loses_a_live_session_within_5_s(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "ASK_AGAIN_MS", 0)
    async with world_with_provider(tmp_path) as (world, provider):
        console = Console(world)
        assert await provider.sign_in(console, "ana") == "/"
        await with_key(world, console, "ana")
        pc = await world.enrolled_pc()
        request_id = await in_session(world, console, pc)
        await asyncio.sleep(2.5)  # several looks: whoever is in stays
        assert (await console.get(f"/api/sessions/{request_id.hex()}")).json()["state"] == "in_session"
        match how:
            case "back-channel log-out":
                await provider.sign_out(console)
            case "refused refresh":
                await provider.disable("ana")
            case "disabled here":
                await world.parts.accounts.disable("ana")
            case _:
                world.authority.sign_out("ana")
                await world.install_policy()
        started = time.monotonic()
        # the provider is asked in rounds of five seconds, and then it takes the same second as the others
        within_s = 5.0 + (loops.ASK_PROVIDER_EVERY_S if how == "refused refresh" else 0.0)
        cancelled = await said_out(pc, within_s)
        assert (cancelled.request_id, cancelled.reason) == (request_id, "associate_out")
        print(f"{how}: {time.monotonic() - started:.2f} s")
        session = await world.parts.sessions.get(request_id)
        assert session is not None
        assert (session.state, session.outcome) == ("ended", "associate_out")


async def said_out(pc: Pc, within_s: float) -> wire.RequestCancelled:
    async with asyncio.timeout(within_s):
        while True:
            with contextlib.suppress(TimeoutError):
                return await pc.hear(wire.RequestCancelled)


async def test_a_person_signs_in_with_a_browser(tmp_path: Path) -> None:
    async with world_with_provider(tmp_path, local_accounts="off") as (world, _), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        page = await browser.new_page()
        reports: list[str] = []
        page.on("console", lambda said: reports.append(said.text) if "Content Security" in said.text else None)
        await page.goto(world.listeners.web_url)
        await expect(page.get_by_test_id("sign-in-account")).to_have_count(0)
        await page.get_by_test_id("sign-in-provider").click()
        await page.fill("input[name=login]", "ana")
        await page.fill("input[name=password]", "any")
        await page.click("button[type=submit]")
        await page.click("button[type=submit]")  # the provider's consent
        await expect(page.get_by_test_id("queue-live")).to_have_attribute("data-state", "live")
        assert (page.url.rstrip("/"), reports) == (world.listeners.web_url, [])
        await browser.close()
