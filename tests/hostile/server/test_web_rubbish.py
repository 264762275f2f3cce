"""Browsers that are not ours, passwords that are not theirs, and requests of no sense, against the real web."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import update
from tests.fakes.clients import http_client
from tests.fakes.entry_points import WORKING, at, reason
from tests.fakes.server_world import PASSWORD, SETTINGS, Clock, Console, World, rsa_key, running_world

from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.wire import link as wire
from benchside.server.accounts.model import SignIn
from benchside.server.clock import utc_ms
from benchside.server.http import connection
from benchside.server.http.table import ENTRY_POINTS, EntryPolicy

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def test_every_entry_point_keeps_strangers_out_as_the_table_says(world: World) -> None:
    stranger = Console(world)
    for entry in ENTRY_POINTS:
        path = at(entry.path)
        answer = await stranger.http.request(entry.method, path, json={})
        if entry.policy in (EntryPolicy.ANYONE, EntryPolicy.BROWSER_REPORT):
            is_refused = answer.status_code == 303 and answer.headers["location"].startswith("/?sign-in=")
            assert is_refused or answer.status_code in (200, 204, 422), entry
        elif entry.policy in (EntryPolicy.PROVIDER, EntryPolicy.MAILED):
            assert (answer.status_code, reason(answer)) == (422, "malformed"), entry
        else:
            assert (answer.status_code, reason(answer)) == (401, "sign_in"), entry
    described = (await stranger.get("/api/openapi.json")).json()["paths"]
    assert {(path, method.upper()) for path, methods in described.items() for method in methods} == {
        (entry.path, entry.method) for entry in ENTRY_POINTS
    }


async def test_with_the_initial_password_nothing_works_but_changing_it(world: World) -> None:
    password = await world.parts.accounts.add("ana")
    console = Console(world)
    signed_in = await console.post("/api/sign-in", account="ana", password=password)
    assert signed_in.json() == {"must_change": True, "needs_factor": True}
    cookie = signed_in.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert (await console.get("/api/me")).json()["must_change"] is True
    for entry in ENTRY_POINTS:
        if entry.policy in WORKING:
            answer = await console.http.request(entry.method, at(entry.path), json={})
            assert (answer.status_code, reason(answer)) == (403, "change_password"), entry
    for new, why in (("short", "too_short"), ("i am ana and long", "like_account"), (password, "unchanged")):
        answer = await console.post("/api/password", old=password, new=new)
        assert (answer.status_code, reason(answer)) == (422, why)
    wrong = await console.post("/api/password", old="wrong", new=PASSWORD)
    assert (wrong.status_code, reason(wrong)) == (403, "sign_in")  # the console says that the password is wrong
    before = dict(console.http.cookies)
    assert (await console.post("/api/password", old=password, new=PASSWORD)).status_code == 204
    for entry in ENTRY_POINTS:
        if entry.policy in WORKING:
            answer = await console.http.request(entry.method, at(entry.path), json={})
            assert (answer.status_code, reason(answer)) == (403, "second_factor"), entry
    assert dict(console.http.cookies) != before
    before = dict(console.http.cookies)
    await console.set_factor()
    assert (await console.get("/api/requests")).status_code == 200
    assert dict(console.http.cookies) != before
    stale = Console(world)
    stale.http.cookies.update(before)
    assert (await stale.get("/api/me")).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "X-Benchside": "1"},
        {"X-Benchside": "1", "Origin": ""},
        {"Origin": "null", "X-Benchside": "1"},
        {"X-Benchside": ""},
    ],
)
async def test_other_sites_cannot_change_anything(world: World, headers: dict[str, str]) -> None:
    console = await world.console("ana", key=None)
    answer = await console.http.post("/api/sign-out", headers=headers)
    assert (answer.status_code, reason(answer)) == (403, "cross_site")
    assert (await console.get("/api/me")).status_code == 200


async def test_what_anybody_may_know_of_the_server_is_its_name_region_and_relay(world: World) -> None:
    said = (await Console(world).get("/api/about")).json()
    assert said == {"server_name": "Benchside", "region": "global", "relay_origin": world.listeners.session_url}


async def test_beside_the_table_there_are_files_and_a_description_to_read(world: World) -> None:
    console = Console(world)
    page = (await console.get("/")).content
    for path in ("/docs", "/redoc", "/API/me", "/v1/agent", "/..%2f..%2fetc/passwd", "/%00"):
        assert (await console.get(path)).content == page, "the page itself, whatever the path"
    for path in ("/assets/..%2findex.html", "/assets/nothing.js", "/api/", "/api/me/", "/api//me", "/api/admin"):
        assert (await console.get(path)).status_code == 404, path
    for path in ("/", "/x", "/api/openapi.json", "/api/nothing", "/api/me"):
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
            answer = await console.http.request(method, path)
            assert answer.status_code in (404, 405), (method, path)
            assert reason(answer) in ("not_found", "method"), (method, path)
        head = await console.http.head(path)
        assert (head.status_code, head.content) == (404 if path in ("/api/nothing", "/api/me") else 200, b"")


async def test_a_server_for_the_package_alone_answers_no_browser(tmp_path: Path) -> None:
    async with running_world(tmp_path, settings=replace(SETTINGS, consoles="package")) as world:
        package = {"X-Benchside-Console": "package/0.1.0"}
        browsers: list[dict[str, str]] = [
            {}, {"Origin": world.listeners.web_url}, package | {"Origin": world.listeners.web_url},
            package | {"Sec-Fetch-Site": "none"}, package | {"Sec-Fetch-Mode": "cors"}, {"X-Benchside-Console": "x"},
        ]  # fmt: skip
        # a connection each: who is refused before the body was read may find the connection closed
        each = httpx.Limits(max_keepalive_connections=0)
        async with http_client(world.listeners.web_url, limits=each) as http:
            for entry in ENTRY_POINTS:
                path = at(entry.path)
                for headers in browsers:
                    answer = await http.request(entry.method, path, json={}, headers=headers | {"X-Benchside": "1"})
                    is_foreign = entry.policy in (EntryPolicy.BROWSER_REPORT, EntryPolicy.PROVIDER)
                    if entry.policy is EntryPolicy.MAILED:  # it is the page's, which every browser gets
                        assert (answer.status_code, reason(answer)) in ((403, "cross_site"), (422, "malformed")), entry
                    elif is_foreign or path == "/healthz":
                        assert answer.status_code in (200, 204, 422), entry
                    else:
                        assert (answer.status_code, reason(answer)) == (403, "package_only"), entry
            for path in ("/api/openapi.json", "/api/nothing"):
                assert reason(await http.get(path)) == "package_only"
            assert (await http.get("/api/sign-in", headers=package)).status_code == 200
            answer = await http.post("/api/sign-out", headers=package | {"X-Benchside": "1"})
            assert (answer.status_code, reason(answer)) == (401, "sign_in")
            answer = await http.post("/api/sign-out", headers=package)
            assert (answer.status_code, reason(answer)) == (403, "cross_site")


async def test_wrong_passwords_wait_longer_and_tell_nothing(tmp_path: Path) -> None:
    clock = Clock(utc_ms())
    async with running_world(tmp_path, clock) as world:
        ana = await world.console("ana", key=None)
        clock.now_ms = utc_ms()  # the codes are of this time
        for account in ("ana", "nobody"):
            answers = [
                await Console(world).post("/api/sign-in", account=account, password="wrong wrong wrong")
                for _ in range(4)
            ]
            assert [answer.status_code for answer in answers] == [401] * 4
            assert [answer.json()["error"].get("wait_s") for answer in answers] == [None, None, 1, 1]
        clock.now_ms += 1000
        asked = await Console(world).post("/api/sign-in", account="ana", password=PASSWORD)
        assert (asked.status_code, reason(asked)) == (403, "second_factor")
        code = ana.authenticator.code(clock.now_ms / 1000)
        right = await Console(world).post("/api/sign-in", account="ana", password=PASSWORD, code=code)
        assert right.status_code == 200
        again = await Console(world).post("/api/sign-in", account="ana", password=PASSWORD, code=code)
        assert (again.status_code, reason(again)) == (401, "sign_in")  # each code once
        for code in ("000000", "12345", "1234567", "１２３４５６", "-1-1-1"):
            answer = await Console(world).post("/api/sign-in", account="ana", password=PASSWORD, code=code)
            assert answer.status_code in (401, 422), code


async def test_bodies_paths_and_fields_out_of_bounds_are_refused_in_one_form(world: World) -> None:
    console = await world.console("ana", key=None)
    http = console.http
    cases = [
        (await http.post("/api/sign-in", content=b"x" * 20_000), 413),
        (await http.post("/api/sign-in", content=b"{"), 422),
        (await http.post("/api/sign-in", json={"account": "ana", "password": "x", "more": 1}), 422),
        (await http.post("/api/sign-in", json={"account": 1, "password": "x"}), 422),
        (await http.post("/api/sign-in", json={"account": "a" * 65, "password": "x"}), 422),
        (await http.get("/api/nothing"), 404),
        (await http.get("/api/sessions", params={"limit": 1000}), 422),
        (await http.get("/api/sessions", params={"device": "../.."}), 422),
        (await http.get("/api/sessions/zz"), 422),
        (await http.post(f"/api/requests/{'00' * 16}/tickets", json={"channel": "files"}), 422),
        (await http.post(f"/api/requests/{'00' * 16}/claim"), 404),
        (await http.put("/api/me/key", json={"spki": "!" * 60}), 422),
        (await http.put("/api/me/key", json={"spki": base64.b64encode(os.urandom(550)).decode()}), 422),
    ]
    for answer, status in cases:
        assert answer.status_code == status, answer.request.url
        assert set(answer.json()) == {"error"}
        assert "Traceback" not in answer.text


async def test_a_body_without_length_that_does_not_end_is_cut(world: World) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000

    answer = await Console(world).http.post("/api/sign-in", content=endless())
    assert answer.status_code in (400, 413, 422, 500)


async def test_headers_stand_on_every_answer(world: World) -> None:
    console = Console(world)
    for path in ("/", "/healthz", "/api/me", "/api/nothing", "/assets/nothing.js", "/any/page"):
        headers = (await console.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert f"connect-src 'self' {world.listeners.session_url}" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers
    assert (await console.http.post("/api/csp-report", content=b"{}", headers={"Origin": ""})).status_code == 204


async def test_a_key_in_place_of_another_needs_a_fresh_proof(world: World) -> None:
    """Whoever sits down at an open browser makes no key of their own of it."""
    ana = await world.console("ana")
    spki = base64.b64encode(public_bytes(rsa_key(2).public_key())).decode()
    async with world.parts.cloud.write() as rows:
        await rows.execute(update(SignIn).values(proved_utc_ms=SignIn.proved_utc_ms - 11 * 3600_000))
    answer = await ana.put("/api/me/key", spki=spki)
    assert (answer.status_code, reason(answer)) == (403, "step_up")
    assert (await ana.get("/api/me")).json()["key"]["fingerprint"] == fingerprint(
        public_bytes(rsa_key(1).public_key())
    ).hex()
    proof = {"password": PASSWORD, "code": ana.authenticator.code()}
    assert (await ana.post("/api/confirm", **proof)).status_code == 204
    assert (await ana.put("/api/me/key", spki=spki)).status_code == 200


async def test_another_accounts_key_cannot_be_registered(world: World) -> None:
    await world.console("ana", key=1)
    ben = await world.console("ben", key=None)
    spki = base64.b64encode(public_bytes(rsa_key(1).public_key())).decode()
    answer = await ben.put("/api/me/key", spki=spki)
    assert (answer.status_code, reason(answer)) == (403, "not_authorised")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"keys": (bytes(32),)}, "not_in_policy"),
        ({"sites": ("lab-2",)}, "wrong_site"),
        ({"models": ("DX-1",)}, "wrong_model"),
        ({"regions": ("cn",)}, "wrong_region"),
        ({"expires_utc_ms": 1}, "expired_in_policy"),
    ],
)
async def test_whom_the_policy_does_not_cover_gets_neither_claim_nor_ticket(
    world: World, changes: dict[str, object], why: str
) -> None:
    pc, console = await world.enrolled_pc(), await world.console("ana")
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    path = f"/api/requests/{request_id.hex()}"
    assert (await console.post(f"{path}/claim")).status_code == 200
    key = fingerprint(public_bytes(rsa_key(1).public_key()))
    await world.sign_into_policy("ana", key, **changes)
    refused = await console.post(f"{path}/tickets", channel="main")
    assert (refused.status_code, reason(refused)) == (403, why)
    assert (await console.post(f"{path}/release")).status_code in (204, 409)  # within a second the server does it
    refused = await console.post(f"{path}/claim")
    assert (refused.status_code, reason(refused)) == (403, why)
    listed = (await console.get("/api/requests")).json()["requests"]
    if why == "not_in_policy":
        assert [(one["may_claim"], one["why_not"]) for one in listed] == [(False, why)]
    else:
        assert listed == []
        assert (await console.get(f"/api/sessions/{request_id.hex()}")).status_code == 404
    events = await world.parts.ledger.events_of(request_id)
    # the server gives the claim back within a second, so perhaps while the ticket is refused
    assert sorted(event.kind for event in events[-3:-1]) == ["request_released", "ticket_refused"]
    assert events[-1].kind == "claim_refused"


async def test_who_may_not_see_a_session_gets_nothing_of_it(world: World) -> None:
    pc, ana, ben = await world.enrolled_pc(), await world.console("ana"), await world.console("ben", key=2)
    key = fingerprint(public_bytes(rsa_key(2).public_key()))
    await world.sign_into_policy("ben", key, sites=("lab-2",))
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    assert (await ana.post(f"/api/requests/{request_id.hex()}/claim")).status_code == 200
    assert (await ben.get("/api/requests")).json() == {"requests": []}
    assert (await ben.get("/api/sessions")).json() == {"sessions": [], "more": False}
    for path in (f"/api/sessions/{request_id.hex()}", f"/api/sessions/{request_id.hex()}/verify"):
        answer = await ben.get(path)
        assert (answer.status_code, reason(answer)) == (404, "no_request"), path
    for word, why in (("claim", "wrong_site"), ("release", "not_claimed")):
        answer = await ben.post(f"/api/requests/{request_id.hex()}/{word}")
        assert reason(answer) == why, word
    answer = await ben.post(f"/api/requests/{request_id.hex()}/tickets", channel="main")
    assert reason(answer) == "not_claimed"
    async with ben.http.stream("GET", "/api/stream") as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                assert line == 'data: {"requests":[]}'
                break


async def test_a_disabled_account_is_out_at_once(world: World) -> None:
    console = await world.console("ana", key=None)
    await world.parts.accounts.disable("ana")
    assert (await console.get("/api/me")).status_code == 401
    answer = await Console(world).post("/api/sign-in", account="ana", password=PASSWORD)
    assert (answer.status_code, reason(answer)) == (401, "sign_in")


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST /api/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"],
)
async def test_requests_that_never_end_are_cut(world: World, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(connection, "REQUEST_WITHIN_S", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(world.listeners.web_url).port)
    writer.write(sent)
    with contextlib.suppress(ConnectionResetError):
        while await asyncio.wait_for(reader.read(100_000), 5):
            pass
    writer.close()


async def test_a_stream_is_no_request_that_never_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "REQUEST_WITHIN_S", 0.1)
    console = await world.console("ana")
    async with console.http.stream("GET", "/api/stream") as response:
        lines = response.aiter_lines()
        await anext(lines)
        await asyncio.sleep(0.5)
        await world.sign_into_policy("zoe", bytes(32))
        while "snapshot" not in await asyncio.wait_for(anext(lines), 5):
            pass


async def test_one_address_cannot_take_all_connections(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_FROM_ONE_SOURCE", 2)
    port = urlsplit(world.listeners.web_url).port
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
    with contextlib.suppress(ConnectionResetError):
        assert await asyncio.wait_for(opened[2][0].read(), 5) == b""
    opened[0][1].write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b" 200 " in await asyncio.wait_for(opened[0][0].readline(), 5)
    for _, writer in opened:
        writer.close()
