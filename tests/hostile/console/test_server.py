"""A server that lies to the package's console: nothing of it becomes a page, a cookie or an opening in the policy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from tests.fakes.clients import http_client
from tests.fakes.package import PackageConsole, package_console

pytestmark = [pytest.mark.system, pytest.mark.slow]

ABOUT = {"server_name": "S", "region": "global", "relay_origin": "wss://session.example"}


@dataclass
class LyingServer:
    """Answers each path with bytes that a test chose, and remembers what it was asked."""

    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)
    port: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def say(
        self, path: str, body: bytes, status: str = "200 OK", kind: str = "application/json", more: str = ""
    ) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        self.answers[path] = head.encode() + body

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.asked.append(head)
                path = head.split(b" ")[1].decode().partition("?")[0]
                writer.write(self.answers.get(path, b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"))
                await writer.drain()
                if path == "/api/stream":
                    await reader.read()  # until the other end goes
                    self.ended.set()
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def lying(about: object = ABOUT) -> AsyncIterator[tuple[LyingServer, PackageConsole, httpx.AsyncClient]]:
    server = LyingServer()
    server.say("/api/about", json.dumps(about).encode())
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with package_console(f"http://127.0.0.1:{server.port}") as package:
        address = await package.address()
        own = {"Sec-Fetch-Site": "same-origin", "Origin": package.origin, "X-Benchside": "1"}
        async with http_client(package.origin, headers=own) as http:
            await http.get(address)
            yield server, package, http
    listening.close()


@pytest.mark.parametrize(
    "relay",
    [
        "wss://*", "wss://a.example; script-src *", "https://a.example", "ws://a.example", "wss://a.example/path",
        "wss://a.example wss://b.example", "", "*", "wss://a.example\r\nSet-Cookie: x=y", "wss://u@a.example", 7,
    ],
)  # fmt: skip
async def test_a_relay_that_would_open_the_policy_is_none(relay: object) -> None:
    async with lying(ABOUT | {"relay_origin": relay}) as (_, package, http):
        assert any("cannot be used now" in line for line in package.said)
        policy = (await http.get("/")).headers["content-security-policy"]
        assert "connect-src 'self';" in policy
        assert "*" not in policy


async def test_what_is_no_json_never_becomes_a_page_of_ours() -> None:
    async with lying() as (server, _, http):
        script = b"<script>alert(1)</script>"
        for kind in ("text/html", "application/javascript", "image/svg+xml", "text/html; charset=utf-8", "x"):
            server.say("/api/me", script, kind=kind)
            answer = await http.get("/api/me")
            assert (answer.status_code, answer.headers["content-type"]) == (502, "application/json")
            assert script not in answer.content
        server.say("/api/me", script)  # it says that it is JSON: then it is data, and nothing else
        answer = await http.get("/api/me")
        assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == (
            "application/json",
            "nosniff",
        )
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_no_field_of_the_server_reaches_the_browser() -> None:
    async with lying() as (server, _, http):
        more = (
            "Set-Cookie: benchside_session=abc; Path=/\r\nSet-Cookie: other=1\r\nAccess-Control-Allow-Origin: *\r\n"
            'Content-Security-Policy: script-src *\r\nClear-Site-Data: "*"\r\nRefresh: 0; url=https://evil.example\r\n'
        )
        server.say("/api/me", b"{}", more=more)
        answer = await http.get("/api/me")
        assert answer.status_code == 200
        found = {name for name in answer.headers if name in ("set-cookie", "refresh", "clear-site-data")}
        assert not found
        assert "access-control-allow-origin" not in answer.headers
        assert "script-src *" not in answer.headers["content-security-policy"]
        await http.get("/api/me")
        assert b"benchside_session=abc" in server.asked[-1]  # kept here, and given back to the server alone
        assert b"other=1" not in server.asked[-1]


async def test_the_browser_is_not_told_about_to_the_server() -> None:
    async with lying() as (server, _, http):
        server.say("/api/me", b"{}")
        await http.get("/api/me", headers={"Authorization": "x", "Cookie": "a=b", "Referer": "http://x/", "DNT": "1"})
        names = {line.split(b":")[0].lower() for line in server.asked[-1].split(b"\r\n")[1:] if line}
        assert names <= {b"host", b"accept", b"x-benchside", b"x-benchside-console", b"x-benchside-port"}
        for languages, is_told in (("es", True), ("es-ES,es;q=0.9,en;q=0.8", False)):
            await http.get("/api/me", headers={"Accept-Language": languages})
            assert (b"accept-language" in server.asked[-1].lower()) is is_told


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
async def test_redirects_are_not_followed(status: str) -> None:
    async with lying() as (server, _, http):
        server.say("/api/me", b"{}", status=status, more=f"Location: http://127.0.0.1:{server.port}/other\r\n")
        assert (await http.get("/api/me")).status_code == 502
        assert not any(b"/other" in one for one in server.asked)


@pytest.mark.parametrize(
    ("path", "where", "status"),
    [
        ("/api/sso/start", "https://provider.example/auth?x=y", 303),
        ("/api/sso/start", "http://127.0.0.1:1/auth", 303),
        ("/api/sso/start", "/?sign-in=away", 303),
        ("/api/sso/start", "http://provider.example/", 502),
        ("/api/sso/start", "javascript:alert(1)", 502),
        ("/api/sso/start", "//evil.example/", 502),
        ("/api/sso/start", "/\\evil.example/", 502),
        ("/api/sso/callback", "/", 303),
        ("/api/sso/callback", "https://evil.example/", 502),
        ("/api/sso/callback", "//evil.example/", 502),
    ],
)
async def test_a_browser_is_sent_to_a_provider_or_home(path: str, where: str, status: int) -> None:
    window = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    async with lying() as (server, _, http):
        server.say(path, b"", status="303 See Other", more=f"Location: {where}\r\n")
        answer = await http.get(path, headers=window)
        assert answer.status_code == status
        assert answer.headers.get("location") == (where if status == 303 else None)


async def test_the_list_of_all_people_that_a_policy_can_name_comes_through() -> None:
    async with lying() as (server, _, http):
        people = json.dumps({"people": ["x" * 600] * 20_000}).encode()
        server.say("/api/admin/people", people)
        assert (await http.get("/api/admin/people", timeout=20)).content == people


async def test_answers_without_end_and_cut_ones_are_ended() -> None:
    async with lying() as (server, _, http):
        server.answers["/api/me"] = (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 18000000\r\n\r\n" + b"x" * 18_000_000
        )
        assert (await http.get("/api/me", timeout=20)).status_code == 502
        for rubbish in (
            b"\x00" * 100,
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: application/json\r\n\r\nab",
        ):
            server.answers["/api/me"] = rubbish + b"\r\n\r\n"
            assert (await http.get("/api/requests", timeout=20)).status_code in (404, 502)
            assert (await http.get("/api/me", timeout=20)).status_code in (200, 502, 503)
        server.say("/api/me", b"{}")
        await http.get("/api/me")  # on a connection where rubbish may still stand
        assert (await http.get("/api/me")).status_code == 200


async def test_the_stream_comes_at_once_and_ends_with_the_page() -> None:
    async with lying() as (server, _, http):
        server.answers["/api/stream"] = (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"c\r\ndata: one\n\n\r\n".replace(b"c\r\n", b"b\r\n")
        )
        async with http.stream("GET", "/api/stream") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            first = await asyncio.wait_for(anext(aiter(answer.aiter_bytes())), 3)
            assert first == b"data: one\n\n"
        await asyncio.wait_for(server.ended.wait(), 5)
