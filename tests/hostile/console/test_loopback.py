"""What knocks at the package's console: other sites, other names, other log-ins, and requests of no sense."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.fakes.clients import http_client
from tests.fakes.package import PackageConsole, package_console
from tests.fakes.server_world import World, running_world

pytestmark = [pytest.mark.system, pytest.mark.slow]


@dataclass
class Knocking:
    """A browser that has entered, and may then say what no browser would."""

    world: World
    package: PackageConsole
    http: httpx.AsyncClient

    def page(self, **changes: str) -> dict[str, str]:
        """The fields of our own page's requests, changed; an empty one is left out."""
        own = {"Sec-Fetch-Site": "same-origin", "Origin": self.package.origin, "X-Benchside": "1"}
        given = own | {name.replace("_", "-"): value for name, value in changes.items()}
        return {name: value for name, value in given.items() if value}


@asynccontextmanager
async def knocking(folder: Path, *, entered: bool = True) -> AsyncIterator[Knocking]:
    async with running_world(folder) as world, package_console(world.listeners.web_url) as package:
        address = await package.address()
        async with http_client(package.origin) as http:
            if entered:
                assert (await http.get(address)).headers["location"] == "/"
            yield Knocking(world, package, http)


def reason(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["reason"]


async def test_only_our_own_page_in_a_browser_that_entered_gets_an_answer(tmp_path: Path) -> None:
    async with knocking(tmp_path) as one:
        assert (await one.http.get("/api/sign-in", headers=one.page())).json()["local"] is True
        for site in ("cross-site", "same-site", "none", ""):
            assert reason(await one.http.get("/api/sign-in", headers=one.page(Sec_Fetch_Site=site))) == (
                403, "cross_site",
            )  # fmt: skip
        bad = [{"Origin": "http://127.0.0.1:1"}, {"Origin": ""}, {"Origin": "null"}, {"X_Benchside": ""}]
        for changes in bad:
            answer = await one.http.post("/api/sign-out", headers=one.page(**changes), json={})
            assert reason(answer) == (403, "cross_site"), changes
        assert reason(await one.http.post("/api/sign-out", headers=one.page(), json={})) == (401, "sign_in")
        cookie = dict(one.http.cookies)
        one.http.cookies.clear()
        assert reason(await one.http.get("/api/sign-in", headers=one.page())) == (401, "not_entered")
        for name in cookie:
            one.http.cookies.set(name, "A" * 43)
        assert reason(await one.http.get("/api/sign-in", headers=one.page())) == (401, "not_entered")


@pytest.mark.parametrize(
    "host", ["localhost:{port}", "127.0.0.1", "evil.example:{port}", "127.0.0.1:{port}.evil.example", ""]
)
async def test_other_names_for_this_machine_are_refused(tmp_path: Path, host: str) -> None:
    async with knocking(tmp_path) as one:
        port = one.package.origin.rpartition(":")[2]
        for path in ("/", "/api/sign-in", "/enter?once=x"):
            answer = await one.http.get(path, headers=one.page(Host=host.format(port=port) or "x"))
            assert reason(answer) == (421, "wrong_host")


async def test_the_address_is_good_once_and_wrong_ones_let_nobody_in(tmp_path: Path) -> None:
    async with knocking(tmp_path, entered=False) as one:
        for query in ("", "?once=", "?once=" + "A" * 43, "?once=%00", "?other=1"):
            answer = await one.http.get(f"/enter{query}")
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
            assert "set-cookie" not in answer.headers
        assert reason(await one.http.post("/enter?once=x")) == (405, "method")
        printed = f"{one.package.said[-1].split(' ')[-1].strip()}"
        assert "set-cookie" not in (await one.http.head(printed)).headers
        cookie = (await one.http.get(printed)).headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "set-cookie" not in (await one.http.get(printed)).headers
        assert await one.package.address() != printed


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/about"),
        ("GET", "/api/openapi.json"),
        ("POST", "/api/sso/logout"),
        ("DELETE", "/api/me"),
        ("GET", "/api/../healthz"),
        ("GET", "/api/%2e%2e/healthz"),
        ("GET", "/api//me"),
        ("GET", "/api/sessions/a%0d%0aX: y"),
        ("GET", "/api/me%3Fx"),
        ("PATCH", "/api/sign-in"),
    ],
)
async def test_what_no_page_needs_is_not_passed_on(tmp_path: Path, method: str, path: str) -> None:
    async with knocking(tmp_path) as one:
        answer = await one.http.request(method, httpx.URL(one.package.origin + path), headers=one.page())
        is_our_page = path.endswith("healthz") and "text/html" in answer.headers["content-type"]
        assert answer.status_code in (403, 404, 405) or is_our_page
        assert answer.text != "ok"


async def test_a_callback_is_for_a_window_alone(tmp_path: Path) -> None:
    async with knocking(tmp_path) as one:
        path = "/api/sso/callback?state=x&code=y"
        for mode, dest in (("cors", "empty"), ("navigate", "iframe"), ("no-cors", "image"), ("", "")):
            headers = one.page(Sec_Fetch_Site="cross-site", Sec_Fetch_Mode=mode, Sec_Fetch_Dest=dest)
            assert reason(await one.http.get(path, headers=headers)) == (403, "cross_site")
        window = one.page(Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document")
        assert (await one.http.get(path, headers=window)).headers["location"].startswith("/?sign-in=")


async def test_large_bodies_and_odd_lengths_are_cut(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000

    async with knocking(tmp_path) as one:
        large = await one.http.post("/api/sign-in", headers=one.page(), content=b"x" * 20_000)
        assert reason(large) == (413, "too_large")
        assert reason(await one.http.post("/api/sign-in", headers=one.page(), content=endless())) == (413, "too_large")
        assert (await one.http.get("/api/sessions?x=" + "y" * 5000, headers=one.page())).status_code == 502
        assert (await one.http.get("/api/sign-in", headers=one.page())).status_code == 200


_TRY = """
import http.client, sys
one = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
try:
    one.request("GET", "/")
    print(one.getresponse().status)
except (OSError, http.client.HTTPException):
    print("cut")
"""


@pytest.mark.skipif(os.getuid() != 0, reason="another log-in can be played by root alone")
async def test_another_log_in_of_this_machine_gets_no_byte(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world, package_console(world.listeners.web_url) as package:
        port = (await package.address()).split("/")[2].rpartition(":")[2]
        words = ["/usr/bin/python3", "-I", "-S", "-c", _TRY, port]
        said = [
            (
                await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=True, user=user)
            ).stdout
            for user in (0, 65_534)
        ]
        assert said == ["200\n", "cut\n"]


async def test_nothing_listens_off_loopback(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world, package_console(world.listeners.web_url) as package:
        await package.address()
        tables = (Path(f"/proc/{package.process.pid}/net/{name}").read_text() for name in ("tcp", "tcp6"))
        port = f"{int(package.origin.rpartition(':')[2]):04X}"
        listening = [
            words[1] for table in tables for line in table.splitlines()[1:] if (words := line.split())[3] == "0A"
        ]
        assert [one for one in listening if one.endswith(f":{port}")] == [f"0100007F:{port}"]
