"""What the console's pages may ask of a server through this program: whatever is not here is not passed on."""

from __future__ import annotations

import re

from benchside.transport.web.package import SSO_CALLBACK

__all__ = ["CALLS", "REPORT", "SSO_START", "STREAM", "is_call"]

STREAM = "/api/stream"
SSO_START = "/api/sso/start"
REPORT = "/api/csp-report"
"""What a browser kept out; heard here, and not passed on."""

CALLS: frozenset[tuple[str, str]] = frozenset(
    {
        ("POST", "/api/sign-in"),
        ("GET", "/api/sign-in"),
        ("GET", SSO_START),
        ("GET", SSO_CALLBACK),
        ("POST", "/api/second-factor"),
        ("PUT", "/api/second-factor"),
        ("POST", "/api/confirm"),
        ("POST", "/api/sign-out"),
        ("POST", "/api/password"),
        ("GET", "/api/me"),
        ("PUT", "/api/me/key"),
        ("GET", STREAM),
        ("GET", "/api/requests"),
        ("POST", "/api/requests/{id}/claim"),
        ("POST", "/api/requests/{id}/release"),
        ("POST", "/api/requests/{id}/tickets"),
        ("GET", "/api/sessions"),
        ("GET", "/api/sessions/{id}"),
        ("GET", "/api/sessions/{id}/verify"),
    }
)

_ID = re.compile(r"\{[a-z_]+\}")
_ONE = "[A-Za-z0-9_-]{1,64}"
_PATTERNS = [
    (method, re.compile(_ONE.join(re.escape(part) for part in _ID.split(path)))) for method, path in sorted(CALLS)
]


def is_call(method: str, path: str) -> bool:
    """Whether a page may ask this; `path` is decoded, and what matches can be sent as it is."""
    return any(method == known and pattern.fullmatch(path) is not None for known, pattern in _PATTERNS)
