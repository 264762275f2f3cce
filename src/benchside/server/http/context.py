"""What the entry points work with, and the sign-in that a request brought."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response

from benchside.protocol.errors import Refusal, RefusedError
from benchside.server.access.model import Person
from benchside.server.accounts.service import Accounts
from benchside.server.accounts.sign_ins import ABSOLUTE_MS, SignedIn, SignIns
from benchside.server.administration.duties import Duties
from benchside.server.administration.office import Administration
from benchside.server.alerts.facts import AlertWays
from benchside.server.alerts.office import AlertOffice
from benchside.server.alerts.trial import Trials
from benchside.server.audit.ledger import Ledger
from benchside.server.audit.sessions import Sessions
from benchside.server.broker.agreements import Agreements
from benchside.server.broker.consoles import Consoles
from benchside.server.broker.queue import Broker
from benchside.server.bus.contract import Bus
from benchside.server.clock import NowUtcMs
from benchside.server.identity.keeper import DeviceKeeper
from benchside.server.location.service import Locations
from benchside.server.notices.advisories import Advisories
from benchside.server.notices.fleet import Fleet
from benchside.server.policy.keeper import PolicyKeeper
from benchside.server.presence.watch import Presence
from benchside.server.sso.service import SingleSignOn
from benchside.server.tickets.office import TicketOffice
from benchside.transport.serve import counted_source, forwarded_source

__all__ = [
    "Services",
    "clear_cookie",
    "duties_of",
    "person_of",
    "require_step_up",
    "services_of",
    "set_cookie",
    "signed_in",
    "source_of",
    "token_of",
]

_COOKIE = "benchside_session"


@dataclass(frozen=True, kw_only=True)
class Services:
    """The parts of the server behind the HTTP API."""

    accounts: Accounts
    administration: Administration
    identities: DeviceKeeper
    sign_ins: SignIns
    locations: Locations | None
    """None where nobody asks from where a sign-in comes."""
    sso: SingleSignOn | None
    provider_name: str
    has_local_accounts: bool
    step_up_ms: int
    broker: Broker
    office: TicketOffice
    agreements: Agreements
    keeper: PolicyKeeper
    ledger: Ledger
    sessions: Sessions
    presence: Presence
    fleet: Fleet
    advisories: Advisories
    alerts: AlertOffice
    trials: Trials
    alert_ways: AlertWays
    consoles: Consoles
    bus: Bus
    now: NowUtcMs
    region: str
    server_name: str
    relay_url: str
    web_url: str
    """How browsers reach this server, without a slash at the end."""
    origins: frozenset[str]
    """The origins from which browsers may change anything."""
    is_https: bool
    has_edge: bool
    admits_browsers: bool
    """Whether browsers may use pages that came from this server, or only those of the package's console."""


def services_of(request: Request) -> Services:
    """The services of the application that serves this request."""
    services = request.app.state.services
    if not isinstance(services, Services):
        raise TypeError("the application was made without services")
    return services


def signed_in(request: Request) -> SignedIn:
    """Whoever the entry point's policy let in."""
    who = request.state.signed_in
    if not isinstance(who, SignedIn):
        raise RefusedError(Refusal.SIGN_IN, "expected a sign-in, got none")
    return who


def duties_of(request: Request) -> Duties:
    """What the entry point's policy found the account to be on the server."""
    duties = request.state.duties
    if not isinstance(duties, Duties):
        raise RefusedError(Refusal.NOT_AUTHORISED, "expected an administrator or an officer, got neither")
    return duties


def person_of(request: Request) -> Person:
    """The same, as the rules of access see them."""
    who = signed_in(request)
    return Person(who.account, who.key)


async def require_step_up(request: Request) -> None:
    """RefusedError(STEP_UP) unless the person proved lately, and where they are now, who they are."""
    services, who = services_of(request), signed_in(request)
    if services.now() - who.proved_utc_ms > services.step_up_ms:
        raise RefusedError(Refusal.STEP_UP, "expected somebody who proved lately who they are, got an older proof")
    if services.locations and not await services.locations.is_network_known(who.account, source_of(request)):
        # not at each request: whoever travels changes networks; before a lab is helped they prove it again, and confirm
        raise RefusedError(Refusal.STEP_UP, "expected a network where the account was confirmed, got a new one")


def source_of(request: Request) -> str:
    """The source that a request is counted by, as the edge says where there is one."""
    if services_of(request).has_edge and (named := forwarded_source(request.headers.get("x-forwarded-for", ""))):
        return named
    host = request.client.host if request.client else ""
    return counted_source(host) or host


def cookie_name(services: Services) -> str:
    """With https the prefix makes browsers refuse a cookie that a sibling host or plain http planted."""
    return f"__Host-{_COOKIE}" if services.is_https else _COOKIE


def token_of(request: Request) -> str:
    """The sign-in's token, or nothing."""
    return request.cookies.get(cookie_name(services_of(request)), "")[:100]


def set_cookie(response: Response, services: Services, token: str) -> None:
    """Give the browser its token; scripts cannot read it."""
    response.set_cookie(
        cookie_name(services),
        token,
        max_age=ABSOLUTE_MS // 1000,
        path="/",
        secure=services.is_https,
        httponly=True,
        samesite="strict",
    )


def clear_cookie(response: Response, services: Services) -> None:
    """Take the token away."""
    response.delete_cookie(cookie_name(services), path="/", secure=services.is_https, httponly=True, samesite="strict")
