"""Around every request: headers that browsers enforce, a limit on bodies, and proof that our own pages sent it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchside.protocol.wire.policy import POLICY
from benchside.server.administration.sheet import MAX_SHEET_BYTES
from benchside.server.http.faults import fault

__all__ = ["Surroundings", "content_policy"]

MAX_BODY_BYTES = 16 * 1024
"""The largest thing that anybody sends is a public key of 740 characters."""
_LARGER = {
    "/api/admin/import/": MAX_SHEET_BYTES + 1,
    "/api/admin/policy": POLICY.max_bytes + 64 * 1024,
    "/api/admin/groups/": 64 * 1024,
}
"""Paths whose bodies may be longer: tables, the signed policy with its rotations, and a group's list of sites."""
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_HASHED = re.compile(r"^/assets/.*-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
"""Files that the console's build names by their content."""


def content_policy(relay_origin: str) -> str:
    """The Content-Security-Policy: nothing but our own files, and the relay to talk to."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "font-src 'self'",
            f"connect-src 'self' {relay_origin}",
            "worker-src 'self'",
            "manifest-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "require-trusted-types-for 'script'",
            "report-uri /api/csp-report",
            "report-to csp",
        )
    )


class Surroundings:
    """The outermost layer of the application."""

    def __init__(
        self, app: ASGIApp, *, relay_origin: str, origins: frozenset[str], is_https: bool, foreign: frozenset[str]
    ) -> None:
        """`origins`: from where anything may be changed; `foreign`: paths to which others than our pages post."""
        self._app = app
        self._origins = origins
        self._foreign = foreign
        self._headers: Mapping[str, str] = {
            "Content-Security-Policy": content_policy(relay_origin),
            "Reporting-Endpoints": 'csp="/api/csp-report"',
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Embedder-Policy": "require-corp",
            "Permissions-Policy": (
                "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), "
                "midi=(), display-capture=(), browsing-topics=(), fullscreen=(self), keyboard-map=(self)"
            ),
            **({"Strict-Transport-Security": "max-age=63072000; includeSubDomains"} if is_https else {}),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers["Cache-Control"] = (
                    "public, max-age=31536000, immutable"
                    if _HASHED.match(path) and message["status"] == 200
                    else "no-store"
                    if path.startswith("/api/")
                    else "no-cache"
                )
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await fault(*refusal)(scope, receive, send_with_headers)
            return
        await self._app(scope, _bounded(receive, _most_bytes(path)), send_with_headers)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _most_bytes(scope["path"]):
            return 413, "too_large"
        if scope["method"] not in _UNSAFE or scope["path"] in self._foreign:
            return None
        if headers.get("x-benchside") != "1" or headers.get("origin") not in self._origins:
            return 403, "cross_site"
        return None


def _most_bytes(path: str) -> int:
    return next((most for prefix, most in _LARGER.items() if path.startswith(prefix)), MAX_BODY_BYTES)


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
