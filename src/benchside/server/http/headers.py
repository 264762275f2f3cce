"""Around every request: headers that browsers enforce, a limit on bodies, and proof that our own console sent it."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchside.server.http.faults import fault
from benchside.transport.web.headers import cache_rule, most_bytes, page_headers
from benchside.transport.web.package import is_package

__all__ = ["Surroundings"]

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Surroundings:
    """The outermost layer of the application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        relay_origin: str,
        origins: frozenset[str],
        is_https: bool,
        foreign: frozenset[str],
        for_anyones_browser: frozenset[str] = frozenset(),
        admits_browsers: bool = True,
    ) -> None:
        """`origins`: from where anything may be changed; `foreign`: paths that others than our console use;
        `for_anyones_browser`: those of a page that this server gives to every browser.

        `admits_browsers`: whether pages that this server gave to a browser may use the API, or only the package's.
        """
        self._app = app
        self._origins = origins
        self._foreign = foreign
        self._for_anyones_browser = for_anyones_browser
        self._admits_browsers = admits_browsers
        self._headers = page_headers(relay_origin, is_https=is_https)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers["Cache-Control"] = cache_rule(path, message["status"])
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await fault(*refusal)(scope, receive, send_with_headers)
            return
        await self._app(scope, _bounded(receive, most_bytes(path)), send_with_headers)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > most_bytes(scope["path"]):
            return 413, "too_large"
        if scope["path"] in self._foreign:
            return None
        is_from_package = is_package(headers)
        is_admitted = self._admits_browsers or is_from_package or scope["path"] in self._for_anyones_browser
        if not is_admitted and scope["path"].startswith("/api/"):
            return 403, "package_only"
        if scope["method"] not in _UNSAFE:
            return None
        if headers.get("x-benchside") != "1":
            return 403, "cross_site"
        if headers.get("origin") not in self._origins and not is_from_package:
            return 403, "cross_site"
        return None


def _bounded(receive: Receive, most_bytes: int) -> Receive:
    """Cut a body that says no length and does not end: the rest is as if the browser had gone."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > most_bytes:
                return {"type": "http.disconnect"}
        return message

    return bounded
