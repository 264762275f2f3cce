"""The package's way to its server, past proxies that are down."""

from __future__ import annotations

import asyncio
import socket

import pytest

from benchside.console.dial import Ways
from benchside.transport.way_out import WayOut

pytestmark = [pytest.mark.system]


async def test_a_proxy_that_says_nothing_leaves_time_for_the_next_way() -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.write(b"here"), "127.0.0.2", 0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        out = WayOut(f"ways:PROXY 127.0.0.1:{silent.getsockname()[1]}; DIRECT")
        port = server.sockets[0].getsockname()[1]
        for within_s in (2.0, 0.9):  # and the second time the good way is the first
            stream = await Ways(out).connect_tcp("127.0.0.2", port, within_s)
            assert await stream.read(10, 1.0) == b"here"
            await stream.aclose()
    server.close()
