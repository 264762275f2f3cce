"""A server that floods what a PC has dialled: neither the loop nor the memory is its to take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import picows
import psutil
import pytest

from benchside.protocol.errors import PeerError, PeerFault
from benchside.transport.websocket import Closed, WebSocketLink, dial

MiB = 1024 * 1024


class Hostile(picows.WSListener):
    """Does what it is told as soon as somebody says anything."""

    def __init__(self, act: Callable[[picows.WSTransport], None]) -> None:
        self._act = act

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is picows.WSMsgType.BINARY:
            self._act(transport)


@asynccontextmanager
async def dialled(act: Callable[[picows.WSTransport], None]) -> AsyncIterator[WebSocketLink]:
    server = await picows.ws_create_server(lambda request: Hostile(act), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    link = await dial(f"ws://127.0.0.1:{port}/", tls=None, max_bytes=MiB)
    try:
        yield link
    finally:
        link.abort()
        server.close()


@pytest.mark.slow
@pytest.mark.alone
async def test_a_burst_of_small_messages_leaves_the_loop_its_turns() -> None:
    def burst(transport: picows.WSTransport) -> None:
        for _ in range(4000):
            transport.send(picows.WSMsgType.BINARY, b"x" * 20)

    worst_s, beat_at, taken = 0.0, time.monotonic(), 0

    def slow(_: bytes) -> None:
        nonlocal taken
        taken += 1
        time.sleep(0.0005)  # half a millisecond of work each: two seconds of it in all

    async with dialled(burst) as link:
        link.hand_over(slow)
        link.send(b"go")
        until = time.monotonic() + 10
        while taken < 4000 and time.monotonic() < until:
            beat_at = time.monotonic()
            await asyncio.sleep(0)
            worst_s = max(worst_s, time.monotonic() - beat_at)
    assert taken == 4000
    assert worst_s < 0.3


async def test_what_comes_in_a_burst_stays_in_order() -> None:
    def burst(transport: picows.WSTransport) -> None:
        for number in range(500):
            transport.send(picows.WSMsgType.BINARY, number.to_bytes(2, "big"))

    taken: list[int] = []
    async with dialled(burst) as link:
        link.hand_over(lambda data: taken.append(int.from_bytes(data, "big")))
        link.send(b"go")
        for _ in range(400):
            await asyncio.sleep(0.005)
            if len(taken) == 500:
                break
    assert taken == list(range(500))


async def test_a_fault_in_a_burst_ends_it_there() -> None:
    def burst(transport: picows.WSTransport) -> None:
        for _ in range(200):
            transport.send(picows.WSMsgType.BINARY, b"x")

    taken = 0

    def take(_: bytes) -> None:
        nonlocal taken
        taken += 1
        if taken == 100:
            raise PeerError(PeerFault.MALFORMED, "no")

    async with dialled(burst) as link:
        link.hand_over(take)
        link.send(b"go")
        with pytest.raises(PeerError):
            await asyncio.wait_for(link.receive(), 5)
        await asyncio.sleep(0.05)
    assert taken == 100


@pytest.mark.slow
async def test_a_ping_flood_that_nobody_reads_the_answers_of_takes_no_memory() -> None:
    def flood(transport: picows.WSTransport) -> None:
        transport.underlying_transport.pause_reading()
        for _ in range(200_000):
            transport.send_ping(b"p" * 125)

    async with dialled(flood) as link:
        link.send(b"go")
        before = psutil.Process().memory_info().rss
        await asyncio.sleep(1.0)
        assert psutil.Process().memory_info().rss - before < 60 * MiB


async def test_more_than_is_ever_queued_breaks_the_connection() -> None:
    def burst(transport: picows.WSTransport) -> None:
        for _ in range(40):
            transport.send(picows.WSMsgType.BINARY, bytes(MiB - 1))

    async with dialled(burst) as link:
        link.send(b"go")
        await asyncio.sleep(0.5)
        with pytest.raises((PeerError, Closed)):
            await drain(link)


async def drain(link: WebSocketLink) -> None:
    for _ in range(40):
        await asyncio.wait_for(link.receive(), 5)
