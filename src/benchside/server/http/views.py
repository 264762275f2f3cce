"""From what the server knows to what one person is shown."""

from __future__ import annotations

import msgspec

from benchside.protocol.trust.admission import Place
from benchside.protocol.wire.condition import ConditionTold
from benchside.server.access.model import Person, may_claim, may_second, may_see
from benchside.server.audit.ledger import KeptEvent
from benchside.server.audit.model import Session
from benchside.server.audit.sessions import models_of
from benchside.server.broker.machine import RequestState
from benchside.server.broker.queue import RequestFacts
from benchside.server.http.context import Services
from benchside.server.http.shapes import (
    ClaimedSession,
    ConditionToldShape,
    Events,
    InstrumentShape,
    RequestShape,
    SecondShape,
    SessionSummary,
)

__all__ = ["can_see_request", "can_see_session", "show_event", "show_request", "show_session", "show_summary"]


def can_see_request(services: Services, person: Person, facts: RequestFacts) -> bool:
    """Whether this person may read this request."""
    return may_see(person, facts.device.place, services.keeper.policy, services.now()) is None


def can_see_session(services: Services, person: Person, row: Session) -> bool:
    """Whether this person may read this session, then and now: the same scope as for its request."""
    place = Place(region=row.region, site=row.site, models=models_of(row))
    return may_see(person, place, services.keeper.policy, services.now()) is None


async def show_request(services: Services, person: Person, facts: RequestFacts) -> RequestShape:
    """A request as this person sees it."""
    refusal = may_claim(person, facts.device.place, services.keeper.policy, services.now())
    why_not = refusal.value if refusal else None
    if why_not is None and facts.claimed_by not in (None, person.account):
        why_not = "claimed"
    one = facts.instrument
    return RequestShape(
        id=facts.id.hex(),
        device_id=facts.device.id.hex(),
        device=facts.device.name,
        site=facts.device.site,
        site_name=facts.device.site_name,
        instrument=InstrumentShape(id=one.id, model=one.model, serial=one.serial, patient_data=one.patient_data)
        if one
        else None,
        technician=facts.technician,
        reason=facts.reason,
        condition=_show_condition(facts.condition),
        waiting_since_utc_ms=facts.queued_utc_ms,
        state=facts.state.value,
        claimed_by=facts.claimed_by,
        claimed_by_me=facts.claimed_by == person.account,
        may_claim=why_not is None,
        why_not=why_not,
        online=facts.is_online,
        second=await _show_second(services, person, facts),
    )


def _show_condition(told: ConditionTold | None) -> ConditionToldShape | None:
    if told is None:
        return None
    key = told.key
    return ConditionToldShape(
        source=key.source,
        subject=key.subject,
        code=key.code,
        severity=told.severity.value,
        texts=told.texts,
        since_utc_ms=told.since_utc_ms,
    )


async def _show_second(services: Services, person: Person, facts: RequestFacts) -> SecondShape | None:
    said = await services.agreements.of(facts)
    if said is None and not await services.agreements.is_needed(facts):
        return None
    may = facts.state is RequestState.CLAIMED and facts.claimed_by != person.account and facts.claimed_key is not None
    refusal = may_second(person, facts.device.place, services.keeper.policy, services.now())
    return SecondShape(
        associate_key=facts.claimed_key.hex() if facts.claimed_key else None,
        agreed_by=said.associate if said else None,
        may_agree=may and refusal is None,
    )


def show_event(event: KeptEvent) -> Events:
    """An event with its details as texts."""
    details = msgspec.to_builtins(event.details) if event.details is not None else {}
    return Events(
        sequence=event.sequence,
        at_utc_ms=event.at_utc_ms,
        kind=event.kind,
        source="pc" if event.source == "pc" else "server",
        details=details,
        commitment=event.commitment.hex(),
    )


def show_session(row: Session, request: RequestShape, events: list[KeptEvent]) -> ClaimedSession:
    """A session with all of its events."""
    return ClaimedSession(
        id=row.id.hex(),
        request=request,
        device_id=row.device_id.hex(),
        device_key=row.device_key.hex(),
        state=row.state,
        opened_utc_ms=row.opened_utc_ms,
        ended_utc_ms=row.ended_utc_ms,
        outcome=row.outcome,
        associate=row.associate,
        events=[show_event(event) for event in events],
    )


def show_summary(row: Session) -> SessionSummary:
    """A line of the history."""
    instrument = None
    if row.instrument_id is not None:
        instrument = InstrumentShape(
            id=row.instrument_id,
            model=row.instrument_model or "",
            serial=row.instrument_serial or "",
            patient_data=row.patient_data is not False,
        )
    return SessionSummary(
        id=row.id.hex(),
        device_id=row.device_id.hex(),
        device=row.device,
        site=row.site,
        site_name=row.site_name,
        instrument=instrument,
        technician=row.technician,
        reason=row.reason,
        state=row.state,
        opened_utc_ms=row.opened_utc_ms,
        ended_utc_ms=row.ended_utc_ms,
        outcome=row.outcome,
        associate=row.associate,
    )
