"""The customer's security officer: all their PCs, who may come in, every session, what is stored; nothing to change."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import Query, Request

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.trust.admission import Act, Place
from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.policy import SiteEntry
from benchside.server.access.moment import moment_at
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
    """Who may come in where, as the authority signed it: what the PCs go by."""
    services, sites = services_of(request), await _sites(request)
    policy = services.keeper.policy
    signed = {one.id: policy.site(one.id) for one in sites} if policy else {}
    models = await _models(request)
    people = []
    for entry in policy.payload.associates if policy else ():
        where = [one.id for one in sites if _covers(services, entry.id, signed.get(one.id), models.get(one.id, ()))]
        if where:
            people.append(
                AdmittedShape(
                    id=entry.id,
                    name=entry.name,
                    organisation=entry.organisation,
                    role=entry.role.value,
                    sites=where,
                    trainings=[TrainingShape(**msgspec.structs.asdict(one)) for one in entry.trainings],
                    keys=[key.hex() for key in entry.keys],
                    expires_utc_ms=entry.expires_utc_ms,
                )
            )
    return AdmittedList(people=people, sites=[_show_signed(services, one, signed.get(one.id)) for one in sites])


async def sessions(
    request: Request,
    device: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")] = None,
    before: Annotated[int, Query(ge=0, le=END_OF_TIME_MS)] = END_OF_TIME_MS,
    limit: Limit = 20,
) -> SessionList:
    """Sessions at the customer's sites, newest first."""
    sites = {one.id for one in await _sites(request)}
    device_id = bytes.fromhex(device) if device else None
    found = await services_of(request).sessions.before(before, device_id=device_id, limit=limit + 1, sites=sites)
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
    row = next((one for one in await _devices(request) if one.id == device_id), None)
    if row is None:
        raise RefusedError(Refusal.UNKNOWN, "expected a device of this customer, got another")
    await services.ledger.record(
        device_stream(device_id), ServerKind.STORED_DATA_SHOWN, EventDetails(associate=person_of(request).account)
    )
    spans = await services.presence.summary(device_id)
    return StoredShape(
        device=show_device(services, row),
        registrant=row.registrant,
        registrant_email=row.registrant_email,
        sessions=await services.sessions.count_of(device_id),
        events=await services.ledger.count_of_device(device_id),
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


async def _sites(request: Request) -> list[SiteFacts]:
    customer = duties_of(request).officer_of
    found = await services_of(request).administration.places.sites()
    return [one for one in found if customer is not None and one.customer == customer]


async def _devices(request: Request) -> list[Device]:
    sites = {one.id for one in await _sites(request)}
    return [one for one in await services_of(request).administration.register.devices() if one.site in sites]


async def _session(request: Request, request_id: bytes) -> Session:
    row = await services_of(request).sessions.get(request_id)
    if row is None or row.site not in {one.id for one in await _sites(request)}:
        raise RefusedError(Refusal.NO_REQUEST, "expected a session at a site of this customer, got another")
    return row


async def _models(request: Request) -> dict[str, set[str]]:
    """The models of the instruments at each site; a PC is only covered with all of its own."""
    found: dict[str, set[str]] = {}
    for device in await _devices(request):
        if device.revoked_utc_ms is None:
            found.setdefault(device.site, set()).update(one.model for one in device.instruments)
    return found


def _covers(services: Services, associate: str, site: SiteEntry | None, models: set[str] | tuple[str, ...]) -> bool:
    """Whether somebody may see anything at a site: with any one of its models."""
    policy = services.keeper.policy
    if policy is None or site is None:
        return False
    now = moment_at(services.now(), site.time_zone)
    places = (Place(region=services.region, site=site.id, models=(model,)) for model in models or ("-",))
    return any(policy.why_not(Act.SEE, associate, place=place, now=now) is None for place in places)
