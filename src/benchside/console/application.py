"""What answers on loopback: the one-time address, the console's files, and the server's API behind the gate."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from benchside.console.calls import REPORT, is_call
from benchside.console.gate import Fault, Gate
from benchside.console.server import About, Server
from benchside.console.visits import Visits
from benchside.protocol.errors import BenchsideError, PeerError
from benchside.transport.web.files import ConsoleFiles
from benchside.transport.web.headers import cache_rule, most_bytes, page_headers

__all__ = ["Application"]

logger = logging.getLogger(__name__)

BODY_WITHIN_S = 15.0
ABOUT_FOR_S = 60.0
"""For so long the server is not asked again which relay it has."""


class Application:
    """An ASGI application for one server and one person."""

    def __init__(self, server: Server, files: ConsoleFiles, port: int, invited: Callable[[str], None]) -> None:
        """`invited` is told each new one-time address: the first, and another whenever one was used."""
        self._server = server
        self._files = files
        self._gate = Gate(port)
        self._cookie = f"benchside_console_{port}"  # cookies do not know of ports
        self._visits = Visits()
        self._invited = invited
        self._about: About | None = None
        self._asked_at: float | None = None
        self._reports = 0

    def invite(self) -> None:
        """Make a new one-time address."""
        self._invited(f"{self._gate.origin}/enter?once={self._visits.invite()}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        answer = await self._answer(request)
        relay = self._about.relay_origin if self._about else ""
        for name, value in page_headers(relay, is_https=False).items():
            answer.headers[name] = value
        answer.headers["Cache-Control"] = cache_rule(request.url.path, answer.status_code)
        try:
            await answer(scope, receive, send)
        except PeerError as error:
            logger.warning("what the server says cannot be read", extra={"why": str(error)})
        except BenchsideError as error:
            logger.info("an answer of the server ended", extra={"why": str(error)})

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        refusal = self._gate.refusal(request.method, path, request.headers)
        if refusal is not None:
            return _fault(refusal)
        if path == "/enter":
            return self._enter(request)
        if not path.startswith("/api/"):
            if not path.startswith("/assets/"):
                await self._learn()
            return await self._files.serve(request)
        if path == REPORT:
            return self._reported()
        return await self._call(request, path)

    def _enter(self, request: Request) -> Response:
        """Take the one-time address for a cookie.  A wrong one leads to the page too, which says what to do."""
        answer = RedirectResponse("/", 303)
        token = self._visits.enter(request.query_params.get("once", "")) if request.method == "GET" else None
        if token is not None:
            # lax: the way back from a provider is a link on another site's page; all else is the gate's
            answer.set_cookie(self._cookie, token, path="/", httponly=True, samesite="lax")
            self.invite()
        return answer

    async def _call(self, request: Request, path: str) -> Response:
        if not is_call(request.method, path):
            return _fault(Fault(404, "not_found"))
        visit = self._visits.find(request.cookies.get(self._cookie, "")[:100])
        if visit is None:
            return _fault(Fault(401, "not_entered"))
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return _fault(Fault(400, "malformed"))
        if body is None:
            return _fault(Fault(413, "too_large"))
        try:
            return await self._server.pass_on(
                visit, request.method, path, request.scope["query_string"].decode("latin-1"), request.headers, body
            )
        except PeerError as error:
            logger.warning("the server answered what cannot be", extra={"why": str(error)})
            return _fault(Fault(502, "unavailable"))
        except BenchsideError:
            return _fault(Fault(503, "unavailable"))

    async def _learn(self) -> None:
        """Ask for the relay that the pages may talk to; one that is known stays, where the server is away."""
        now = time.monotonic()
        if self._about is not None and self._asked_at is not None and now - self._asked_at < ABOUT_FOR_S:
            return
        try:
            self._about = await self._server.about()
            self._asked_at = now
        except BenchsideError as error:
            logger.warning("the server does not say which it is", extra={"why": str(error)})

    def _reported(self) -> Response:
        self._reports += 1
        if self._reports & (self._reports - 1) == 0:
            logger.warning("the browser reports content outside the policy", extra={"count": self._reports})
        return Response(status_code=204)


async def _body(request: Request) -> bytes | None:
    """The body; None when it is too large."""
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > most_bytes(request.url.path):
            return None
    return content


def _fault(fault: Fault) -> Response:
    return JSONResponse({"error": {"reason": fault.reason}}, status_code=fault.status)
