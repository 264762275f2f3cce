"""The doctor's last stage, over lines of a real speed, and its look at all addresses and all ways."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from examples.demo.children import free_port
from tests.fakes.proxies import squid
from tests.system.transport.test_ways_out import HERE, certificate

from benchside.protocol.wire.measure import MEASURE_PATH
from benchside.server.relay.measure import Measuring
from benchside.transport.doctor import Finding, Stage, examine
from benchside.transport.serve import Served, ServedLimits, bind, listen, server_tls
from benchside.transport.way_out import WayOut
from benchside.transport.websocket import client_tls

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.alone]


@asynccontextmanager
async def session_plane(folder: Path | None, host: str = HERE, *, measures: bool = True) -> AsyncIterator[str]:
    """A server with a relay's path and the measuring one; over TLS where there is a folder for its certificate."""

    async def wait(served: Served) -> None:
        await served.receive(30)

    limits = ServedLimits(max_message_bytes=1000)
    tls = server_tls(*certificate(folder)) if folder else None
    paths = {"/v1/relay": lambda: Served(limits, wait, "relay")}
    if measures:
        paths[MEASURE_PATH] = Measuring().make_end  # type: ignore[assignment]  # None refuses
    bound = bind(host, 0)
    server = await listen(bound, paths, tls=tls, max_frame_bytes=100_000)
    yield f"{'wss' if tls else 'ws'}://{host}:{bound.getsockname()[1]}/v1/relay"
    server.close()


@asynccontextmanager
async def slow_line(port: int, mbit_up: float, mbit_down: float) -> AsyncIterator[int]:
    """A line of that speed to a port of this machine, with small buffers."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mbit: float) -> None:
        free_at = time.monotonic()
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                free_at = max(free_at, time.monotonic()) + len(data) * 8 / (mbit * 1e6)
                await asyncio.sleep(max(0.0, free_at - time.monotonic()))
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pass_on(reader, back, mbit_up), pass_on(there, writer, mbit_down))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=8192)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def findings_of(url: str, out: WayOut, ca: Path | None = None) -> tuple[bool, list[Finding]]:
    findings: list[Finding] = []
    return await examine(url, out, client_tls(ca), findings.append), findings


async def test_a_fast_line_is_good_directly_and_by_proxy(tmp_path: Path) -> None:
    async with session_plane(tmp_path / "tls") as url:
        with squid() as proxy:
            for out in (WayOut("direct"), WayOut(proxy)):
                is_good, findings = await findings_of(url, out, tmp_path / "tls" / "cert.pem")
                last = findings[-1]
                assert (is_good, last.stage, last.advice) == (True, Stage.BANDWIDTH, "")
                assert last.said.endswith("good")
                assert last.took_s < 6


@pytest.mark.parametrize(
    ("up", "down", "is_good", "word"),
    [(3.5, 20, True, "usable"), (20, 3.5, True, "usable"), (0.8, 20, False, "too slow"), (20, 0.8, False, "too slow")],
)
async def test_a_slow_line_is_told_from_a_usable_one(up: float, down: float, is_good: bool, word: str) -> None:
    async with session_plane(None, "127.0.0.1") as url:
        port = int(url.split(":")[2].partition("/")[0])
        async with slow_line(port, up, down) as slow:
            good, findings = await findings_of(f"ws://127.0.0.1:{slow}/v1/relay", WayOut("direct"))
    last = findings[-1]
    assert (good, last.stage, last.is_good) == (is_good, Stage.BANDWIDTH, is_good)
    assert word in last.said
    assert "6 Mbit/s" in last.advice


async def test_a_server_that_does_not_measure_is_no_fault_of_the_network() -> None:
    async with session_plane(None, "127.0.0.1", measures=False) as url:
        is_good, findings = await findings_of(url, WayOut("direct"))
    assert is_good
    assert findings[-1].said.startswith("not measured")


async def test_an_address_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async with session_plane(None, "127.0.0.1") as url:
        port = int(url.split(":")[2].partition("/")[0])
        both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("127.0.0.4", "127.0.0.1")]

        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
        findings: list[Finding] = []
        is_good = await examine(url.replace("127.0.0.1", "localhost"), WayOut("direct"), None, findings.append)
    (tcp,) = [one for one in findings if one.stage is Stage.TCP]
    assert is_good
    assert tcp.said == f"connected to 127.0.0.1 port {port}; not to 127.0.0.4"
    assert "127.0.0.4" in tcp.advice


async def test_each_way_is_tried_and_one_is_enough(tmp_path: Path) -> None:
    async with session_plane(tmp_path / "tls") as url:
        out = WayOut(f"ways:PROXY 127.0.0.1:{free_port()}; DIRECT")
        is_good, findings = await findings_of(url, out, tmp_path / "tls" / "cert.pem")
        ways = [one.said for one in findings if one.stage is Stage.WAY]
        assert is_good
        assert [said.partition(" (")[2] for said in ways] == ["1 of 2 ways)", "2 of 2 ways)"]
        assert [one.stage for one in findings if not one.is_good] == [Stage.TCP]
