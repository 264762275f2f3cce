"""Every entry point with its policy: what is not in this table does not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from benchside.server.http import account_routes, other_routes, session_routes, sso_routes, stream

__all__ = ["ENTRY_POINTS", "EntryPoint", "EntryPolicy"]


class EntryPolicy(StrEnum):
    """Who gets in.  Anything that changes something also needs our own page's header and origin."""

    ANYONE = "anyone"
    BROWSER_REPORT = "browser_report"
    """Anyone, and without our page's header: browsers post these by themselves, and the content is not read."""
    PROVIDER = "provider"
    """The OpenID provider, which proves itself by what it signed in the body."""
    SIGNED_IN = "signed_in"
    """Also whoever must change the password, or set up the second factor, first."""
    WORKING = "working"
    """Signed in at the provider, or with a password of one's own and a second factor."""
    SCOPED = "scoped"
    """Like WORKING, and access/model.py decides on each request or session."""


@dataclass(frozen=True)
class EntryPoint:
    """A way into the server."""

    method: str
    path: str
    policy: EntryPolicy
    serve: Callable[..., Any]
    """FastAPI reads its signature, so its type is its own."""
    status: int = 200


ENTRY_POINTS: tuple[EntryPoint, ...] = (
    EntryPoint("GET", "/healthz", EntryPolicy.ANYONE, other_routes.health),
    EntryPoint("GET", "/api/about", EntryPolicy.ANYONE, other_routes.about),
    EntryPoint("POST", "/api/csp-report", EntryPolicy.BROWSER_REPORT, other_routes.content_report, 204),
    EntryPoint("POST", "/api/sign-in", EntryPolicy.ANYONE, account_routes.sign_in),
    EntryPoint("GET", "/api/sign-in", EntryPolicy.ANYONE, sso_routes.ways),
    EntryPoint("GET", "/api/sso/start", EntryPolicy.ANYONE, sso_routes.start, 303),
    EntryPoint("GET", "/api/sso/callback", EntryPolicy.ANYONE, sso_routes.callback, 303),
    EntryPoint("POST", "/api/sso/logout", EntryPolicy.PROVIDER, sso_routes.logout),
    EntryPoint("POST", "/api/second-factor", EntryPolicy.SIGNED_IN, account_routes.offer_factor),
    EntryPoint("PUT", "/api/second-factor", EntryPolicy.SIGNED_IN, account_routes.set_factor, 204),
    EntryPoint("POST", "/api/confirm", EntryPolicy.SIGNED_IN, account_routes.confirm, 204),
    EntryPoint("POST", "/api/sign-out", EntryPolicy.SIGNED_IN, account_routes.sign_out, 204),
    EntryPoint("POST", "/api/password", EntryPolicy.SIGNED_IN, account_routes.set_password, 204),
    EntryPoint("GET", "/api/me", EntryPolicy.SIGNED_IN, account_routes.me),
    EntryPoint("PUT", "/api/me/key", EntryPolicy.WORKING, account_routes.set_key),
    EntryPoint("GET", "/api/stream", EntryPolicy.SCOPED, stream.stream),
    EntryPoint("GET", "/api/requests", EntryPolicy.SCOPED, session_routes.requests),
    EntryPoint("POST", "/api/requests/{id}/claim", EntryPolicy.SCOPED, session_routes.claim),
    EntryPoint("POST", "/api/requests/{id}/release", EntryPolicy.SCOPED, session_routes.release, 204),
    EntryPoint("POST", "/api/requests/{id}/tickets", EntryPolicy.SCOPED, session_routes.ticket),
    EntryPoint("GET", "/api/sessions", EntryPolicy.SCOPED, session_routes.sessions),
    EntryPoint("GET", "/api/sessions/{id}", EntryPolicy.SCOPED, session_routes.session),
    EntryPoint("GET", "/api/sessions/{id}/verify", EntryPolicy.SCOPED, session_routes.verify),
)
"""Beside these: /api/openapi.json (the description of this table) and the console's files, both for anyone."""
