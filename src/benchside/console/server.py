"""The server as this program speaks to it: what a page may ask goes there, and what a page may get comes back."""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore
import msgspec
from starlette.responses import Response, StreamingResponse

from benchside.console.calls import PROPOSAL, SSO_START, STREAM
from benchside.console.dial import Ways
from benchside.console.visits import Visit
from benchside.protocol.errors import PeerError, PeerFault, UnavailableError
from benchside.protocol.wire.text import clean
from benchside.transport.way_out import WayOut
from benchside.transport.web.package import SSO_CALLBACK, package_fields

__all__ = ["About", "Server", "is_loopback"]

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 15.0
FILE_WITHIN_S = 120.0
"""Of a table or a policy that is taken in.  Both as the pages themselves wait."""
CONNECT_WITHIN_S = 10.0
SILENCE_S = 45.0
"""Of the live queue, which says something every fifteen seconds."""
KEPT_S = 2.0
"""Much shorter than the server keeps an idle connection (5 s): nothing goes out on one that is just closed.  It counts
from when the answer was sent, we from when it was read; what a page asks to be changed cannot be asked again."""
MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""The list of as many people as a policy can name (20,000, of some 600 bytes); a page of the history has 100 KiB."""
MAX_CONNECTIONS = 64
"""Twenty tabs with a live queue each, and what they ask meanwhile."""
MAX_QUERY_CHARS = 4000
MAX_LOCATION_CHARS = 4000
_PASSED_ON = ("accept", "content-type", "if-match", "if-none-match", "last-event-id", "x-benchside")
"""Fields of a page that the server gets; nothing that tells of the browser."""
_CHOSEN = re.compile(r"[a-z]{2}")
"""A language as pages have it: a mail may follow in it."""
_JSON, _EVENTS, _FILE = "application/json", "text/event-stream", "application/octet-stream"
_RELAY = re.compile(r"(wss?)://((?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}|\[[0-9A-Fa-f:]{2,45}\])(:[0-9]{1,5})?")
_PLAIN = re.compile(r"[\x21-\x7e]*")


class About(msgspec.Struct, frozen=True):
    """Which server this is, in its own words."""

    server_name: str
    region: str
    relay_origin: str


@dataclass(frozen=True)
class _Answer:
    status: int
    fields: list[tuple[str, str]]
    body: httpcore.Response

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.fields if each == name]

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")


class Server:
    """One server.  No redirect is followed, no cookie shared between browsers, and no page of its own let through."""

    def __init__(self, url: str, *, tls: ssl.SSLContext | None, out: WayOut, version: str, port: int) -> None:
        """`url`: https://HOST[:PORT], or http on loopback; `port`: ours, to which a sign-in at a provider returns."""
        self.url = url
        self._is_local = is_loopback(urlsplit(url).hostname or "")
        self._fields = package_fields(version, port)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls, max_connections=MAX_CONNECTIONS, keepalive_expiry=KEPT_S, network_backend=Ways(out)
        )

    async def close(self) -> None:
        """End all connections."""
        await self._pool.aclose()

    async def about(self) -> About:
        """Ask which server this is; UnavailableError when it is away, PeerError when it says what cannot be."""
        answer = await self._send("GET", "/api/about", {"accept": _JSON}, b"", ANSWER_WITHIN_S)
        content = await _whole(answer)
        if answer.status != 200:
            raise UnavailableError(f"expected 200 from the server, got {answer.status}")
        try:
            said = msgspec.json.decode(content, type=About)
        except msgspec.MsgspecError as error:
            raise PeerError(PeerFault.MALFORMED, "expected what a server says of itself, got other content") from error
        relay = _RELAY.fullmatch(said.relay_origin)
        # it goes into the content policy: a name with a semicolon or a star in it would open that
        if relay is None or (relay[1] == "ws" and not is_loopback(relay[2])):
            raise PeerError(PeerFault.MALFORMED, "expected a relay as wss://HOST[:PORT], got something else")
        return About(clean(said.server_name, 80), clean(said.region, 20), said.relay_origin)

    async def pass_on(
        self, visit: Visit, method: str, path: str, query: str, fields: Mapping[str, str], body: bytes
    ) -> Response:
        """Ask this for a page, and return what the page gets; UnavailableError, PeerError."""
        if len(query) > MAX_QUERY_CHARS or not _PLAIN.fullmatch(query):
            raise PeerError(PeerFault.MALFORMED, "expected a short query of plain characters, got another")
        given = {name: fields[name] for name in _PASSED_ON if name in fields}
        if _CHOSEN.fullmatch(fields.get("accept-language", "")):  # the pages'; a browser's own list says more
            given["accept-language"] = fields["accept-language"]
        if cookies := visit.shown():
            given["cookie"] = cookies
        is_file = fields.get("content-type") == _FILE
        within_s = SILENCE_S if path == STREAM else FILE_WITHIN_S if is_file else ANSWER_WITHIN_S
        answer = await self._send(method, f"{path}?{query}" if query else path, given, body, within_s)
        visit.keep(answer.all("set-cookie"))
        if path in (SSO_START, SSO_CALLBACK):
            return await self._sent_on(answer, path)
        kind = answer.first("content-type").partition(";")[0].strip().lower()
        if path == STREAM and answer.status == 200 and kind == _EVENTS:
            return StreamingResponse(_parts(answer.body), media_type=_EVENTS)
        content = await _whole(answer)
        if path == PROPOSAL and answer.status == 200 and kind == _FILE:
            name = {"Content-Disposition": 'attachment; filename="benchside.proposal"'}
            return Response(content, media_type=_FILE, headers=name)
        if 300 <= answer.status < 400 or not (kind == _JSON or (not content and not kind)):
            raise PeerError(PeerFault.MALFORMED, "expected JSON of the server, got something else")
        shown = Response(content, answer.status, media_type=kind or None)
        if answer.first("retry-after").isdecimal():
            shown.headers["Retry-After"] = answer.first("retry-after")[:6]
        return shown

    async def _sent_on(self, answer: _Answer, path: str) -> Response:
        """To the provider, or back to our own pages: the two redirects that a browser has to follow itself."""
        await _whole(answer)
        where = answer.first("location")
        is_plain = len(where) <= MAX_LOCATION_CHARS and _PLAIN.fullmatch(where) is not None and "\\" not in where
        is_ours = where.startswith("/") and not where.startswith("//")
        if answer.status != 303 or not is_plain or not (is_ours or (path == SSO_START and self._is_provider(where))):
            raise PeerError(PeerFault.MALFORMED, "expected the way to a provider or back, got something else")
        return Response(status_code=303, headers={"Location": where})

    def _is_provider(self, where: str) -> bool:
        try:
            parts = urlsplit(where)
        except ValueError:
            return False
        return parts.scheme == "https" or (
            parts.scheme == "http" and self._is_local and is_loopback(parts.hostname or "")
        )

    async def _send(self, method: str, target: str, fields: Mapping[str, str], body: bytes, within_s: float) -> _Answer:
        limits = {"connect": CONNECT_WITHIN_S, "read": within_s, "write": ANSWER_WITHIN_S, "pool": CONNECT_WITHIN_S}
        sent: dict[str, str] = {**fields, **self._fields, "host": urlsplit(self.url).netloc}
        if body or method in ("POST", "PUT"):
            sent["content-length"] = str(len(body))
        request = httpcore.Request(
            method,
            self.url + target,
            headers=[
                (name.encode("ascii", "replace"), value.encode("latin-1", "replace")) for name, value in sent.items()
            ],
            content=body,
            extensions={"timeout": limits},
        )
        try:
            got = await self._pool.handle_async_request(request)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            logger.info("the server cannot be reached", extra={"why": str(error)})
            raise UnavailableError(f"the server cannot be reached: {type(error).__name__}: {error}") from error
        return _Answer(
            got.status, [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in got.headers], got
        )


def is_loopback(host: str) -> bool:
    """Whether a name is this machine's own."""
    return host.lower() in ("localhost", "127.0.0.1", "::1", "[::1]")


async def _whole(answer: _Answer) -> bytes:
    content = bytearray()
    async for part in _parts(answer.body):
        content += part
        if len(content) > MAX_ANSWER_BYTES:
            raise PeerError(PeerFault.TOO_LARGE, f"expected at most {MAX_ANSWER_BYTES} bytes of the server, got more")
    return bytes(content)


async def _parts(body: httpcore.Response) -> AsyncIterator[bytes]:
    try:
        async for part in body.aiter_stream():
            yield part
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
        raise UnavailableError(f"the server ended its answer: {type(error).__name__}") from error
    finally:
        await body.aclose()
