"""The customer's security officer: all their PCs, who may come in, every session, what is stored; nothing to change."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import msgspec
from fastapi import Query, Request

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.policy import SiteEntry
from benchside.server.administration.admitted import Door
from benchside.server.administration.admitted import admitted as find_admitted
from benchside.server.administration.facts import SiteFacts
from benchside.server.audit.kind import ServerKind, device_stream
from benchside.server.audit.model import Session
from benchside.server.enrolment.model import Device
from benchside.server.http.admin_shapes import (
    AdmittedList,
    AdmittedShape,
    DeviceList,
    SiteShape,
    StoredShape,
    TrainingShape,
)
from benchside.server.http.context import Services, duties_of, person_of, services_of
from benchside.server.http.place_routes import DeviceId, show_device, show_site
from benchside.server.http.session_routes import END_OF_TIME_MS, Id
from benchside.server.http.shapes import Limit, OfficerSession, SessionList, Verified
from benchside.server.http.views import show_event, show_summary

__all__ = ["admitted", "devices", "session", "sessions", "stored", "verify"]


async def devices(request: Request) -> DeviceList:
    """All PCs of the customer."""
    services = services_of(request)
    return DeviceList(devices=[show_device(services, one) for one in await _devices(request)])


async def admitted(request: Request) -> AdmittedList:
    """Whom the customer's PCs let in where: by the policy that each holds, and the rules that they go by."""
    services, sites = services_of(request), await _sites(request)
    pcs = [one for one in await _devices(request) if one.revoked_utc_ms is None]
    doors = {
        Door(one.region, one.site, tuple(sorted({each.model for each in one.instruments})), one.policy_version)
        for one in pcs
    }
    held = {each: await services.keeper.held(each) for each in {one.policy_version for one in doors}}
    policies = {version: policy for version, policy in held.items() if policy is not None}
    # some seconds where the policy is as large as can be, in which sessions go on
    found = await asyncio.to_thread(find_admitted, doors, policies, services.now())
    policy = services.keeper.policy
    signed = {one.id: policy.site(one.id) if policy else None for one in sites}
    return AdmittedList(
        people=[
            AdmittedShape(
                id=one.entry.id,
                name=one.entry.name,
                organisation=one.entry.organisation,
                role=one.entry.role.value,
                sites=list(one.sites),
                trainings=[TrainingShape(**msgspec.structs.asdict(each)) for each in one.entry.trainings],
                keys=[key.hex() for key in one.entry.keys],
                expires_utc_ms=one.entry.expires_utc_ms,
            )
            for one in found
        ],
        sites=[_show_signed(services, one, signed[one.id]) for one in sites],
    )


async def sessions(
    request: Request,
    device: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")] = None,
    before: Annotated[int, Query(ge=0, le=END_OF_TIME_MS)] = END_OF_TIME_MS,
    limit: Limit = 20,
) -> SessionList:
    """Sessions at the customer's sites, newest first, of the times in which these were theirs."""
    terms = await services_of(request).administration.places.terms_of(_customer(request))
    device_id = bytes.fromhex(device) if device else None
    found = await services_of(request).sessions.before(before, device_id=device_id, limit=limit + 1, terms=terms)
    return SessionList(sessions=[show_summary(row) for row in found[:limit]], more=len(found) > limit)


async def session(request: Request, id: Id) -> OfficerSession:  # noqa: A002 - the path's own word
    """One session with its events."""
    row = await _session(request, bytes.fromhex(id))
    events = await services_of(request).ledger.events_of(row.id)
    return OfficerSession(session=show_summary(row), events=[show_event(event) for event in events])


async def verify(request: Request, id: Id) -> Verified:  # noqa: A002 - the path's own word
    """Compute a session's commitments and the PC's chain again."""
    row = await _session(request, bytes.fromhex(id))
    verdict = await services_of(request).ledger.verify(row.id)
    return Verified(intact=verdict.is_intact, events=verdict.events)


async def stored(request: Request, id: DeviceId) -> StoredShape:  # noqa: A002 - the path's own word
    """Everything that is stored about a PC; that it was looked at is written down, since it names people."""
    services = services_of(request)
    device_id = bytes.fromhex(id)
    row = next(iter(await _devices(request, device_id)), None)
    if row is None:
        raise RefusedError(Refusal.UNKNOWN, "expected a device of this customer, got another")
    await services.ledger.record(
        device_stream(device_id), ServerKind.STORED_DATA_SHOWN, EventDetails(associate=person_of(request).account)
    )
    spans = await services.presence.summary(device_id)
    terms = await services.administration.places.terms_of(_customer(request))
    is_theirs = any(one.site == row.site and one.has(row.enrolled_utc_ms) for one in terms)
    return StoredShape(
        device=show_device(services, row),
        # who enrolled it while it was another customer's is none of this one's people
        registrant=row.registrant if is_theirs else "",
        registrant_email=row.registrant_email if is_theirs else "",
        sessions=await services.sessions.count_of(device_id),
        events=await services.ledger.count_of_device(device_id),
        notices=await services.fleet.count_of(device_id),
        online_spans=spans.count,
        first_seen_utc_ms=spans.first_utc_ms,
        last_seen_utc_ms=spans.last_utc_ms,
    )


def _show_signed(services: Services, one: SiteFacts, entry: SiteEntry | None) -> SiteShape:
    """A site with the laws and rules that its PCs go by; `in_policy` says whether others were entered meanwhile."""
    if entry is None:
        return show_site(services, one)
    signed = msgspec.structs.replace(one, laws=entry.laws, time_zone=entry.time_zone, rules=entry.rules)
    in_policy = show_site(services, one).in_policy
    return show_site(services, signed).model_copy(update={"in_policy": in_policy})


def _customer(request: Request) -> str:
    customer = duties_of(request).officer_of
    if customer is None:
        raise RefusedError(Refusal.NOT_AUTHORISED, "expected a customer's security officer, got somebody else")
    return customer


async def _sites(request: Request) -> list[SiteFacts]:
    return await services_of(request).administration.places.sites_of(_customer(request))


async def _devices(request: Request, device_id: bytes | None = None) -> Sequence[Device]:
    return await services_of(request).administration.register.devices_of(_customer(request), device_id)


async def _session(request: Request, request_id: bytes) -> Session:
    row = await services_of(request).sessions.get(request_id)
    terms = await services_of(request).administration.places.terms_of(_customer(request))
    if row is None or not any(one.site == row.site and one.has(row.opened_utc_ms) for one in terms):
        raise RefusedError(Refusal.NO_REQUEST, "expected a session at a site of this customer, got another")
    return row
