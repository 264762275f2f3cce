"""Strangers, thieves of tickets, babblers and the slow, against a real relay on loopback."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import picows
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.fakes.clients import ANSWER_S

from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.trust.signed import POLICY_PURPOSE, sign
from benchside.protocol.trust.ticket import issue_ticket
from benchside.protocol.wire.channel import MAX_FRAME_BYTES, Channel, Role
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.relay import RelayClose
from benchside.protocol.wire.ticket import TICKET, TicketPayload
from benchside.server.relay import pairing
from benchside.server.relay.pairing import MAX_RELAY_FRAME_BYTES, PING_IDLE_S, Relay
from benchside.transport.serve import bind, listen
from benchside.transport.websocket import Closed, WebSocketLink, dial

pytestmark = [pytest.mark.system]
NOW_MS = 1_800_000_000_000
KEY = Ed25519PrivateKey.generate()


@dataclass
class Bench:
    relay: Relay
    url: str

    async def end(self, ticket: bytes | None) -> WebSocketLink:
        link = await dial(self.url, tls=None, max_bytes=1024 * 1024)
        if ticket is not None:
            link.send(ticket)
        return link

    async def pair(self, channel: Channel = Channel.MAIN) -> tuple[WebSocketLink, WebSocketLink]:
        request_id = os.urandom(16)
        pc = await self.end(ticket(request_id=request_id, channel=channel))
        console = await self.end(ticket(request_id=request_id, role=Role.CONSOLE, channel=channel))
        for end in (pc, console):
            assert [await hear(end), await hear(end)] == ["waiting", "paired"]
        return pc, console


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    relay = Relay((public_bytes(KEY.public_key()),), "relay-1", lambda: NOW_MS)
    bound = bind("127.0.0.1", 0)
    server = await listen(
        bound, {"/v1/relay": relay.make_end}, tls=None, max_frame_bytes=MAX_RELAY_FRAME_BYTES, ping_idle_s=PING_IDLE_S
    )
    try:
        yield Bench(relay, f"ws://127.0.0.1:{bound.getsockname()[1]}/v1/relay")
    finally:
        server.close()
        relay.close_all()


def ticket(key: Ed25519PrivateKey = KEY, **changes: object) -> bytes:
    content = {
        "version": VERSION,
        "serial": os.urandom(16),
        "relay": "relay-1",
        "request_id": bytes(16),
        "device_id": bytes(16),
        "associate": None,
        "role": Role.PC,
        "channel": Channel.MAIN,
        "key": bytes(32),
        "issued_utc_ms": NOW_MS,
        "expires_utc_ms": NOW_MS + 60_000,
    } | changes
    return issue_ticket(TicketPayload(**content), key)


async def hear(end: WebSocketLink) -> bytes | str:
    return await asyncio.wait_for(end.receive(), ANSWER_S)


async def closed_with(end: WebSocketLink) -> int:
    try:
        while True:
            await hear(end)
    except Closed as closed:
        return closed.code


@pytest.mark.parametrize(
    ("signed", "code"),
    [
        (b"", RelayClose.TICKET_REFUSED),
        (b"\x92\xc4\x00", RelayClose.TICKET_REFUSED),
        (os.urandom(4000), RelayClose.TICKET_REFUSED),
        (ticket(Ed25519PrivateKey.generate()), RelayClose.TICKET_REFUSED),
        (ticket(relay="relay-2"), RelayClose.TICKET_REFUSED),
        (ticket(version=2), RelayClose.TICKET_REFUSED),
        (ticket(expires_utc_ms=NOW_MS + 3600_000), RelayClose.TICKET_REFUSED),
        (ticket(issued_utc_ms=NOW_MS - 120_000, expires_utc_ms=NOW_MS - 60_000), RelayClose.TICKET_REFUSED),
        (ticket(issued_utc_ms=NOW_MS + 60_000, expires_utc_ms=NOW_MS + 120_000), RelayClose.TICKET_REFUSED),
        (sign(POLICY_PURPOSE, b"x" * 80, KEY), RelayClose.TICKET_REFUSED),
        (ticket()[:-1], RelayClose.TICKET_REFUSED),
        (ticket() + b"\x00", RelayClose.TICKET_REFUSED),
    ],
)
async def test_what_is_no_ticket_for_here_and_now_opens_nothing(bench: Bench, signed: bytes, code: int) -> None:
    assert await closed_with(await bench.end(signed)) == code


async def test_any_bit_of_a_ticket_counts(bench: Bench) -> None:
    good = ticket()
    for at in range(0, len(good), 7):
        changed = bytes([*good[:at], good[at] ^ 1, *good[at + 1 :]])
        assert await closed_with(await bench.end(changed)) == RelayClose.TICKET_REFUSED


async def test_a_ticket_opens_one_connection_only(bench: Bench) -> None:
    signed = ticket()
    first = await bench.end(signed)
    assert await hear(first) == "waiting"
    assert await closed_with(await bench.end(signed)) == RelayClose.TICKET_USED
    first.send(b"too soon")
    assert await closed_with(first) == RelayClose.MALFORMED
    assert await closed_with(await bench.end(signed)) == RelayClose.TICKET_USED


async def test_nobody_waits_for_a_ticket_for_long(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "TICKET_WITHIN_S", 0.05)
    assert await closed_with(await bench.end(None)) == RelayClose.NO_TICKET


async def test_an_end_that_stays_alone_is_sent_away(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "UNPAIRED_WITHIN_S", 0.05)
    assert await closed_with(await bench.end(ticket())) == RelayClose.PEER_LEFT


async def test_ends_meet_only_within_a_request_and_channel(bench: Bench) -> None:
    one, other = os.urandom(16), os.urandom(16)
    pc = await bench.end(ticket(request_id=one))
    await hear(pc)
    for wrong in (
        ticket(request_id=other, role=Role.CONSOLE),
        ticket(request_id=one, role=Role.CONSOLE, channel=Channel.VIEW),
    ):
        end = await bench.end(wrong)
        assert await hear(end) == "waiting"
        end.send(b"hello")
        assert await closed_with(end) == RelayClose.MALFORMED
    console = await bench.end(ticket(request_id=one, role=Role.CONSOLE))
    assert [await hear(console), await hear(console), await hear(pc)] == ["waiting", "paired", "paired"]


async def test_a_newer_end_replaces_the_older_and_its_peer_starts_again(bench: Bench) -> None:
    request_id = os.urandom(16)
    pc = await bench.end(ticket(request_id=request_id))
    console = await bench.end(ticket(request_id=request_id, role=Role.CONSOLE))
    assert await hear(console) == "waiting"
    newer = await bench.end(ticket(request_id=request_id, role=Role.CONSOLE))
    assert await closed_with(console) == RelayClose.REPLACED
    assert await closed_with(pc) == RelayClose.PEER_LEFT
    assert await hear(newer) == "waiting"
    again = await bench.end(ticket(request_id=request_id))
    assert [await hear(again), await hear(again), await hear(newer)] == ["waiting", "paired", "paired"]


async def test_messages_up_to_the_limit_pass_whole_and_larger_ones_end_it(bench: Bench) -> None:
    pc, console = await bench.pair()
    largest = os.urandom(MAX_FRAME_BYTES)
    pc.send(largest)
    pc.send(b"")
    assert [await hear(console), await hear(console)] == [largest, b""]
    pc.send(largest + b"x")
    assert await closed_with(pc) == RelayClose.TOO_LARGE
    assert await closed_with(console) == RelayClose.PEER_LEFT


async def test_text_from_an_end_is_against_the_rules(bench: Bench) -> None:
    pc, console = await bench.pair()
    pc.send("hello")
    assert await closed_with(pc) == RelayClose.MALFORMED
    assert await closed_with(console) == RelayClose.PEER_LEFT


async def test_fragments_arrive_as_one_message(bench: Bench) -> None:
    pc, console = await bench.pair()
    raw = raw_transport(pc)
    raw.send(picows.WSMsgType.BINARY, b"a" * 1000, fin=False)
    raw.send(picows.WSMsgType.CONTINUATION, b"b" * 1000, fin=False)
    raw.send(picows.WSMsgType.CONTINUATION, b"c", fin=True)
    assert await hear(console) == b"a" * 1000 + b"b" * 1000 + b"c"
    raw.send(picows.WSMsgType.CONTINUATION, b"alone", fin=True)
    assert await closed_with(pc) == RelayClose.MALFORMED


async def test_fragments_without_end_are_cut_at_the_limit(bench: Bench) -> None:
    pc, _ = await bench.pair()
    raw = raw_transport(pc)
    raw.send(picows.WSMsgType.BINARY, b"a" * 100_000, fin=False)
    for _ in range(3):
        raw.send(picows.WSMsgType.CONTINUATION, b"b" * 100_000, fin=False)
    assert await closed_with(pc) == RelayClose.TOO_LARGE


async def test_an_end_that_does_not_read_slows_the_other_and_fills_nothing(bench: Bench) -> None:
    pc, console = await bench.pair(Channel.VIEW)
    raw_transport(console).underlying_transport.pause_reading()
    sent = 0
    message = os.urandom(256 * 1024)
    while not pc.is_congested and sent < 400:
        pc.send(message)
        sent += 1
        await asyncio.sleep(0.002)
    assert sent < 100  # 25 MB: kernel buffers of four sockets and the relay's bounded ones
    raw_transport(console).underlying_transport.resume_reading()
    for _ in range(sent):
        assert await hear(console) == message


async def test_one_address_cannot_take_all_places(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "MAX_FROM_ONE_SOURCE", 3)
    ends = [await bench.end(None) for _ in range(4)]
    assert await closed_with(ends[3]) == RelayClose.TOO_MANY


async def test_a_request_on_another_path_or_no_websocket_is_refused(bench: Bench) -> None:
    host, port = bench.url.split("/")[2].split(":")
    for request in (
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/relay HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x00\x00",
        os.urandom(20_000),
    ):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 15)
        assert b" 101 " not in answer
        writer.close()


async def test_a_browser_that_keeps_alive_and_upgrades_is_let_in(bench: Bench) -> None:
    host, port = bench.url.split("/")[2].split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"GET /v1/relay HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert b" 101 " in await asyncio.wait_for(reader.readline(), ANSWER_S)
    writer.close()


def raw_transport(link: WebSocketLink) -> picows.WSTransport:
    transport = link._transport  # the dialled end has no way to send fragments, and should not
    assert transport is not None
    return transport


def test_the_ticket_fits_its_own_limit() -> None:
    longest = TicketPayload(
        version=VERSION,
        serial=bytes(16),
        relay="r" * 64,
        request_id=bytes(16),
        device_id=bytes(16),
        associate="a" * 64,
        role=Role.CONSOLE,
        channel=Channel.CONTROL,
        key=bytes(32),
        issued_utc_ms=NOW_MS,
        expires_utc_ms=NOW_MS,
    )
    assert len(TICKET.encode(longest)) < 900
