"""Strangers and scanners at the step for new locations: who has the password but not the mail gets nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.fakes.mailed_world import ELSEWHERE, MailedWorld, mailed_world, reason
from tests.fakes.server_world import Clock, Console

from benchside.server.clock import utc_ms
from benchside.server.http.table import ENTRY_POINTS, EntryPolicy
from benchside.server.location.model import LocationLink

pytestmark = [pytest.mark.system, pytest.mark.slow]
LOCKED = (EntryPolicy.SIGNED_IN, EntryPolicy.WORKING, EntryPolicy.SCOPED)


@pytest.fixture
async def mailed(tmp_path: Path) -> AsyncIterator[MailedWorld]:
    async with mailed_world(tmp_path) as running:
        yield running


async def begun(mailed: MailedWorld, account: str = "ana", source: str = ELSEWHERE) -> Console:
    """A browser that signed in to an account and waits for its link."""
    console = mailed.browser(source)
    answer = await console.post("/api/sign-in", account=account, password=await mailed.account(account))
    assert answer.status_code == 200
    return console


async def test_until_it_is_confirmed_nothing_works(mailed: MailedWorld) -> None:
    console = await begun(mailed)
    for entry in ENTRY_POINTS:
        if entry.policy in LOCKED:
            answer = await console.http.request(entry.method, entry.path.replace("{id}", "00" * 16), json={})
            assert (answer.status_code, reason(answer)) == (403, "new_location"), entry
    me = (await console.get("/api/me")).json()
    assert (me["needs_location"], me["link_goes_to"]) == (True, "a…@lab.example")
    assert [me[name] for name in ("name", "organisation", "key")] == [None] * 3
    assert "benchside_browser" not in console.http.cookies
    assert (await console.post("/api/sign-out")).status_code == 204
    assert (await console.get("/api/me")).status_code == 401


async def test_following_a_link_spends_nothing(mailed: MailedWorld) -> None:
    """Scanners of mail fetch links, by any method, with or without what stands behind the #."""
    console = await begun(mailed)
    token = await mailed.mail.token()
    scanner = mailed.browser("203.0.113.200")
    for method in ("GET", "HEAD", "OPTIONS"):
        assert (await scanner.http.request(method, f"/location#{token}")).status_code in (200, 405), method
        assert (await scanner.http.request(method, f"/location?token={token}")).status_code in (200, 405), method
    bare = {"Origin": "", "X-Benchside": ""}
    for method in ("POST", "PUT", "DELETE"):
        for path in ("/location", "/api/location", "/api/location/denial"):
            answer = await scanner.http.request(method, path, json={"token": token}, headers=bare)
            assert (answer.status_code, reason(answer)) == (403, "cross_site"), (method, path)
    for method in ("GET", "HEAD"):
        assert (await scanner.http.request(method, f"/api/location?token={token}")).status_code in (404, 405)
    assert (await console.post("/api/location", token=token)).status_code == 204
    assert (await console.get("/api/me")).json()["needs_location"] is False


async def test_only_the_browser_that_began_is_let_in_and_only_with_the_mail(mailed: MailedWorld) -> None:
    ana, ben = await begun(mailed), await begun(mailed, "ben")
    tokens = [await mailed.mail.token(f"{account}@lab.example") for account in ("ana", "ben")]
    stranger = mailed.browser()
    answer = await stranger.post("/api/location", token=tokens[0])
    assert (answer.status_code, reason(answer)) == (401, "sign_in")
    for token in (tokens[0], "x" * 43):
        answer = await ben.post("/api/location", token=token)
        assert (answer.status_code, reason(answer)) == (403, "link_expired")
    before = dict(ana.http.cookies)
    confirmed = await ana.post("/api/location", token=tokens[0])
    assert confirmed.status_code == 204
    assert dict(ana.http.cookies)["benchside_session"] != before["benchside_session"]
    cookies = confirmed.headers.get_list("set-cookie")
    assert all("HttpOnly" in cookie and "Path=/" in cookie for cookie in cookies)
    assert {"SameSite=strict" in cookie for cookie in cookies if "session" in cookie} == {True}
    assert {"SameSite=lax" in cookie for cookie in cookies if "browser" in cookie} == {True}
    answer = await ana.post("/api/location", token=tokens[0])
    assert (answer.status_code, reason(answer)) == (403, "link_expired")
    stale = mailed.browser()
    stale.http.cookies.update(before)
    assert (await stale.get("/api/me")).status_code == 401


async def test_what_it_is_sent_has_one_form_and_one_mail_goes_out(mailed: MailedWorld) -> None:
    console = await begun(mailed)
    for path, content in (
        ("/api/location", {}),
        ("/api/location", {"token": "x" * 42}),
        ("/api/location", {"token": "x" * 44}),
        ("/api/location", {"token": "x" * 42 + "\n"}),
        ("/api/location", {"token": ["x" * 43]}),
        ("/api/location", {"token": "x" * 43, "more": 1}),
        ("/api/location/denial", {"token": "'; DROP TABLE location_link; --          x"}),
        ("/api/location/mail", {"language": "de"}),
        ("/api/location/mail", {"language": "../../en"}),
        ("/api/location/mail", {}),
    ):
        assert (await console.http.post(path, json=content)).status_code == 422, (path, content)
    answers = [await console.post("/api/location/mail", language="es") for _ in range(10)]
    assert {answer.status_code for answer in answers} == {200}
    said = [answer.json() for answer in answers]
    assert {(one["sent"], 0 < one["wait_s"] <= 60) for one in said} == {(False, True)}  # the first one went out before
    await mailed.mail.next()
    await asyncio.sleep(2.5)  # two rounds of the worker
    assert mailed.mail.count() == 1


async def test_many_tokens_have_to_wait_and_sources_are_counted(tmp_path: Path) -> None:
    async with mailed_world(tmp_path, Clock(utc_ms())) as mailed:  # it stands still: each try is within the delay
        console = await begun(mailed)
        answers = [await console.post("/api/location", token=f"{number}" * 43) for number in range(4)]
        assert [reason(answer) for answer in answers] == ["link_expired"] * 3 + ["wait"]
        stranger = mailed.browser("203.0.113.9")
        answers = [await stranger.post("/api/location/denial", token="x" * 43) for _ in range(11)]
        assert [reason(answer) for answer in answers][-2:] == ["wait"] * 2
        other = await mailed.browser("203.0.113.10").post("/api/location/denial", token="x" * 43)
        assert reason(other) == "link_expired"


async def test_it_was_not_me_needs_the_mail_and_ends_the_sign_in(mailed: MailedWorld) -> None:
    thief = await begun(mailed)
    token = await mailed.mail.token()
    owner = mailed.browser()
    assert (await owner.post("/api/location/denial", token="x" * 43)).status_code == 403
    assert (await thief.get("/api/me")).status_code == 200
    assert (await owner.post("/api/location/denial", token=token)).status_code == 204
    assert (await thief.get("/api/me")).status_code == 401
    answer = await thief.post("/api/location", token=token)
    assert (answer.status_code, reason(answer)) == (401, "sign_in")


async def test_who_names_another_address_than_the_edge_is_not_believed(tmp_path: Path) -> None:
    async with mailed_world(tmp_path, edge="off") as mailed:
        console = await begun(mailed)
        await console.post("/api/location", token=await mailed.mail.token())
        again = mailed.browser(ELSEWHERE)
        again.http.cookies.update(console.http.cookies)
        again.http.cookies.delete("benchside_session")
        again.http.headers["X-Forwarded-For"] = "203.0.113.77"  # it comes from 127.0.0.1, whatever it says
        password = await mailed.world.parts.accounts.reset("ana")
        assert (await again.post("/api/sign-in", account="ana", password=password)).status_code == 200
        # a reset makes everything new, so it has to wait; but for the network of the connection itself
        assert "127.0.0.0/24" in (await _second_mail(mailed, again))


async def _second_mail(mailed: MailedWorld, console: Console) -> str:
    async with mailed.world.parts.cloud.write() as rows:
        await rows.execute(update(LocationLink).values(made_utc_ms=LocationLink.made_utc_ms - 60_001))
    assert (await console.post("/api/location/mail", language="en")).json() == {"sent": True, "wait_s": 60}
    return str((await mailed.mail.next()).get_content())
