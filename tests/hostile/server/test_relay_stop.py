"""A PC that stops resets its connection: whatever is under way to a slow console has to end there and then."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.trust.ticket import issue_ticket
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.ticket import TicketPayload
from benchside.server.relay.pairing import MAX_RELAY_FRAME_BYTES, Relay
from benchside.server.relay.sockets import KERNEL_BUFFER_BYTES
from benchside.transport.serve import bind, listen
from benchside.transport.websocket import WebSocketLink, dial

pytestmark = [pytest.mark.system]
NOW_MS = 1_800_000_000_000
KEY = Ed25519PrivateKey.generate()
LINE_BYTES_S = 250_000
STEP_S = 0.04


@pytest.fixture
async def port() -> AsyncIterator[int]:
    relay = Relay((public_bytes(KEY.public_key()),), "relay-1", lambda: NOW_MS)
    bound = bind("127.0.0.1", 0)
    server = await listen(bound, {"/v1/relay": relay.make_end}, tls=None, max_frame_bytes=MAX_RELAY_FRAME_BYTES)
    try:
        yield bound.getsockname()[1]
    finally:
        server.close()
        relay.close_all()


def ticket(role: Role) -> bytes:
    payload = TicketPayload(
        version=VERSION, serial=os.urandom(16), relay="relay-1", request_id=bytes(16), device_id=bytes(16),
        associate=None, role=role, channel=Channel.VIEW, key=bytes(32), issued_utc_ms=NOW_MS,
        expires_utc_ms=NOW_MS + 60_000,
    )  # fmt: skip
    return issue_ticket(payload, KEY)


class SlowConsole:
    """A bare socket with little room of its own, read at the pace of a line of 2 Mbit/s."""

    def __init__(self) -> None:
        self._sock = socket.socket()
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        self._sock.setblocking(False)
        self.received = 0
        self.end = ""

    async def connect(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self._sock, ("127.0.0.1", port))
        await loop.sock_sendall(
            self._sock,
            b"GET /v1/relay HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        )
        bearer = ticket(Role.CONSOLE)
        await loop.sock_sendall(self._sock, b"\x82\xfe" + len(bearer).to_bytes(2, "big") + bytes(4) + bearer)

    async def read(self) -> None:
        """Read until the connection is over."""
        loop = asyncio.get_running_loop()
        try:
            while data := await loop.sock_recv(self._sock, int(LINE_BYTES_S * STEP_S)):
                self.received += len(data)
                await asyncio.sleep(STEP_S)
            self.end = "end"
        except ConnectionResetError:
            self.end = "reset"
        finally:
            self._sock.close()


async def send_pictures(pc: WebSocketLink) -> None:
    picture = os.urandom(32 * 1024)
    while True:
        if not pc.is_congested:
            pc.send(picture)
        await asyncio.sleep(0.002)


@pytest.mark.alone
async def test_after_a_reset_next_to_nothing_reaches_a_slow_console(port: int) -> None:
    pc = await dial(f"ws://127.0.0.1:{port}/v1/relay", tls=None, max_bytes=1024 * 1024)
    pc.send(ticket(Role.PC))
    console = SlowConsole()
    await console.connect(port)
    reading = asyncio.create_task(console.read())
    assert [await asyncio.wait_for(pc.receive(), 5) for _ in range(2)] == ["waiting", "paired"]
    sending = asyncio.create_task(send_pictures(pc))
    await asyncio.sleep(1.5)
    assert pc.is_congested  # everything between the two is full, and the relay does not read
    sending.cancel()
    before, stopped = console.received, time.monotonic()
    pc.abort()
    await asyncio.wait_for(reading, 20)
    assert console.received - before < 200_000
    assert time.monotonic() - stopped < 1
    assert console.end == "reset"


async def test_the_kernel_keeps_little_for_each_end(port: int) -> None:
    """Bounded from the first byte on: an own size ends the kernel's growing of it."""
    pc = await dial(f"ws://127.0.0.1:{port}/v1/relay", tls=None, max_bytes=1024 * 1024)
    pc.send(ticket(Role.PC))
    assert await asyncio.wait_for(pc.receive(), 5) == "waiting"
    sockets = _sockets()
    try:
        ours = [one for one in sockets if one.getsockname()[1] == port and _is_connected(one)]
        assert ours
        for sock in ours:
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                assert sock.getsockopt(socket.SOL_SOCKET, option) <= 2 * KERNEL_BUFFER_BYTES  # Linux tells twice it
    finally:
        for sock in sockets:
            sock.close()
    pc.abort()


def _is_connected(sock: socket.socket) -> bool:
    try:
        sock.getpeername()
    except OSError:
        return False
    return True


def _sockets() -> list[socket.socket]:
    """Copies of all internet sockets of this process."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            if str(link.readlink()).startswith("socket:"):
                sock = socket.socket(fileno=os.dup(int(link.name)))
                if sock.family == socket.AF_INET:
                    found.append(sock)
                else:
                    sock.close()
        except OSError:
            continue
    return found
