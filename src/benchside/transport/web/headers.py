"""The headers around the console's pages, which browsers enforce; the same wherever the pages come from."""

from __future__ import annotations

import re

from benchside.protocol.wire.policy import POLICY

__all__ = ["MAX_BODY_BYTES", "MAX_TABLE_BYTES", "cache_rule", "content_policy", "most_bytes", "page_headers"]

MAX_BODY_BYTES = 16 * 1024
"""The largest thing that most of anything sends is a public key of 740 characters."""
MAX_TABLE_BYTES = 2 * 1024 * 1024
"""Of people or trainings: twenty thousand rows of a hundred characters."""
MAX_CHOICE_BYTES = 128 * 1024
"""Of an advisory or a channel: 500 sites of 64 bytes and 200 models of 200 characters with two bytes each, as letters
with accents have, are 114 kB with quotes and commas; four sentences of 300 such characters, or a target, 3 kB."""
_LARGER = {
    "/api/admin/import/": MAX_TABLE_BYTES + 1,
    "/api/admin/policy": POLICY.max_bytes + 64 * 1024,
    "/api/admin/groups/": 64 * 1024,
    "/api/admin/advisories": MAX_CHOICE_BYTES,
    "/api/admin/alerts/": MAX_CHOICE_BYTES,
}
"""Paths whose bodies may be longer: tables, the signed policy with its rotations, and lists of sites and models."""
_HASHED = re.compile(r"^/assets/.*-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
"""Files that the console's build names by their content."""


def most_bytes(path: str) -> int:
    """The longest body that a path takes."""
    return next((most for prefix, most in _LARGER.items() if path.startswith(prefix)), MAX_BODY_BYTES)


def content_policy(relay_origin: str) -> str:
    """The Content-Security-Policy: nothing but our own files, and the relay to talk to ("" where none is known)."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "font-src 'self'",
            f"connect-src 'self' {relay_origin}".rstrip(),
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


def page_headers(relay_origin: str, *, is_https: bool) -> dict[str, str]:
    """What goes out with every answer."""
    return {
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


def cache_rule(path: str, status: int) -> str:
    """Cache-Control for an answer to `path`."""
    if _HASHED.match(path) and status == 200:
        return "public, max-age=31536000, immutable"
    return "no-store" if path.startswith("/api/") else "no-cache"
