"""Confirming that a sign-in from a new browser or network is one's own, or saying that it is not."""

from __future__ import annotations

from fastapi import Request, Response

from benchside.protocol.errors import Refusal, RefusedError
from benchside.server.http.context import Services, services_of, set_cookie, signed_in, source_of
from benchside.server.http.shapes import LinkSent, LinkToken, LinkWanted
from benchside.server.http.visits import set_browser_cookie, visit_of
from benchside.server.location.service import Locations

__all__ = ["confirm_location", "deny_location", "in_s", "send_link"]


async def confirm_location(request: Request, response: Response, given: LinkToken) -> None:
    """Let this browser's sign-in in by the token of its mail; it gets a new token."""
    services = services_of(request)
    confirmed = await _locations(services).confirm(signed_in(request), given.token, visit_of(request))
    set_cookie(response, services, confirmed.token)
    set_browser_cookie(response, services, confirmed.browser)


async def send_link(request: Request, given: LinkWanted) -> LinkSent:
    """Send another link, where the account has not had too many."""
    locations, who = _locations(services_of(request)), signed_in(request)
    is_sent = await locations.send_again(who, given.language, visit_of(request))
    return LinkSent(sent=is_sent, wait_s=in_s((await locations.link_of(who)).wait_ms))


def in_s(wait_ms: int) -> int:
    """Whole seconds, after which it is over."""
    return -(-wait_ms // 1000)


async def deny_location(request: Request, given: LinkToken) -> None:
    """End the sign-in that a mail is about, from any browser: having the mail is the proof."""
    await _locations(services_of(request)).deny(given.token, source_of(request))


def _locations(services: Services) -> Locations:
    if services.locations is None:
        raise RefusedError(Refusal.NOT_AUTHORISED, "expected a server that asks for locations, got one that does not")
    return services.locations
