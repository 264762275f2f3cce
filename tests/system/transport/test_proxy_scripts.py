"""The script that says the way out: where it comes from, and what counts while it cannot be had."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.system.transport.test_ways_out import HERE, certificate

from benchside.agent.settings import AgentSettings
from benchside.agent.way import host_proxy
from benchside.agent.way import way_out as way_of_agent
from benchside.protocol.errors import UnavailableError
from benchside.transport import way_out
from benchside.transport.doctor import Finding, Stage, examine
from benchside.transport.proxy import Credentials, Proxy, open_tunnel
from benchside.transport.serve import server_tls
from benchside.transport.way_out import PAC_AGAIN_S, PAC_FOR_S, WayOut

pytestmark = [pytest.mark.system, pytest.mark.slow]

SCRIPT = 'function FindProxyForURL(url, host) { return "PROXY proxy.example:3128"; }'
DIRECT = 'function FindProxyForURL(url, host) { return "DIRECT"; }'


class Clock:
    """The module's own time, which a test moves; the loop keeps its."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = time.monotonic()
        monkeypatch.setattr(way_out, "time", self)

    def monotonic(self) -> float:
        return self.now


async def shown(out: WayOut) -> str:
    return str((await out.ways("link.example", 443))[0])


async def test_two_that_ask_at_once_have_it_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, fetched = Clock(monkeypatch), list[str]()
    script, fetch = tmp_path / "proxy.pac", way_out._fetch

    def counted(address: str, ca_file: Path | None) -> str:
        fetched.append(address)
        return fetch(address, ca_file)

    monkeypatch.setattr(way_out, "_fetch", counted)
    script.write_text(SCRIPT)
    out = WayOut(f"pac:{script.as_uri()}")
    for times in (1, 2):
        assert await asyncio.gather(*(shown(out) for _ in range(3))) == ["proxy.example:3128"] * 3
        assert len(fetched) == times
        clock.now += PAC_FOR_S + 1


async def test_where_it_cannot_be_fetched_again_the_last_one_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock(monkeypatch)
    caplog.set_level(logging.INFO, "benchside.transport.way_out")
    script = tmp_path / "proxy.pac"
    script.write_text(SCRIPT)
    out = WayOut(f"pac:{script.as_uri()}")
    assert await shown(out) == "proxy.example:3128"
    script.unlink()
    for _ in range(3):
        clock.now += PAC_FOR_S + 1
        assert await shown(out) == "proxy.example:3128"
    assert out.script_fault == "the proxy script cannot be fetched: FileNotFoundError"
    assert [one.message for one in caplog.records] == ["the last proxy script goes on counting"]
    script.write_text(DIRECT)
    assert await shown(out) == "proxy.example:3128"  # not at each dialling: a fetch may take its time to fail
    clock.now += PAC_AGAIN_S + 1
    assert (await shown(out), out.script_fault) == ("None", "")
    assert caplog.records[-1].message == "the proxy script was fetched again"


async def test_a_session_goes_by_the_script_that_the_agent_has(tmp_path: Path) -> None:
    (tmp_path / "proxy.pac").write_text(SCRIPT)
    settings = AgentSettings(proxy=f"pac:{(tmp_path / 'proxy.pac').as_uri()}")
    out = way_of_agent(settings)
    assert await shown(out) == "proxy.example:3128"
    (tmp_path / "proxy.pac").unlink()
    assert (await host_proxy(settings, out, "wss://session.example/v1/relay")).how == "ways:PROXY proxy.example:3128"


async def test_the_doctor_says_that_a_script_is_an_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(out: WayOut) -> Finding:
        findings: list[Finding] = []
        await examine(f"ws://{HERE}:1/v1/agent", out, None, findings.append)
        assert findings[0].stage is Stage.WAY
        return findings[0]

    clock = Clock(monkeypatch)
    script = tmp_path / "proxy.pac"
    script.write_text(DIRECT)
    out = WayOut(f"pac:{script.as_uri()}")
    assert (await found(out)).advice == ""
    script.unlink()
    clock.now += PAC_FOR_S + 1
    old = await found(out)
    assert old.is_good
    assert "cannot be fetched: FileNotFoundError" in old.said
    assert "fetch the script" in old.advice
    never = await found(WayOut(f"pac:{script.as_uri()}"))
    assert not never.is_good
    assert "An agent that runs goes on" in never.advice


@asynccontextmanager
async def serving(script: str, folder: Path) -> AsyncIterator[tuple[str, Path]]:
    """A web server with a certificate of the hospital's own authority; the script's address, and the authority."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + script.encode())
            await writer.drain()
        writer.close()

    cert, key = certificate(folder)
    server = await asyncio.start_server(serve, HERE, 0, ssl=server_tls(cert, key))
    yield f"https://{HERE}:{server.sockets[0].getsockname()[1]}/proxy.pac", cert
    server.close()


async def test_over_https_the_added_authority_counts(tmp_path: Path) -> None:
    async with serving(SCRIPT, tmp_path) as (address, authority):
        with pytest.raises(UnavailableError, match="SSLCertVerificationError"):
            await shown(WayOut(f"pac:{address}"))
        assert await shown(WayOut(f"pac:{address}", ca_file=authority)) == "proxy.example:3128"
        assert await shown(way_of_agent(AgentSettings(proxy=f"pac:{address}", ca_file=authority)))
        (tmp_path / "none.pem").write_text("no certificate")
        with pytest.raises(UnavailableError, match=r"expected certificates in none\.pem"):
            await shown(WayOut(f"pac:{address}", ca_file=tmp_path / "none.pem"))


@pytest.mark.parametrize(
    "offered", ['Negotiate, Basic realm="x"', 'Basic realm="a, b", NTLM', 'Digest qop="auth,auth-int",Basic realm=x']
)
async def test_a_proxy_may_offer_several_ways_in_one_line(offered: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                asked = await reader.readuntil(b"\r\n\r\n")
                if b"Proxy-Authorization: Basic " in asked:
                    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    writer.write(
                        f"HTTP/1.1 407 x\r\nProxy-Authenticate: {offered}\r\nContent-Length: 0\r\n\r\n".encode()
                    )
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = Proxy("127.0.0.1", server.sockets[0].getsockname()[1])
    async with asyncio.timeout(10):
        (await open_tunnel(proxy, "link.example", 443, Credentials("pat", "x"))).close()
    server.close()
