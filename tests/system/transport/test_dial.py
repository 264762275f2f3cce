"""Dialling over TLS: with nowhere to write a file, on a line that takes nothing, and with a peer that ends it badly."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import picows
import pytest
from examples.demo.certificates import make_certificates

from benchside.transport.serve import bind, listen, server_tls
from benchside.transport.websocket import Closed, WebSocketLink, dial

pytestmark = pytest.mark.system

MESSAGE = bytes(16 << 10)
HELD_BYTES = 96 << 10
"""In this process: 64 KiB, one message, and what TLS adds."""
SETTLED_S = 0.2
"""The kernels' buffers grow while they are filled."""
WITHIN_S = 20.0


class Deaf(picows.WSListener):
    """Reads nothing until it is let."""

    def __init__(self) -> None:
        self.transport: picows.WSTransport | None = None
        self.read_bytes = 0

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport = transport
        transport.underlying_transport.pause_reading()

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        self.read_bytes += len(frame.get_payload_as_memoryview())


@asynccontextmanager
async def served(
    folder: Path, peer: picows.WSListener | None = None
) -> AsyncIterator[tuple[str, ssl.SSLContext, Deaf]]:
    made, end, bound = make_certificates(folder), Deaf(), bind("127.0.0.1", 0)
    tls = server_tls(made.chain, made.key)
    server = await listen(bound, {"/": lambda: peer or end}, tls=tls, max_frame_bytes=1 << 20)
    try:
        yield (
            f"wss://localhost:{bound.getsockname()[1]}/",
            ssl.create_default_context(cafile=str(made.authority)),
            end,
        )
    finally:
        server.close()


async def test_a_service_without_any_place_to_write_is_linked_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service whose whole file system is read-only, and a PC whose disk is full."""
    async with served(tmp_path) as (url, tls, _):

        def nowhere(*_: object, **__: object) -> None:
            raise FileNotFoundError("no usable temporary directory")

        monkeypatch.setattr(tempfile, "NamedTemporaryFile", nowhere)
        monkeypatch.setattr(tempfile, "gettempdir", nowhere)
        async with asyncio.timeout(WITHIN_S):
            link = await dial(url, tls=tls, max_bytes=1024)
        link.abort()


async def test_what_the_line_does_not_take_is_said_before_much_waits_and_comes_whole(tmp_path: Path) -> None:
    async with served(tmp_path) as (url, tls, end), asyncio.timeout(WITHIN_S):
        link = await dial(url, tls=tls, max_bytes=1024)
        link.reset_on_death(64 << 10)
        sent = await fill(link)
        assert link._transport is not None
        waiting = link._transport.underlying_transport.get_write_buffer_size()
        assert 0 < waiting <= HELD_BYTES, waiting
        assert end.transport is not None
        end.transport.underlying_transport.resume_reading()
        await link.writable()
        while end.read_bytes < sent:
            await asyncio.sleep(0.01)
        assert end.read_bytes == sent
        link.abort()


async def fill(link: WebSocketLink) -> int:
    """Send until it says that no more is taken; return how many bytes."""
    sent = 0
    while not link.is_congested:
        link.send(MESSAGE)
        sent += len(MESSAGE)
        await asyncio.sleep(SETTLED_S if link.is_congested else 0)
    return sent


class Frames(picows.WSListener):
    """Sends bytes as they are, whatever is made of them at the other end."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.received: list[bytes] = []

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        for number, piece in enumerate(self.pieces):
            asyncio.get_running_loop().call_later(0.1 + number * 0.005, transport.underlying_transport.write, piece)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        del transport
        self.received.append(frame.get_payload_as_bytes())


def frame(kind: int, payload: bytes) -> bytes:
    """One frame of a server's (RFC 6455, section 5.2)."""
    size = len(payload)
    length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
    return bytes([0x80 | kind]) + length + payload


NO_KIND = frame(3, b"")
BYTES, GOODBYE = 2, 8


async def test_a_line_can_be_ended_at_once_after_whatever_the_peer_sent(tmp_path: Path) -> None:
    async with served(tmp_path, Frames(NO_KIND, NO_KIND, NO_KIND)) as (url, tls, _), asyncio.timeout(WITHIN_S):
        link = await dial(url, tls=tls, max_bytes=1024)
        await asyncio.sleep(0.3)
        link.abort()
        link.abort()
        assert link.has_ended


async def test_what_comes_behind_a_goodbye_is_never_another_frames_bytes(tmp_path: Path) -> None:
    first = b"A" * 1000
    behind = b"".join(frame(BYTES, b"%04d" % number * 2000) for number in range(24))
    peer = Frames(frame(GOODBYE, (1000).to_bytes(2, "big")) + frame(BYTES, first) + behind)
    async with served(tmp_path, peer) as (url, tls, _), asyncio.timeout(WITHIN_S):
        link = await dial(url, tls=tls, max_bytes=1 << 20)
        got = []
        with contextlib.suppress(Closed):
            while True:
                got.append(await link.receive())
        assert got[0] == first
        assert got[1:] == [b"%04d" % number * 2000 for number in range(24)][: len(got) - 1]


async def test_what_was_queued_is_sent_before_it_closes_however_much_the_peer_says(tmp_path: Path) -> None:
    chatter = frame(BYTES, bytes(1000))
    peer = Frames(*[chatter] * 200)
    async with served(tmp_path, peer) as (url, tls, _), asyncio.timeout(WITHIN_S):
        link = await dial(url, tls=tls, max_bytes=1 << 20)
        await asyncio.sleep(0.2)
        for _ in range(300):
            link.send(MESSAGE)
        link.close()
        while len(peer.received) < 300:
            await asyncio.sleep(0.01)
