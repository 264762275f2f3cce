"""Tests the way to one endpoint in stages, and names the first that fails and what to tell the network team.

Each stage is what the one before made possible: a name, a connection, the proxy's leave, TLS, HTTP, a WebSocket, and
how fast it is.  All ways of a network and all addresses of a name are tried, since programs and moments take another.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from cryptography import x509

from benchside.protocol.errors import PeerError, UnavailableError
from benchside.protocol.wire.measure import MEASURE_PATH
from benchside.protocol.wire.text import clean
from benchside.transport.bandwidth import NotMeasuredError, measure
from benchside.transport.proxy import ProxyFault, open_tunnel
from benchside.transport.threads import in_thread
from benchside.transport.upgrade import is_accepted, make_key, upgrade_request
from benchside.transport.way_out import Way, WayOut

__all__ = ["Finding", "Stage", "examine"]

STAGE_WITHIN_S = 10.0
"""Of each stage; a firewall that drops packets silently answers nothing for minutes."""
CONNECT_WITHIN_S = 5.0
"""Of all addresses of a name together."""
MAX_ADDRESSES = 8
"""Of one name; large providers give four of each family."""
MAX_SHOWN = 4
SESSION_PATH = "/v1/relay"


class Stage(StrEnum):
    """In the order in which they are tried."""

    WAY = "way"
    DNS = "dns"
    TCP = "tcp"
    PROXY = "proxy"
    TLS = "tls"
    HTTP = "http"
    WEBSOCKET = "websocket"
    BANDWIDTH = "bandwidth"


@dataclass(frozen=True)
class Finding:
    """What a stage came to.  `advice`: for the hospital's network team, where it failed or is not as it should be."""

    stage: Stage
    is_good: bool
    said: str
    took_s: float
    advice: str = ""


class _Fault(Exception):
    def __init__(self, said: str, advice: str) -> None:
        super().__init__(said)
        self.said, self.advice = said, advice


@dataclass(frozen=True)
class _Said:
    """A success with something to tell all the same."""

    said: str
    advice: str = ""


async def examine(url: str, out: WayOut, tls: ssl.SSLContext | None, tell: Callable[[Finding], None]) -> bool:
    """Try `url` (wss or ws, with the path of a WebSocket) by each of its ways; `tell` hears each stage as it ends.

    True when one way is good, as our programs take the next where one fails.  Never raises for what the network does.
    """
    started = time.monotonic()
    parts = urlsplit(url)
    try:
        ways = await out.ways(parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80))
    except UnavailableError as error:
        advice = "Check the proxy settings of this PC, or the script that they name."
        if out.script_fault:
            advice += " An agent that runs goes on by the script that it fetched last, until it is started again."
        tell(Finding(Stage.WAY, False, str(error), time.monotonic() - started, advice))
        return False
    is_good = False
    for number, way in enumerate(ways):
        said = "directly" if way is None else f"by the proxy {way}"
        shown = said if len(ways) == 1 else f"{said} ({number + 1} of {len(ways)} ways)"
        old = f", by the script that was fetched before: {out.script_fault}" if out.script_fault else ""
        advice = "Let this PC fetch the script that its proxy settings name: it may say another way." if old else ""
        tell(Finding(Stage.WAY, True, shown + old, time.monotonic() - started, advice))
        is_good = await _examine_way(_Visit(url, way, out, tls), tell) or is_good
        started = time.monotonic()
    return is_good


async def _examine_way(visit: _Visit, tell: Callable[[Finding], None]) -> bool:
    try:
        for stage, act in visit.stages():
            started = time.monotonic()
            try:
                async with asyncio.timeout(STAGE_WITHIN_S):
                    said = await act()
            except TimeoutError:
                fault = visit.silence(stage)
            except _Fault as found:
                fault = found
            except Exception as error:  # whatever comes from a network is a finding
                fault = _Fault(f"what comes back cannot be read ({type(error).__name__})", visit.silence(stage).advice)
            else:
                if said is not None:
                    tell(Finding(stage, True, said.said, time.monotonic() - started, said.advice))
                continue
            tell(Finding(stage, False, fault.said, time.monotonic() - started, fault.advice))
            return False
        return True
    finally:
        visit.close()


class _Visit:
    """One try, from nothing to an open WebSocket."""

    def __init__(self, url: str, way: Way, out: WayOut, tls: ssl.SSLContext | None) -> None:
        parts = urlsplit(url)
        self._url = url
        self._host, self._path = parts.hostname or "", parts.path or "/"
        self._port = parts.port or (443 if parts.scheme == "wss" else 80)
        self._tls = tls if parts.scheme == "wss" else None
        self._out = out
        self._way = way
        self._addresses: list[tuple[int, str, int]] = []
        self._socket: socket.socket | None = None
        self._at = ("", 0)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._answer = ""
        self._key = make_key()

    def stages(self) -> list[tuple[Stage, Callable[[], Awaitable[_Said | None]]]]:
        """Each gives the sentence of its success, or None where there was nothing to do."""
        return [
            (Stage.DNS, self._look_up),
            (Stage.TCP, self._connect),
            (Stage.PROXY, self._pass_proxy),
            (Stage.TLS, self._start_tls),
            (Stage.HTTP, self._ask),
            (Stage.WEBSOCKET, self._judge_upgrade),
            (Stage.BANDWIDTH, self._measure),
        ]

    def close(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
        elif self._socket is not None:
            self._socket.close()

    @property
    def _target(self) -> str:
        return f"{self._host}:{self._port}"

    def silence(self, stage: Stage) -> _Fault:
        """What it means that a stage did not end in time."""
        advice = {
            Stage.DNS: "The name server does not answer. Check the PC's name servers.",
            Stage.TCP: f"Nothing answers: a firewall drops the packets. {self._allow()}",
            Stage.PROXY: f"The proxy does not answer to CONNECT. Let it connect to {self._target}.",
            Stage.TLS: f"The connection opens but TLS does not begin: something between inspects it. {self._except()}",
            Stage.HTTP: f"TLS is fine but no HTTP comes back. {self._except()}",
            Stage.WEBSOCKET: f"No WebSocket is opened. {self._except()}",
        }.get(stage, "Check the proxy settings of this PC.")
        return _Fault(f"no answer within {STAGE_WITHIN_S:.0f} s", advice)

    async def _look_up(self) -> _Said:
        host, port = (self._host, self._port) if self._way is None else (self._way.host, self._way.port)
        try:
            # not the loop's own threads: the program would wait at its end for a name server that says nothing
            found = await in_thread(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), "names")
        except OSError as error:
            raise _Fault(
                f"the name {host} is not known",
                f"Let the PC's name servers resolve {host}"
                + (", or set a proxy that does." if self._way is None else "; it is this PC's proxy."),
            ) from error
        found_here = dict.fromkeys((int(each[0]), str(each[4][0]), port) for each in found)
        self._addresses = list(found_here)[:MAX_ADDRESSES]
        return _Said(f"{host} is {', '.join(each[1] for each in self._addresses[:MAX_SHOWN])}")

    async def _connect(self) -> _Said | None:
        """Try all addresses at once; go on with the first of them that answered."""
        tried = [asyncio.create_task(_connected(each)) for each in self._addresses]
        try:
            await asyncio.wait(tried, timeout=CONNECT_WITHIN_S)
        finally:
            for one in tried:
                one.cancel()
        await asyncio.gather(*tried, return_exceptions=True)
        answered, silent, refused = [], [], False
        for (_, address, port), one in zip(self._addresses, tried, strict=True):
            if one.cancelled() or (error := one.exception()) is not None:
                refused = refused or (not one.cancelled() and isinstance(error, ConnectionRefusedError))
                silent.append(address)
                continue
            answered.append(address)
            if self._socket is None:
                self._socket, self._at = one.result(), (address, port)
            else:
                one.result().close()
        if self._socket is None:
            raise self._unconnected(refused)
        said = f"connected to {', '.join(answered[:MAX_SHOWN])} port {self._at[1]}"
        if not silent:
            return _Said(said)
        return _Said(
            f"{said}; not to {', '.join(silent[:MAX_SHOWN])}",
            f"Allow outbound TCP to {', '.join(silent[:MAX_SHOWN])} too, or let name servers leave it out: whoever "
            "takes it first has to wait.",
        )

    def _unconnected(self, refused: bool) -> _Fault:
        where = self._target if self._way is None else f"the proxy at {self._way}"
        return _Fault(
            f"{where} {'refuses the connection' if refused else 'cannot be reached'}",
            self._allow() if self._way is None else f"Check that the proxy at {self._way} runs.",
        )

    async def _pass_proxy(self) -> _Said | None:
        if self._way is None:
            return None
        assert self._socket is not None
        self._socket.close()  # the tunnel opens its own: NTLM wants a connection from its first byte
        self._socket = None
        try:
            self._socket = await open_tunnel(self._way, self._host, self._port, self._out.credentials)
        except ProxyFault as error:
            raise _Fault(str(error), self._proxy_advice(error)) from error
        except UnavailableError as error:
            raise _Fault(str(error), f"Check that the proxy at {self._way} runs.") from error
        return _Said(f"the proxy connects to {self._target}")

    def _proxy_advice(self, error: ProxyFault) -> str:
        if error.status == 407:
            ways = f" (it offers {', '.join(error.schemes)})" if error.schemes else ""
            return (
                f"Let the proxy pass {self._target} without a log-in{ways}, or set proxy_user and "
                "proxy_password_file in agent.toml."
            )
        if error.status >= 500:
            return f"The proxy cannot reach {self._target} itself: check its name servers and its own way out."
        return f"Let the proxy connect (CONNECT) to {self._target}."

    async def _start_tls(self) -> _Said | None:
        assert self._socket is not None
        raw, self._socket = self._socket, None
        if self._tls is None:
            self._reader, self._writer = await asyncio.open_connection(sock=raw)
            return None
        try:
            self._reader, self._writer = await asyncio.open_connection(
                sock=raw, ssl=self._tls, server_hostname=self._host
            )
        except ssl.SSLCertVerificationError as error:
            raise await self._certificate_fault(error) from error
        except (ssl.SSLError, OSError) as error:
            raise _Fault(
                f"TLS fails: {getattr(error, 'reason', None) or type(error).__name__}",
                f"Something between does not let TLS 1.2 or newer pass. {self._except()}",
            ) from error
        shown = self._writer.get_extra_info("ssl_object")
        issuer = _issuer(shown.getpeercert(True))
        return _Said(f"{shown.version()}, certificate issued by {issuer}")

    async def _certificate_fault(self, error: ssl.SSLCertVerificationError) -> _Fault:
        issuer = await self._unchecked_issuer()
        said = f"the certificate is not trusted ({error.verify_message}); it was issued by {issuer}"
        if error.verify_code in (9, 10):  # not yet valid, expired (X509_V_ERR_CERT_NOT_YET_VALID, _HAS_EXPIRED)
            return _Fault(said, "Check this PC's clock first; if it is right, the server's certificate is out of date.")
        if error.verify_code in (62, 64):  # X509_V_ERR_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH
            return _Fault(said, f"Another server answers for {self._host}: check name servers and redirections.")
        return _Fault(
            said,
            f"If {issuer} is your own inspection of TLS: except {self._host} from it, or give this PC its authority "
            "(ca_file in agent.toml). Sessions stay end-to-end encrypted either way.",
        )

    async def _unchecked_issuer(self) -> str:
        """Who issued what is shown there, whether trusted or not; nothing is sent over this connection."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            tunnel = await self._out.socket(self._way, self._host, self._port)
            where = {"sock": tunnel} if tunnel is not None else {"host": self._host, "port": self._port}
            _, writer = await asyncio.open_connection(**where, ssl=context, server_hostname=self._host)
        except (OSError, UnavailableError):
            return "somebody unknown"
        issuer = _issuer(writer.get_extra_info("ssl_object").getpeercert(True))
        writer.transport.abort()
        return issuer

    async def _ask(self) -> _Said:
        """Ask for a WebSocket (RFC 6455, 4.1); this stage is about whether HTTP comes back at all."""
        assert self._reader is not None
        assert self._writer is not None
        self._writer.write(upgrade_request(self._target, self._path, self._key))
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError) as error:
            raise _Fault("the connection ends instead of an answer", self._except()) from error
        self._answer = head.decode("latin-1")
        match = re.match(r"HTTP/1\.[01] (\d{3})", self._answer)
        if match is None:
            raise _Fault("what comes back is no HTTP", self._except())
        if match[1] in ("403", "407", "451", "511"):
            advice = f"A filter blocks the address. {self._except()}"
            raise _Fault(f"a page that blocks comes back ({match[1]})", advice)
        return _Said(f"HTTP answers with {match[1]}")

    async def _judge_upgrade(self) -> _Said:
        status = self._answer.split(" ", 2)[1]
        if status.startswith(("404", "5")):
            raise _Fault(
                f"the server is reached but does not serve now ({status[:3]})",
                "As far as this shows nothing is to change in your network: tell the vendor, whose server or gateway "
                "answers so.",
            )
        if not status.startswith("101"):
            raise _Fault(
                "the connection is not upgraded to a WebSocket",
                f"Something between does not let WebSockets pass. {self._except()}",
            )
        if not is_accepted(self._answer, self._key):
            raise _Fault(
                "a WebSocket is said to open, but not by our server",
                f"Something between answers in the server's place. {self._except()}",
            )
        return _Said("a WebSocket opens")

    async def _measure(self) -> _Said | None:
        if self._path != SESSION_PATH:
            return None  # of the cloud plane nothing large is wanted
        out = WayOut("direct")
        if self._way is not None:
            out = WayOut(f"http://{self._way}", self._way.credentials or self._out.credentials)
        if self._writer is not None:
            self._writer.transport.abort()  # what was asked there has been answered
        url = self._url.removesuffix(SESSION_PATH) + MEASURE_PATH
        try:
            line = await measure(url, tls=self._tls, out=out)
        except NotMeasuredError as error:
            return _Said(f"not measured: {clean(str(error), 120)}")
        except (UnavailableError, PeerError) as error:
            raise _Fault(f"the line ended while it was measured: {clean(str(error), 120)}", self._except()) from error
        if line.is_good:
            return _Said(f"{line}: good")
        wanted = f"Give this PC at least 6 Mbit/s in both directions to {self._host}, and let nothing slow it down"
        if line.is_usable:
            return _Said(f"{line}: usable, with coarser pictures", f"{wanted} (2 Mbit/s is the least).")
        raise _Fault(f"{line}: too slow for a session", f"{wanted}; below 2 Mbit/s nobody can work over it.")

    def _allow(self) -> str:
        return f"Allow outbound TCP from this PC to {self._host}, port {self._port}."

    def _except(self) -> str:
        return f"Except {self._host} from inspection and filtering, and let WebSockets over TLS pass."


async def _connected(where: tuple[int, str, int]) -> socket.socket:
    family, address, port = where
    one = socket.socket(family, socket.SOCK_STREAM)
    one.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(one, (address, port))
    except BaseException:
        one.close()
        raise
    return one


def _issuer(certificate: bytes | None) -> str:
    """The issuer's name in a certificate that anybody may have made: short, and one line."""
    with contextlib.suppress(ValueError):
        name = x509.load_der_x509_certificate(certificate or b"").issuer
        for kind in (x509.NameOID.ORGANIZATION_NAME, x509.NameOID.COMMON_NAME):
            found = name.get_attributes_for_oid(kind)
            if found:
                return clean(str(found[0].value), 80) or "somebody without a name"
    return "somebody without a name"
