"""A process that is killed takes what it has sent with it: the kernel must not go on showing pictures."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator

import picows
import pytest

from benchside.host.channel import SEND_BUFFER_BYTES

pytestmark = pytest.mark.system

SENDER = """
import asyncio, sys
from benchside.transport.websocket import dial

async def main():
    link = await dial(sys.argv[1], tls=None, max_bytes=1 << 20)
    if int(sys.argv[2]):
        link.reset_on_death(int(sys.argv[2]))
    for _ in range(64):
        link.send(bytes(64 << 10))
    assert link.is_congested
    print("sent", flush=True)
    await asyncio.sleep(30)

asyncio.run(main())
"""
SENT_BYTES = 64 * (64 << 10)
RECEIVE_BUFFER_BYTES = 64 << 10


class SlowEnd(picows.WSListener):
    """Reads nothing until it is let."""

    def __init__(self) -> None:
        self.transport: picows.WSTransport | None = None
        self.read_bytes = 0
        self.ended = asyncio.Event()

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self.transport = transport
        transport.underlying_transport.pause_reading()

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        self.read_bytes += len(frame.get_payload_as_memoryview())

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self.ended.set()


@pytest.fixture
async def slow_end() -> AsyncIterator[tuple[SlowEnd, str]]:
    end = SlowEnd()
    sock = socket.create_server(("127.0.0.1", 0))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    server = await picows.ws_create_server(lambda request: end, sock=sock)
    yield end, f"ws://127.0.0.1:{sock.getsockname()[1]}/"
    server.close()


async def arrives_after_a_kill(slow_end: tuple[SlowEnd, str], send_buffer_bytes: int) -> int:
    """Bytes that reach the other end, most of them after the sender's death."""
    end, url = slow_end
    sender = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SENDER, url, str(send_buffer_bytes), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert sender.stdout is not None
        async with asyncio.timeout(30):
            assert await sender.stdout.readline() == b"sent\n"
        await asyncio.sleep(0.1)  # let the kernel take what it takes
    finally:
        os.kill(sender.pid, signal.SIGKILL)
        await sender.wait()
    assert end.transport is not None
    end.transport.underlying_transport.resume_reading()
    async with asyncio.timeout(30):
        await end.ended.wait()
    return end.read_bytes


async def test_what_a_killed_host_had_sent_does_not_leave(slow_end: tuple[SlowEnd, str]) -> None:
    # what the other end's kernel had taken already; the network's share is its own
    assert await arrives_after_a_kill(slow_end, SEND_BUFFER_BYTES) <= 4 * RECEIVE_BUFFER_BYTES


async def test_without_it_the_kernel_goes_on(slow_end: tuple[SlowEnd, str]) -> None:
    assert await arrives_after_a_kill(slow_end, 0) > 1 << 20, "then the test above shows nothing"
