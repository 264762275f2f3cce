"""Through a proxy: CONNECT (RFC 9110, 9.3.6), with Basic (RFC 7617), NTLM or Negotiate (RFC 4559) where it asks."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import socket
from dataclasses import dataclass, field

from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.text import clean
from benchside.transport.challenges import Challenge, read_challenges

__all__ = ["Credentials", "Proxy", "ProxyFault", "open_tunnel"]

MAX_HEAD_BYTES = 32 * 1024
"""A proxy's page of headers; Negotiate tickets of large domains have up to 16 KiB."""
MAX_BODY_BYTES = 256 * 1024
"""A page that says why not; it has to be read before the next leg of NTLM on the same connection."""
MAX_LEGS = 4
"""NTLM has two, Kerberos one or two."""
_SCHEMES = ("negotiate", "ntlm", "basic")
_LENGTH = re.compile(r"\d{1,9}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")


class ProxyFault(UnavailableError):
    """The proxy is there and does not let us through; `status` is its answer, 0 when it was no HTTP."""

    def __init__(self, status: int, text: str, schemes: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.schemes = schemes
        """Ways to authenticate that it offered, lower case."""


@dataclass(frozen=True)
class Credentials:
    """What this PC has for proxies that ask; `user` may carry a domain, DOMAIN\\user."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Proxy:
    """Where a proxy is.  Spoken to in the clear: what goes through it is TLS between PC and server."""

    host: str
    port: int
    credentials: Credentials | None = None
    """Of this proxy alone, where the machine's own setting carries them."""

    def __str__(self) -> str:
        """As it is written in an address or a script's answer: the brackets tell an IPv6 address from the port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass
class _Head:
    status: int
    fields: list[tuple[str, str]]
    is_old: bool
    """HTTP/1.0: the connection ends unless it says otherwise."""

    def all(self, name: str) -> list[str]:
        return [value for field_name, value in self.fields if field_name == name]

    def challenges(self) -> tuple[Challenge, ...]:
        return read_challenges(self.all("proxy-authenticate"))


async def open_tunnel(proxy: Proxy, host: str, port: int, credentials: Credentials | None) -> socket.socket:
    """Return a connected socket whose other end is `host`; UnavailableError, or ProxyFault when the proxy says no.

    May be cancelled; whoever calls sets the time that it may take.
    """
    shown = f"[{host}]" if ":" in host else host
    if not _HOST.fullmatch(shown):
        raise UnavailableError("expected a host name, got other characters")
    tunnel = _Tunnel(proxy, f"{shown}:{port}")
    try:
        await tunnel.open(proxy.credentials or credentials)
        return tunnel.give()
    except (UnavailableError, OSError):
        raise
    except Exception as error:  # whatever a proxy may say, it is no reason for a service to end
        raise UnavailableError(f"expected HTTP of the proxy, got what ends in {type(error).__name__}") from error
    finally:
        tunnel.close()


class _Tunnel:
    def __init__(self, proxy: Proxy, target: str) -> None:
        self._proxy = proxy
        self._target = target
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._read = bytearray()

    def give(self) -> socket.socket:
        given, self._socket = self._socket, None
        assert given is not None
        return given

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def open(self, credentials: Credentials | None) -> None:
        head = await self._ask(None)
        if head.status != 407:
            self._judge(head)
            return
        schemes = tuple(dict.fromkeys(clean(one.scheme, 20) for one in head.challenges()))
        if credentials is None:
            raise ProxyFault(407, "the proxy wants a name and a password, and none are set", schemes)
        known = [one for one in _SCHEMES if one in schemes]
        if not known:
            offered = ", ".join(schemes) or "nothing"
            raise ProxyFault(407, f"the proxy offers only ways to authenticate unknown here: {offered}", schemes)
        for scheme in known:
            try:
                self._judge(await self._authenticated(scheme, credentials), schemes)
                return
            except ProxyFault as fault:
                # one that takes Negotiate for Kerberos alone may still take a password
                if fault.status != 407 or scheme == known[-1]:
                    raise
            self.close()

    async def _authenticated(self, scheme: str, credentials: Credentials) -> _Head:
        if scheme != "basic":
            return await self._negotiate(scheme, credentials)
        pair = base64.b64encode(f"{credentials.user}:{credentials.password}".encode()).decode()
        return await self._ask(f"Basic {pair}")

    async def _negotiate(self, scheme: str, credentials: Credentials) -> _Head:
        """Legs on one connection, each an answer to the proxy's challenge."""
        import spnego  # only where a proxy wants it

        try:
            context = spnego.client(
                credentials.user, credentials.password, hostname=self._proxy.host, service="HTTP",
                protocol="ntlm" if scheme == "ntlm" else "negotiate",
            )  # fmt: skip
            token = context.step()
            for _ in range(MAX_LEGS):
                said = base64.b64encode(token or b"").decode()
                head = await self._ask(f"{scheme.capitalize() if scheme != 'ntlm' else 'NTLM'} {said}")
                if head.status != 407:
                    return head
                challenge = _challenge(head, scheme)
                if challenge is None or context.complete:
                    return head
                token = context.step(challenge)
        except (UnavailableError, OSError):
            raise
        except Exception as error:  # SPNEGO's own errors, and what its parser makes of rubbish
            raise ProxyFault(407, f"the proxy's {scheme} cannot be answered: {type(error).__name__}") from error
        return head

    def _judge(self, head: _Head, schemes: tuple[str, ...] = ()) -> None:
        if 200 <= head.status < 300:
            return
        if head.status == 407:
            raise ProxyFault(407, "the proxy does not take the name and password that are set", schemes)
        raise ProxyFault(head.status, f"the proxy answered {head.status} to a connection to {self._target}")

    async def _ask(self, authorization: str | None) -> _Head:
        if self._socket is None:
            await self._connect()
        lines = [f"CONNECT {self._target} HTTP/1.1", f"Host: {self._target}", "Proxy-Connection: keep-alive"]
        if authorization is not None:
            lines.append(f"Proxy-Authorization: {authorization}")
        assert self._socket is not None
        try:
            await self._loop.sock_sendall(self._socket, ("\r\n".join(lines) + "\r\n\r\n").encode())
            head = await self._head()
            if not 200 <= head.status < 300:
                await self._pass_body(head)
        except OSError as error:
            if isinstance(error, UnavailableError):
                raise
            raise ProxyFault(0, f"the proxy at {self._proxy} ended the connection") from error
        return head

    async def _connect(self) -> None:
        found = await self._loop.getaddrinfo(self._proxy.host, self._proxy.port, type=socket.SOCK_STREAM)
        last: OSError | None = None
        for family, kind, number, _, address in found:
            one = socket.socket(family, kind, number)
            one.setblocking(False)
            try:
                await self._loop.sock_connect(one, address)
            except OSError as error:
                one.close()
                last = error
                continue
            except BaseException:
                one.close()
                raise
            self._socket = one
            self._read.clear()
            return
        raise UnavailableError(f"the proxy at {self._proxy} cannot be reached: {last}") from last

    async def _head(self) -> _Head:
        while b"\r\n\r\n" not in self._read:
            if len(self._read) > MAX_HEAD_BYTES:
                raise ProxyFault(0, f"expected a short answer of the proxy at {self._proxy}, got more")
            await self._more()
        head, _, rest = bytes(self._read).partition(b"\r\n\r\n")
        self._read = bytearray(rest)
        first, *lines = head.decode("latin-1").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.[01] (\d{3})(?: .*)?", first)
        if match is None:
            raise ProxyFault(0, f"expected HTTP of the proxy at {self._proxy}, got something else")
        fields = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        status = int(match[1])
        if 200 <= status < 300 and self._read:
            raise ProxyFault(0, "expected nothing before TLS begins, got something")
        return _Head(status, fields, first.startswith("HTTP/1.0"))

    async def _pass_body(self, head: _Head) -> None:
        """Read what stands behind a refusal, or give the connection up where its length is not said."""
        length = next(iter(head.all("content-length")), "")
        said = " ".join(head.all("connection") + head.all("proxy-connection")).lower()
        is_kept = "keep-alive" in said if head.is_old else "close" not in said
        if not _LENGTH.fullmatch(length) or int(length) > MAX_BODY_BYTES or not is_kept:
            self.close()
            return
        while len(self._read) < int(length):
            await self._more()
        del self._read[: int(length)]

    async def _more(self) -> None:
        assert self._socket is not None
        data = await self._loop.sock_recv(self._socket, 16 * 1024)
        if not data:
            raise ProxyFault(0, f"the proxy at {self._proxy} ended the connection")
        self._read += data


def _challenge(head: _Head, scheme: str) -> bytes | None:
    for one in head.challenges():
        if one.scheme == scheme and one.rest:
            with contextlib.suppress(ValueError):
                return base64.b64decode(one.rest, validate=True)
    return None
