"""Where a request comes from, as the rule on new locations sees it, and the cookie by which a browser is known."""

from __future__ import annotations

from fastapi import Request, Response

from benchside.server.http.context import Services, services_of, source_of
from benchside.server.location.known import KNOWN_FOR_MS
from benchside.server.location.visit import Visit, family_of
from benchside.server.mail.texts import language_of
from benchside.transport.web.package import loopback_home

__all__ = ["admit", "set_browser_cookie", "visit_of"]

_COOKIE = "benchside_browser"
MAX_TOKEN_CHARS = 100


def visit_of(request: Request) -> Visit:
    """Where this request comes from."""
    return Visit(
        source=source_of(request),
        browser=request.cookies.get(_name(services_of(request)), "")[:MAX_TOKEN_CHARS],
        family=family_of(request.headers.get("user-agent", "")),
        language=language_of(request.headers.get("accept-language", "")),
        home=loopback_home(request.headers) or services_of(request).web_url,
        web_url=services_of(request).web_url,
    )


async def admit(request: Request, response: Response, token: str) -> None:
    """Look at where the sign-in that just began comes from; without this it stays unconfirmed.

    RefusedError(NO_ADDRESS) when a link is needed and has nowhere to go.
    """
    services = services_of(request)
    visit = visit_of(request)
    if services.locations is not None and await services.locations.look(token, visit):
        set_browser_cookie(response, services, visit.browser)  # half a year from now on


def set_browser_cookie(response: Response, services: Services, token: str) -> None:
    """Let the browser be known again.

    Lax, unlike the sign-in's: the way back from a provider is a link on another site's page.  Alone it opens nothing.
    """
    response.set_cookie(
        _name(services),
        token,
        max_age=KNOWN_FOR_MS // 1000,
        path="/",
        secure=services.is_https,
        httponly=True,
        samesite="lax",
    )


def _name(services: Services) -> str:
    return f"__Host-{_COOKIE}" if services.is_https else _COOKIE
