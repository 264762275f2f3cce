"""The queue, claims, tickets and the history of sessions."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import Path, Query, Request

from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError
from benchside.protocol.wire.channel import Channel
from benchside.protocol.wire.handshake import SecondSaid
from benchside.server.access.model import Person
from benchside.server.audit.model import Session
from benchside.server.audit.sessions import Term
from benchside.server.http.context import Services, person_of, require_step_up, services_of, source_of
from benchside.server.http.shapes import (
    AgreementGiven,
    ClaimedSession,
    Limit,
    RequestList,
    SecondGiven,
    SessionList,
    TicketGiven,
    TicketWanted,
    Verified,
)
from benchside.server.http.views import can_see_request, can_see_session, show_request, show_session, show_summary

__all__ = ["agree", "claim", "release", "requests", "session", "sessions", "ticket", "verify"]

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
LOOKED_AT = 500
"""Sessions that are read at once, to find those that the person may see."""
MAX_LOOKS = 40
"""For one page: what is older than twenty thousand sessions of other models at the same sites is found by its PC."""
END_OF_TIME_MS = 253_402_300_799_999


async def requests(request: Request) -> RequestList:
    """The open requests that this person may see, the longest waiting first."""
    return await open_requests(services_of(request), person_of(request))


async def open_requests(services: Services, person: Person) -> RequestList:
    """The same, for the stream."""
    found = await services.broker.all_open()
    return RequestList(
        requests=[await show_request(services, person, one) for one in found if can_see_request(services, person, one)]
    )


async def claim(request: Request, id: Id) -> ClaimedSession:  # noqa: A002 - the path's own word
    """Take a request for oneself alone."""
    services, person = services_of(request), person_of(request)
    await require_step_up(request)
    await services.broker.claim(person, bytes.fromhex(id))
    return await _session(services, person, bytes.fromhex(id))


async def release(request: Request, id: Id) -> None:  # noqa: A002 - the path's own word
    """Put a request back."""
    await services_of(request).broker.release(person_of(request).account, bytes.fromhex(id))


async def ticket(request: Request, id: Id, wanted: TicketWanted) -> TicketGiven:  # noqa: A002 - the path's own word
    """Admission to one channel, for one connection within a minute."""
    services = services_of(request)
    services.consoles.heard(person_of(request).account)  # while a code is read out nobody is gone
    given = await services.office.for_console(
        person_of(request), bytes.fromhex(id), Channel(wanted.channel), source_of(request)
    )
    return TicketGiven(ticket=_base64(given.ticket), relay_url=services.relay_url, second=_second(given.second))


async def agree(request: Request, id: Id, given: AgreementGiven) -> None:  # noqa: A002 - the path's own word
    """Agree to somebody else's session, where the site's rules ask for two."""
    await require_step_up(request)
    try:
        signature = base64.b64decode(given.signature, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PeerError(PeerFault.MALFORMED, "expected a signature in base64, got other text") from error
    services = services_of(request)
    await services.agreements.agree(person_of(request), bytes.fromhex(id), given.issued_utc_ms, signature)


def _second(said: SecondSaid | None) -> SecondGiven | None:
    if said is None:
        return None
    return SecondGiven(
        associate=said.associate,
        key=_base64(said.key),
        issued_utc_ms=said.issued_utc_ms,
        signature=_base64(said.signature),
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def session(request: Request, id: Id) -> ClaimedSession:  # noqa: A002 - the path's own word
    """One session with its events."""
    return await _session(services_of(request), person_of(request), bytes.fromhex(id))


async def sessions(
    request: Request,
    device: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")] = None,
    before: Annotated[int, Query(ge=0, le=END_OF_TIME_MS)] = END_OF_TIME_MS,
    limit: Limit = 20,
) -> SessionList:
    """Sessions opened before a moment, newest first, of one device or all that this person may see."""
    services, person = services_of(request), person_of(request)
    device_id = bytes.fromhex(device) if device else None
    policy, seen = services.keeper.policy, list[Session]()
    terms = [Term(site) for site in (policy.sites_of(person.account) if policy else ())]
    for _ in range(MAX_LOOKS):
        looked_at = await services.sessions.before(before, device_id=device_id, limit=LOOKED_AT, terms=terms)
        seen += [row for row in looked_at if can_see_session(services, person, row)]
        if len(seen) > limit or len(looked_at) < LOOKED_AT:
            break
        before = looked_at[-1].opened_utc_ms
    return SessionList(sessions=[show_summary(row) for row in seen[:limit]], more=len(seen) > limit)


async def verify(request: Request, id: Id) -> Verified:  # noqa: A002 - the path's own word
    """Compute a session's commitments and the PC's chain again."""
    services = services_of(request)
    row = await _row(services, person_of(request), bytes.fromhex(id))
    verdict = await services.ledger.verify(row.id)
    return Verified(intact=verdict.is_intact, events=verdict.events)


async def _row(services: Services, person: Person, request_id: bytes) -> Session:
    row = await services.sessions.get(request_id)
    if row is None or not can_see_session(services, person, row):
        raise RefusedError(Refusal.NO_REQUEST, "expected a session that this person may see, got another")
    return row


async def _session(services: Services, person: Person, request_id: bytes) -> ClaimedSession:
    row = await _row(services, person, request_id)
    facts = await services.broker.facts(request_id)
    if facts is None:
        raise RefusedError(Refusal.NO_REQUEST, "expected a session whose request is known, got another")
    events = await services.ledger.events_of(request_id)
    return show_session(row, await show_request(services, person, facts), events)
