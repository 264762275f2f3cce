"""The owner's way to say "It was not me" leads to the server, whatever whoever signed in says of themselves."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from tests.fakes.clients import http_client
from tests.fakes.mailed_world import ELSEWHERE, MailedWorld, mailed_world, reason

pytestmark = [pytest.mark.system, pytest.mark.slow]

PACKAGE = {"X-Benchside-Console": "package/9", "X-Benchside-Port": "1"}
LINKS = re.compile(r"(https?://\S+/(?:location|not-me))#([A-Za-z0-9_-]{43})")


async def stolen(mailed: MailedWorld) -> httpx.AsyncClient:
    """Somebody with the password who says that their console is the package's, at a port of their own choice."""
    password = await mailed.account("ana")
    headers = PACKAGE | {"X-Forwarded-For": ELSEWHERE, "X-Benchside": "1"}
    http = http_client(mailed.world.listeners.web_url, headers=headers)
    assert (await http.post("/api/sign-in", json={"account": "ana", "password": password})).status_code == 200
    return http


@pytest.mark.parametrize("consoles", ["any", "package"])
async def test_the_denial_leads_to_this_server_and_works_in_any_browser(tmp_path: Path, consoles: str) -> None:
    async with mailed_world(tmp_path, consoles=consoles) as mailed:
        thief, web_url = await stolen(mailed), mailed.world.listeners.web_url
        links = dict(LINKS.findall((await mailed.mail.next()).get_content()))
        assert set(links) == {"http://127.0.0.1:1/location", f"{web_url}/not-me"}
        owner = mailed.browser()
        page = await owner.get("/not-me")
        assert page.status_code == 200
        denied = await owner.post("/api/location/denial", token=links[f"{web_url}/not-me"])
        assert denied.status_code == 204, denied.text
        assert (await thief.get("/api/me")).status_code == 401


async def test_the_page_says_itself_what_may_run_in_it(tmp_path: Path) -> None:
    async with mailed_world(tmp_path, consoles="package") as mailed:
        owner = mailed.browser(language="es")
        page = await owner.get("/not-me")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert ('lang="es"' in page.text, "No he sido yo" in page.text) == (True, True)
        assert page.text.count("<script>") == 1
        assert not re.search(r"\{[a-z_]+\}", page.text.partition("<script>")[0].partition("<body>")[2])
        for method in ("POST", "PUT", "DELETE"):
            assert (await owner.http.request(method, "/not-me")).status_code == 405


async def test_only_our_own_page_can_ask_and_nothing_else_is_opened_with_it(tmp_path: Path) -> None:
    async with mailed_world(tmp_path, consoles="package") as mailed:
        browser = mailed.browser()
        for headers in ({"Origin": "https://evil.example"}, {"Origin": ""}, {"X-Benchside": ""}):
            answer = await browser.http.post("/api/location/denial", json={"token": "x" * 43}, headers=headers)
            assert (answer.status_code, reason(answer)) == (403, "cross_site"), headers
        for path in ("/api/location", "/api/location/mail", "/api/me", "/api/location/denial/"):
            answer = await browser.http.post(path, json={"token": "x" * 43})
            assert (answer.status_code, reason(answer)) == (403, "package_only"), path
