"""A request's way through a real server: from the PC's call to paired channels, the log, and a restart."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.fakes.server_world import Clock, Console, Pc, World, running_world

from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventKind
from benchside.protocol.wire.channel import Channel
from benchside.server.broker.consoles import Consoles
from benchside.server.clock import utc_ms
from benchside.transport.websocket import Closed, WebSocketLink, dial

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def ask_and_claim(pc: Pc, console: Console) -> tuple[bytes, dict[str, object]]:
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    claimed = await console.post(f"/api/requests/{request_id.hex()}/claim")
    assert claimed.status_code == 200, claimed.text
    assert (await pc.hear(wire.RequestClaimed)).associate == "ana"
    return request_id, claimed.json()


async def relay_end(url: str, ticket: bytes) -> WebSocketLink:
    end = await dial(url, tls=None, max_bytes=1024 * 1024)
    end.send(ticket)
    return end


async def tickets(pc: Pc, console: Console, request_id: bytes) -> tuple[bytes, bytes, str]:
    pc.say(wire.AskTicket(ask=1, request_id=request_id, channel=Channel.MAIN))
    for_pc = await pc.hear(wire.TicketIssued)
    answer = await console.post(f"/api/requests/{request_id.hex()}/tickets", channel="main")
    assert answer.status_code == 200, answer.text
    return for_pc.ticket, base64.b64decode(answer.json()["ticket"]), answer.json()["relay_url"]


async def test_a_request_is_claimed_paired_and_logged(world: World) -> None:
    pc, console = await world.enrolled_pc(), await world.console("ana")
    request_id, session = await ask_and_claim(pc, console)
    assert session["request"]["technician"] == "Toni"
    assert session["request"]["claimed_by_me"] is True
    pc_ticket, console_ticket, url = await tickets(pc, console, request_id)
    one, other = await relay_end(url, pc_ticket), await relay_end(url, console_ticket)
    assert [await one.receive(), await one.receive()] == ["waiting", "paired"]
    assert [await other.receive(), await other.receive()] == ["waiting", "paired"]
    one.send(b"from the pc" * 5000)
    assert await other.receive() == b"from the pc" * 5000
    other.close()
    with pytest.raises(Closed) as closed:
        await one.receive()
    assert closed.value.code == 4410
    await pc.report(
        pc.entry(EventKind.REQUEST_OPENED, request_id, technician="Toni"),
        pc.entry(EventKind.CODE_ACCEPTED, request_id, associate="ana"),
    )
    assert (await console.get("/api/requests")).json()["requests"][0]["state"] == "in_session"
    await pc.report(pc.entry(EventKind.SESSION_ENDED, request_id, cause="stopped"))
    assert (await console.get("/api/requests")).json()["requests"] == []
    seen = (await console.get(f"/api/sessions/{request_id.hex()}")).json()
    kinds = [event["kind"] for event in seen["events"]]
    assert kinds == [
        "request_claimed", "ticket_issued", "ticket_issued", "request_opened", "code_accepted", "session_ended",
    ]  # fmt: skip
    assert (seen["state"], seen["outcome"]) == ("ended", "stopped")
    verified = (await console.get(f"/api/sessions/{request_id.hex()}/verify")).json()
    assert verified == {"intact": True, "events": 6}
    page = (await console.get("/api/sessions", device=pc.device_id.hex())).json()
    assert [one["id"] for one in page["sessions"]] == [request_id.hex()]
    assert page["more"] is False


async def test_an_open_request_survives_a_restart(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        pc, console = await world.enrolled_pc(), await world.console("ana")
        request_id, _ = await ask_and_claim(pc, console)
        cookies = dict(console.http.cookies)
    async with running_world(tmp_path) as world:
        again = pc.copy()
        again.world = world
        assert isinstance(await again.connect(), wire.LinkWelcome)
        again.describe()
        again.ask_for_help(request_id)
        assert (await again.hear(wire.RequestQueued)).request_id == request_id
        assert (await again.hear(wire.RequestClaimed)).associate == "ana"
        console = Console(world)
        console.http.cookies.update(cookies)
        listed = (await console.get("/api/requests")).json()["requests"]
        assert [(one["state"], one["online"], one["claimed_by_me"]) for one in listed] == [("claimed", True, True)]


async def test_the_stream_shows_a_snapshot_and_then_changes(world: World) -> None:
    pc, console = await world.enrolled_pc(), await world.console("ana")
    request_id = os.urandom(16)
    async with console.http.stream("GET", "/api/stream", timeout=10) as response:
        events = _events(response)
        assert await anext(events) == ("snapshot", {"requests": []})
        pc.ask_for_help(request_id)
        name, shown = await anext(events)
        assert (name, shown["id"], shown["may_claim"], shown["online"]) == ("request", request_id.hex(), True, True)
        await console.post(f"/api/requests/{request_id.hex()}/claim")
        assert await anext(events) == ("session", {"request_id": request_id.hex(), "state": "claimed"})
        assert (await anext(events))[1]["claimed_by"] == "ana"
        pc.say(wire.RequestCancelled(request_id=request_id, reason="cancelled"))
        assert await anext(events) == ("session", {"request_id": request_id.hex(), "state": "ended"})
        assert await anext(events) == ("gone", {"id": request_id.hex()})
        assert (await console.post("/api/sign-out")).status_code == 204
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(events), 5)


async def test_only_one_of_two_claims_wins(world: World) -> None:
    pc = await world.enrolled_pc()
    ana, ben = await world.console("ana", key=1), await world.console("ben", key=2)
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    path = f"/api/requests/{request_id.hex()}"
    both = await asyncio.gather(ana.post(f"{path}/claim"), ben.post(f"{path}/claim"))
    assert sorted(answer.status_code for answer in both) == [200, 409]
    loser = ben if both[0].status_code == 200 else ana
    refused = await loser.post(f"{path}/tickets", channel="main")
    assert (refused.status_code, refused.json()["error"]["reason"]) == (409, "not_claimed")
    winner = ana if loser is ben else ben
    assert (await winner.post(f"{path}/release")).status_code == 204
    await pc.hear(wire.RequestReleased)
    assert (await loser.post(f"{path}/claim")).status_code == 200


async def test_whoever_asks_for_a_ticket_is_not_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A code may take minutes to be read out; a console whose stream is down keeps its claim by coming again."""
    heard: list[str] = []
    monkeypatch.setattr(Consoles, "heard", lambda self, account: heard.append(account))
    async with running_world(tmp_path) as world:
        pc, console = await world.enrolled_pc(), await world.console("ana")
        request_id, _ = await ask_and_claim(pc, console)
        assert heard == ["ana"]
        await tickets(pc, console, request_id)
        assert heard == ["ana", "ana"]


async def test_wrong_codes_delay_the_next_ticket(tmp_path: Path) -> None:
    async with running_world(tmp_path, Clock(utc_ms())) as world:  # it stands still: the try is within the delay
        pc, console = await world.enrolled_pc(), await world.console("ana")
        request_id, _ = await ask_and_claim(pc, console)
        path = f"/api/requests/{request_id.hex()}/tickets"
        assert (await console.post(path, channel="main")).status_code == 200
        await pc.report(pc.entry(EventKind.CODE_WRONG, request_id, associate="ana"))
        refused = await console.post(path, channel="main")
        assert refused.status_code == 429
        assert refused.json()["error"] == {"reason": "wait", "wait_s": 2}
        await pc.report(pc.entry(EventKind.CODE_ACCEPTED, request_id, associate="ana"))
        assert (await console.post(path, channel="main")).status_code == 200


async def test_a_new_policy_reaches_a_connected_agent_at_once(world: World) -> None:
    pc = await world.enrolled_pc()
    assert (await pc.hear(wire.PolicyOffered)).policy
    await world.sign_into_policy("zoe", bytes(32))
    offered = await pc.hear(wire.PolicyOffered)
    assert offered.rotations == ()
    world.authority.rotate(lambda: b"")
    await world.install_policy()
    assert len((await pc.hear(wire.PolicyOffered)).rotations) == 1


async def _events(response: httpx.Response) -> AsyncIterator[tuple[str, dict[str, object]]]:
    name = ""
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))
