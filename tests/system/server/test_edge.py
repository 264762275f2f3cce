"""The edge that the product brings: three names on one port, and nothing by the wrong door."""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from tests.fakes.clients import http_client
from tests.fakes.edge import Edge, world_behind_an_edge

pytestmark = [pytest.mark.system, pytest.mark.slow]


def browser(edge: Edge, name: str = "web.example", host: str | None = None) -> httpx.AsyncClient:
    """A client that means `name` in TLS, and `host` in HTTP."""
    return http_client(
        f"https://127.0.0.1:{edge.port}", verify=edge.trust,
        headers={"Host": host or f"{name}:{edge.port}", "X-Benchside": "1", "Origin": f"https://web.example:{edge.port}"},
    )  # fmt: skip


async def get(edge: Edge, path: str, name: str = "web.example", host: str | None = None) -> httpx.Response:
    async with browser(edge, name, host) as http:
        return await http.get(path, extensions={"sni_hostname": name})


async def upgraded(edge: Edge, name: str, path: str) -> str:
    """Ask for a WebSocket; the first line of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port, ssl=edge.trust, server_hostname=name)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {name}:{edge.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    line = (await asyncio.wait_for(reader.readline(), 5)).decode()
    writer.close()
    return line.split(" ")[1]


async def test_each_name_leads_to_its_own_plane(tmp_path: Path) -> None:
    async with world_behind_an_edge(tmp_path) as (_, edge):
        answer = await get(edge, "/healthz")
        assert (answer.status_code, answer.text) == (200, "ok")
        assert "max-age=63072000" in answer.headers["strict-transport-security"]
        assert await upgraded(edge, "link.example", "/v1/agent") == "101"
        assert await upgraded(edge, "session.example", "/v1/relay") == "101"
        assert await upgraded(edge, "session.example", "/v1/agent") == "404"
        bare = await get(edge, "/healthz", "link.example")
        assert bare.status_code == 404
        assert "max-age=63072000" in bare.headers["strict-transport-security"]
        assert bare.headers["content-security-policy"].startswith("default-src 'none'")


async def test_the_wrong_door_is_shut(tmp_path: Path) -> None:
    async with world_behind_an_edge(tmp_path) as (_, edge):
        for host in ("session.example", "evil.example", "web.example.evil", ""):
            assert (await get(edge, "/healthz", host=host or "x")).status_code == 421, host
        with pytest.raises((ssl.SSLError, OSError)):
            await asyncio.open_connection("127.0.0.1", edge.port, ssl=edge.trust, server_hostname="evil.example")


async def test_nobody_says_for_himself_where_he_comes_from(tmp_path: Path) -> None:
    async with world_behind_an_edge(tmp_path) as (_, edge):
        waits = []
        async with browser(edge) as http:
            for number in range(14):
                answer = await http.post(
                    "/api/sign-in",
                    json={"account": f"nobody-{number}", "password": "wrong wrong wrong"},
                    headers={"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": "for=198.51.100.9"},
                    extensions={"sni_hostname": "web.example"},
                )
                waits.append(answer.json()["error"].get("wait_s"))
        assert waits[-1], waits  # one address, whatever it says


async def test_tls_is_what_scanners_want(tmp_path: Path) -> None:
    async with world_behind_an_edge(tmp_path) as (_, edge):
        words = ["sslscan", "--no-colour", "--sni-name=web.example", f"127.0.0.1:{edge.port}"]
        scan = (await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, timeout=120)).stdout
    for old in ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"):
        assert re.search(rf"^{re.escape(old)} +disabled", scan, re.MULTILINE), scan
    for new in ("TLSv1.2", "TLSv1.3"):
        assert re.search(rf"^{re.escape(new)} +enabled", scan, re.MULTILINE), scan
    assert not re.search(r"CBC|RC4|3DES|NULL|EXP|\bMD5|(Accepted|Preferred)  TLSv1\.2.*  (AES|CAMELLIA)", scan), scan


async def test_a_renewed_certificate_breaks_no_connection(tmp_path: Path) -> None:
    async with world_behind_an_edge(tmp_path) as (world, edge):

        async def serial() -> int:
            _, writer = await asyncio.open_connection(
                "127.0.0.1", edge.port, ssl=edge.trust, server_hostname="link.example"
            )
            found = writer.get_extra_info("ssl_object").getpeercert()["serialNumber"]
            writer.close()
            return int(found, 16)

        reader, writer = await asyncio.open_connection(
            "127.0.0.1", edge.port, ssl=edge.trust, server_hostname="link.example"
        )
        before = await serial()
        key = os.urandom(4)
        writer.write(
            f"GET /v1/agent HTTP/1.1\r\nHost: link.example:{edge.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await reader.readuntil(b"\r\n\r\n")
        edge.renew()
        until = time.monotonic() + 10
        while await serial() == before:
            assert time.monotonic() < until
            await asyncio.sleep(0.1)
        writer.write(b"\x89\x80" + key)  # a ping (RFC 6455, 5.5.2) on the old connection
        while (await asyncio.wait_for(reader.readexactly(2), 5))[0] != 0x8A:
            pass
        writer.close()
        assert world.parts is not None
