"""Out of the hospital through real proxies, and what the doctor says where there is no way."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from examples.demo.children import free_port
from tests.fakes.proxies import inspecting, squid, tinyproxy

from benchside.protocol.errors import UnavailableError
from benchside.transport.doctor import Finding, Stage, examine
from benchside.transport.proxy import Credentials
from benchside.transport.serve import Served, ServedLimits, bind, listen, server_tls
from benchside.transport.way_out import WayOut, read_way
from benchside.transport.websocket import client_tls, dial

pytestmark = [pytest.mark.system, pytest.mark.slow]

HERE = "127.0.0.2"
"""Another name for this machine: to 127.0.0.1 nothing goes by a proxy."""


def certificate(folder: Path, *, address: str = HERE, days: int = 1) -> tuple[Path, Path]:
    """A certificate that is its own authority."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab tests")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=3))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    no_password = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
    (folder / "key.pem").write_bytes(pem)
    return folder / "cert.pem", folder / "key.pem"


@dataclass
class Echo:
    """A server like ours, over TLS."""

    url: str
    ca: Path


@asynccontextmanager
async def echoing(folder: Path, *, address: str = HERE, days: int = 1) -> AsyncIterator[Echo]:
    """`address` and `days`: what its certificate is for."""
    cert, key = certificate(folder, address=address, days=days)

    async def run(served: Served) -> None:
        while True:
            served.send(await served.receive(30))

    limits = ServedLimits(max_message_bytes=100_000)
    bound = bind(HERE, 0)
    server = await listen(
        bound, {"/v1/agent": lambda: Served(limits, run, "echo")}, tls=server_tls(cert, key), max_frame_bytes=100_000
    )
    yield Echo(f"wss://{HERE}:{bound.getsockname()[1]}/v1/agent", cert)
    server.close()


async def says_it_back(echo: Echo, out: WayOut, ca: Path | None = None) -> bool:
    link = await dial(echo.url, tls=client_tls(ca or echo.ca), max_bytes=100_000, out=out)
    said = os.urandom(50_000)
    link.send(said)
    heard = await asyncio.wait_for(link.receive(), 10)
    link.close()
    return heard == said


PAT = Credentials("pat", "open: sesame")


@pytest.mark.parametrize(
    ("auth", "credentials"), [("none", None), ("basic", PAT), ("ntlm", Credentials("D\\pat", "x"))]
)
async def test_through_squid(tmp_path: Path, auth: str, credentials: Credentials | None) -> None:
    async with echoing(tmp_path / "server") as echo:
        with squid(auth) as proxy:
            assert await says_it_back(echo, WayOut(proxy, credentials))


@pytest.mark.parametrize("credentials", [None, Credentials("pat", "sesame")])
async def test_through_tinyproxy(tmp_path: Path, credentials: Credentials | None) -> None:
    async with echoing(tmp_path / "server") as echo:
        with tinyproxy(tmp_path / "tiny", basic=credentials is not None) as proxy:
            assert await says_it_back(echo, WayOut(proxy, credentials))


async def test_behind_an_inspecting_proxy_only_with_its_authority(tmp_path: Path) -> None:
    async with echoing(tmp_path / "server") as echo:
        with inspecting(tmp_path / "mitm") as (proxy, authority):
            with pytest.raises(UnavailableError, match="certificate"):
                await says_it_back(echo, WayOut(proxy))
            assert await says_it_back(echo, WayOut(proxy), authority)


async def test_by_a_script_and_on_to_the_next_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with echoing(tmp_path / "server") as echo:
        with tinyproxy(tmp_path / "tiny") as proxy:
            place = proxy.removeprefix("http://")
            script = tmp_path / "proxy.pac"
            script.write_text(
                f"""function FindProxyForURL(url, host) {{
                    if (shExpMatch(host, "127.0.0.*")) return "PROXY 127.0.0.1:{free_port()}; PROXY {place}; DIRECT";
                    return "DIRECT"; }}"""
            )
            out = WayOut(f"pac:{script.as_uri()}")
            assert [str(way) for way in await out.ways(HERE, 443)][1:] == [place, "None"]
            assert await out.ways("elsewhere.example", 443) == (None,)
            assert await says_it_back(echo, out)
            monkeypatch.setenv("https_proxy", proxy)
            assert [str(way) for way in await WayOut().ways(HERE, 443)] == [place]


@pytest.mark.parametrize(
    "script",
    [
        "",
        "function FindProxyForURL(u, h) { while (true) {} }",
        "function FindProxyForURL(u, h) { return 7; }",
        "function FindProxyForURL(u, h) { var a = []; while (true) a.push('x'.repeat(1e6)); }",
        "function FindProxyForURL(u, h) { return 'SOCKS 192.0.2.1:1080'; }",
        "function FindProxyForURL(u, h) { return 'PROXY a b c:99999999'; }",
        "not a script (",
        # what a script must not have: our environment, files, modules
        "function FindProxyForURL(u, h) { return 'PROXY ' + process.env.PATH.length + '.example:80'; }",
        "function FindProxyForURL(u, h) { return call_python('dukpy.load_module', '/etc/passwd')[1] && 'DIRECT'; }",
        "function FindProxyForURL(u, h) { require('/etc/passwd'); return 'DIRECT'; }",
        "function FindProxyForURL(u, h) { return 'PROXY a..b:80'; }",
        "\0" * 1000,
    ],
)
async def test_a_script_of_no_use_is_a_clear_error_in_time(tmp_path: Path, script: str) -> None:
    (tmp_path / "proxy.pac").write_text(script)
    async with asyncio.timeout(12):
        with pytest.raises(UnavailableError):
            await WayOut(f"pac:{(tmp_path / 'proxy.pac').as_uri()}").ways("link.example", 443)


@pytest.mark.parametrize(
    "how", ["socks5://h:1", "http://user:pw@h:1", "http://h", "h", "pac:ftp://x", "http://h:1/path"]
)
def test_what_is_no_way_out_is_refused(how: str) -> None:
    with pytest.raises(UnavailableError):
        WayOut(how)


def test_what_a_script_may_say() -> None:
    ways = list(read_way("PROXY a.example:3128; HTTP b:80;SOCKS c:1;direct; PROXY d:1; PROXY e:1"))
    assert [str(way) for way in ways] == ["a.example:3128", "b:80", "None", "d:1"]


def test_a_proxy_is_written_as_it_can_be_read_again() -> None:
    """So a session's host is told which, and the doctor measures through it."""
    for text in ("[2001:db8::1]:3128", "192.0.2.1:3128", "proxy.example:80"):
        (way,) = read_way(f"PROXY {text}")
        assert str(way) == text
        assert WayOut(f"ways:PROXY {way}")
        assert WayOut(f"http://{way}")


async def test_a_name_and_password_in_the_machines_own_setting_are_used_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with echoing(tmp_path / "server") as echo:
        with squid("basic") as proxy:
            place = proxy.removeprefix("http://")
            monkeypatch.setenv("https_proxy", f"http://pat:open%3A%20sesame@{place}")
            assert await says_it_back(echo, WayOut())
            assert "sesame" not in repr(await WayOut().ways(HERE, 443))
            monkeypatch.setenv("https_proxy", "socks5://pat:S3cret@proxy:1080")
            with pytest.raises(UnavailableError) as refused:
                await WayOut().ways(HERE, 443)
            assert "S3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 407 x\r\nContent-Length: " + b"9" * 5000 + b"\r\nProxy-Authenticate: Basic\r\n\r\n",
        b"HTTP/1.1 407 x\r\nProxy-Authenticate: NTLM !!!\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 407 x\r\nProxy-Authenticate: \x1b[2J\x07\r\n\r\n",
        b"HTTP/1.1 407 x\r\nProxy-Authenticate: Negotiate oWI=\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nmore than should come",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"x" * 100_000,
        b"",
    ],
)
async def test_rubbish_of_a_proxy_is_a_clear_error(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            for _ in range(4):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(answer)
                await writer.drain()
                if not answer:
                    break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    out = WayOut(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", PAT)
    async with asyncio.timeout(10):
        with pytest.raises(UnavailableError) as refused:
            await dial(f"wss://{HERE}:1/x", tls=client_tls(None), max_bytes=100, out=out)
        findings = await found(f"wss://{HERE}:1/x", out, client_tls(None))
    assert findings[-1].stage is Stage.PROXY
    assert str(refused.value).isprintable()
    assert (findings[-1].said + findings[-1].advice).isprintable()
    server.close()


# --- the doctor


async def found(url: str, out: WayOut, tls: ssl.SSLContext | None) -> list[Finding]:
    findings: list[Finding] = []
    is_good = await examine(url, out, tls, findings.append)
    by_way: list[list[Finding]] = []
    for one in findings:
        if one.stage is Stage.WAY:
            by_way.append([])
        by_way[-1].append(one)
    assert is_good == any(all(one.is_good for one in way) for way in by_way)
    assert all(one.advice for one in findings if not one.is_good)
    return findings


async def test_the_doctor_finds_nothing_wrong(tmp_path: Path) -> None:
    async with echoing(tmp_path / "server") as echo:
        with squid("basic") as proxy:
            direct = await found(echo.url, WayOut("direct"), client_tls(echo.ca))
            by_proxy = await found(echo.url, WayOut(proxy, PAT), client_tls(echo.ca))
    assert [one.stage for one in direct if one.is_good] == [
        Stage.WAY, Stage.DNS, Stage.TCP, Stage.TLS, Stage.HTTP, Stage.WEBSOCKET,
    ]  # fmt: skip
    assert [one.stage for one in by_proxy if one.is_good] == [one for one in Stage if one is not Stage.BANDWIDTH]
    assert "issued by lab tests" in direct[3].said


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(answer: bytes | None, tls: ssl.SSLContext | None) -> AsyncIterator[str]:
    """A server that says this after the request, nothing for None, and ends the connection for nothing to say."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer is None:
            await asyncio.sleep(60)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer or b"")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, HERE, 0, ssl=tls)
    yield f"wss://{HERE}:{server.sockets[0].getsockname()[1]}/v1/agent"
    server.close()


@pytest.mark.parametrize(
    ("answer", "stage"),
    [
        (b"", Stage.HTTP),
        (b"rubbish\r\n\r\n", Stage.HTTP),
        (b"HTTP/1.1 403 Forbidden\r\n\r\nblocked by policy", Stage.HTTP),
        (b"x" * 200_000, Stage.HTTP),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", Stage.WEBSOCKET),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", Stage.WEBSOCKET),
        (b"HTTP/1.1 101 Welcome\r\n\r\n", Stage.WEBSOCKET),
        (b"HTTP/1.1 101 Welcome\r\nSec-WebSocket-Accept: c2FpZCBieSBhbnlib2R5\r\n\r\n", Stage.WEBSOCKET),
        (b"HTTP/1.1 302 Found\r\nLocation: https://portal/\r\n\r\n", Stage.WEBSOCKET),
    ],
)
async def test_the_doctor_names_what_answers_in_our_place(tmp_path: Path, answer: bytes, stage: Stage) -> None:
    cert, key = certificate(tmp_path)
    async with answering(answer, server_tls(cert, key)) as url:
        last = (await found(url, WayOut("direct"), client_tls(cert)))[-1]
    assert (last.stage, last.is_good) == (stage, False)
    assert ("vendor" if b"503" in answer else HERE) in last.advice


async def test_the_doctor_names_the_stage_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchside.transport.doctor.STAGE_WITHIN_S", 3.0)
    tls = client_tls(None)
    direct = WayOut("direct")
    shut = f"wss://{HERE}:{free_port()}/v1/agent"

    async def last(url: str, out: WayOut, tls: ssl.SSLContext = tls) -> Finding:
        return (await found(url, out, tls))[-1]

    assert (await last("wss://nowhere.invalid/v1/agent", direct)).stage is Stage.DNS
    assert (await last(shut, direct)).stage is Stage.TCP
    assert (await last(shut, WayOut(f"http://127.0.0.1:{free_port()}"))).stage is Stage.TCP
    assert (await last(shut, WayOut("http://nowhere.invalid:8080"))).stage is Stage.DNS
    async with answering(None, None) as silent:
        assert (await last(silent, direct)).stage is Stage.TLS
        there = silent.removeprefix("wss://").removesuffix("/v1/agent")
        assert (await last(shut, WayOut(f"http://{there}"))).stage is Stage.PROXY  # no proxy at all
    async with answering(b"HTTP/1.1 400 plain\r\n\r\n", None) as plain:
        assert (await last(plain, direct)).stage is Stage.TLS
    async with echoing(tmp_path / "server") as echo:
        untrusted = await last(echo.url, direct)
        assert (untrusted.stage, "lab tests" in untrusted.said) == (Stage.TLS, True)
        with squid("deny") as proxy:
            assert (await last(echo.url, WayOut(proxy))).stage is Stage.PROXY
        with squid("basic") as proxy:
            wanted = await last(echo.url, WayOut(proxy))
            assert (wanted.stage, "basic" in wanted.advice) == (Stage.PROXY, True)
            wrong = await last(echo.url, WayOut(proxy, Credentials("pat", "wrong")))
            assert (wrong.stage, "wrong" in wrong.said + wrong.advice) == (Stage.PROXY, False)
            unknown = await last("wss://nowhere.invalid/v1/agent", WayOut(proxy, PAT))
            assert (unknown.stage, "itself" in unknown.advice) == (Stage.PROXY, True), unknown
        with inspecting(tmp_path / "mitm") as (proxy, _):
            inspected = await last(echo.url, WayOut(proxy), client_tls(echo.ca))
            assert (inspected.stage, "mitmproxy" in inspected.said) == (Stage.TLS, True)
    async with echoing(tmp_path / "other", address="127.0.0.3") as elsewhere:
        assert "Another server" in (await last(elsewhere.url, direct, client_tls(elsewhere.ca))).advice
    async with echoing(tmp_path / "old", days=-1) as old:
        assert "clock" in (await last(old.url, direct, client_tls(old.ca))).advice
