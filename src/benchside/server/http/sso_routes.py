"""Signing in at the provider: the browser goes there, comes back, and the provider may call it off."""

from __future__ import annotations

import logging
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.requests import ClientDisconnect

from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError, UnavailableError
from benchside.server.http.context import Services, services_of, set_cookie, source_of, token_of
from benchside.server.http.shapes import Ways
from benchside.server.http.visits import admit
from benchside.server.sso.attempt import ATTEMPT_MS, MAX_COOKIE_CHARS
from benchside.server.sso.provider import MAX_TOKEN_CHARS
from benchside.server.sso.service import CALLBACK, Answer, SingleSignOn
from benchside.transport.web.package import loopback_callback

__all__ = ["callback", "logout", "start", "ways"]

logger = logging.getLogger(__name__)

_COOKIE = "benchside_attempt"
_WHY = {
    Refusal.TICKET_EXPIRED: "late",
    Refusal.NOT_AUTHORISED: "account",
    Refusal.UNKNOWN: "name",
    Refusal.NO_ADDRESS: "address",
    Refusal.WAIT: "wait",
}
"""What the console says to a person who comes back without being signed in; everything else is "refused"."""


async def ways(request: Request) -> Ways:
    """How one can sign in here."""
    services = services_of(request)
    return Ways(provider=services.provider_name if services.sso else None, local=services.has_local_accounts)


async def start(request: Request, again: bool = False) -> Response:
    """Send the browser to the provider; `again`: to prove once more who sits there."""
    services = services_of(request)
    if services.sso is None:
        return _home("refused")
    try:
        present = await services.sign_ins.check(token_of(request))
        begun = await services.sso.begin(_callback_of(request), again=again, present=present)
    except (UnavailableError, PeerError) as error:
        logger.warning("sign-in at the provider cannot begin", extra={"why": str(error)})
        return _home("away")
    answer = RedirectResponse(begun.url, 303)
    # lax: the way back is a link on another site's page, to which browsers send no strict cookie
    answer.set_cookie(
        _name(services), begun.cookie, max_age=ATTEMPT_MS // 1000, path=_path(services), secure=services.is_https,
        httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


async def callback(
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=MAX_TOKEN_CHARS)] = "",
    iss: Annotated[str | None, Query(max_length=300)] = None,
    error: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The browser is back; signed in, or told why not."""
    services = services_of(request)
    cookie = request.cookies.get(_name(services), "")[: MAX_COOKIE_CHARS + 1]
    why = None
    back = RedirectResponse("/", 303)
    try:
        answer = Answer(state, code, iss, error)
        token = await _sso(services).finish(answer, cookie, _callback_of(request), source_of(request))
        await admit(request, back, token)
    except RefusedError as refused:
        why, text = _WHY.get(refused.reason, "refused"), str(refused)
    except PeerError as broken:
        why, text = "provider", str(broken)
    except UnavailableError as away:
        why, text = "away", str(away)
    if why is not None:
        logger.info("sign-in at the provider failed", extra={"why": text})
        back = _home(why)
    else:
        set_cookie(back, services, token)
    back.delete_cookie(_name(services), path=_path(services), secure=services.is_https, httponly=True, samesite="lax")
    return back


async def logout(request: Request) -> Response:
    """The provider ends sessions (OpenID Connect Back-Channel Logout 1.0, section 2.5); its token is the proof."""
    try:
        token = parse_qs((await request.body()).decode("ascii"), max_num_fields=4)["logout_token"][0]
    except (ValueError, KeyError, ClientDisconnect) as error:
        raise PeerError(PeerFault.MALFORMED, "expected a form with a logout token, got something else") from error
    await _sso(services_of(request)).logout(token)
    return Response(status_code=200)


def _callback_of(request: Request) -> str:
    """Where the provider sends the browser back to: here, or to the loopback of whoever uses the package."""
    return loopback_callback(request.headers) or services_of(request).web_url + CALLBACK


def _sso(services: Services) -> SingleSignOn:
    if services.sso is None:
        raise RefusedError(Refusal.NOT_AUTHORISED, "expected a server with a provider, got one without")
    return services.sso


def _home(why: str) -> RedirectResponse:
    return RedirectResponse(f"/?sign-in={why}", 303)


def _name(services: Services) -> str:
    return f"__Host-{_COOKIE}" if services.is_https else _COOKIE


def _path(services: Services) -> str:
    return "/" if services.is_https else "/api/sso"  # the prefix wants the whole host
