"""The fleet: how it is, what is wrong where, and the timeline of a PC, for associates and for security officers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from fastapi import Depends, Path, Query, Request

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.condition import Severity
from benchside.server.audit.sessions import Term
from benchside.server.http.context import Services, duties_of, person_of, services_of
from benchside.server.http.fleet_shapes import ConditionList, FleetShape, SeverityWord, TimelineShape
from benchside.server.http.fleet_views import (
    show_change,
    show_condition,
    show_fleet,
    show_pc,
    visible_to,
    visible_to_officer,
)
from benchside.server.notices.fleet import Wanted
from benchside.server.notices.pcs import FleetPc

__all__ = ["conditions", "fleet", "officer_conditions", "officer_fleet", "officer_timeline", "timeline"]

MAX_SKIPPED = 100_000
MAX_PAGE = 100
NEWEST = 2**53
_Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
_Short = Annotated[str | None, Query(max_length=200)]


def _wanted(
    state: Literal["shown", "active", "unacknowledged", "shelved", "unshown", "all"] = "shown",
    severity: SeverityWord | None = None,
    site: _Short = None,
    model: _Short = None,
    device: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")] = None,
    source: _Short = None,
    code: _Short = None,
    words: Annotated[str, Query(max_length=100)] = "",
) -> Wanted:
    return Wanted(
        state=state,
        severity=Severity(severity) if severity else None,
        site=site,
        model=model,
        device_id=bytes.fromhex(device) if device else None,
        source=source,
        code=code,
        words=words.strip(),
    )


_Which = Annotated[Wanted, Depends(_wanted)]
_Skip = Annotated[int, Query(ge=0, le=MAX_SKIPPED)]
_Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]
_Before = Annotated[int, Query(ge=1, le=NEWEST)]


async def fleet(request: Request) -> FleetShape:
    """Counts by severity, site, model and kind of condition."""
    return await show_fleet(services_of(request), await visible_to(services_of(request), person_of(request)))


async def conditions(request: Request, which: _Which, skip: _Skip = 0, limit: _Limit = 50) -> ConditionList:
    """What is wrong, worst first."""
    services = services_of(request)
    return await _page(services, await visible_to(services, person_of(request)), which, skip, limit)


async def timeline(
    request: Request,
    id: _Id,  # noqa: A002 - the path's own word
    before: _Before = NEWEST,
    limit: _Limit = 50,
) -> TimelineShape:
    """One PC: what is wrong now, and each change, newest first."""
    services = services_of(request)
    return await _timeline(services, await visible_to(services, person_of(request)), id, before, limit)


async def officer_fleet(request: Request) -> FleetShape:
    """The same counts, of the customer's PCs."""
    services = services_of(request)
    return await show_fleet(services, await visible_to_officer(services, duties_of(request).officer_of))


async def officer_conditions(request: Request, which: _Which, skip: _Skip = 0, limit: _Limit = 50) -> ConditionList:
    """What is wrong at the customer's PCs."""
    services = services_of(request)
    visible = await visible_to_officer(services, duties_of(request).officer_of)
    return await _page(services, visible, which, skip, limit)


async def officer_timeline(
    request: Request,
    id: _Id,  # noqa: A002 - the path's own word
    before: _Before = NEWEST,
    limit: _Limit = 50,
) -> TimelineShape:
    """One PC of the customer's."""
    services = services_of(request)
    customer = duties_of(request).officer_of
    visible = await visible_to_officer(services, customer)
    terms = await services.administration.places.terms_of(customer or "")
    return await _timeline(services, visible, id, before, limit, terms)


async def _page(
    services: Services, visible: Mapping[bytes, FleetPc], which: Wanted, skip: int, limit: int
) -> ConditionList:
    found, total = await services.fleet.conditions(visible, which, skip=skip, limit=limit)
    return ConditionList(
        conditions=[show_condition(services, visible[one.device_id], one) for one in found], total=total
    )


async def _timeline(
    services: Services,
    visible: Mapping[bytes, FleetPc],
    device: str,
    before: int,
    limit: int,
    terms: Sequence[Term] | None = None,
) -> TimelineShape:
    pc = visible.get(bytes.fromhex(device))
    if pc is None:
        raise RefusedError(Refusal.UNKNOWN, "expected a PC that this person may see, got another")
    if terms is not None:
        terms = [one for one in terms if one.site == pc.site]
    changes = await services.fleet.timeline(pc.id, before=before, limit=limit + 1, terms=terms)
    now, _ = await services.fleet.conditions(visible, Wanted(device_id=pc.id), skip=0, limit=MAX_PAGE)
    return TimelineShape(
        pc=show_pc(services, pc),
        conditions=[show_condition(services, pc, one) for one in now],
        changes=[show_change(one) for one in changes[:limit]],
        more=len(changes) > limit,
    )
