"""From what the server knows of the fleet to what one person is shown of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from benchside.protocol.wire.condition import Severity
from benchside.server.access.model import Person, may_see
from benchside.server.http.context import Services
from benchside.server.http.fleet_shapes import (
    ChangeShape,
    CodeCount,
    ConditionShape,
    FleetPcShape,
    FleetShape,
    PlaceCount,
    SeverityCounts,
)
from benchside.server.notices.facts import ShownCondition
from benchside.server.notices.fleet import Counted, ShownChange
from benchside.server.notices.pcs import FleetPc

__all__ = ["show_change", "show_condition", "show_fleet", "show_pc", "visible_to", "visible_to_officer"]

MAX_SITES = 500
"""Places in a summary, the most troubled first: more are found by searching."""


async def visible_to(services: Services, person: Person) -> dict[bytes, FleetPc]:
    """The PCs that an associate may see: the same rule as for requests, asked once for each kind of place."""
    policy, now = services.keeper.policy, services.now()
    asked: dict[tuple[str, tuple[str, ...]], bool] = {}

    def may(pc: FleetPc) -> bool:
        kind = (pc.site, pc.models)
        if kind not in asked:
            asked[kind] = may_see(person, pc.place, policy, now) is None
        return asked[kind]

    return {one.id: one for one in (await services.fleet.pcs.all()).values() if may(one)}


async def visible_to_officer(services: Services, customer: str | None) -> dict[bytes, FleetPc]:
    """The PCs of a customer."""
    if customer is None:
        return {}
    return {one.id: one for one in (await services.fleet.pcs.all()).values() if one.customer == customer}


def show_pc(services: Services, pc: FleetPc) -> FleetPcShape:
    """A PC."""
    return FleetPcShape(
        id=pc.id.hex(),
        name=pc.name,
        site=pc.site,
        site_name=pc.site_name,
        models=list(pc.models),
        software=pc.software,
        online=services.presence.is_online(pc.id),
    )


def show_condition(services: Services, pc: FleetPc, one: ShownCondition) -> ConditionShape:
    """A condition."""
    state = one.state
    return ConditionShape(
        id=one.number,
        pc=show_pc(services, pc),
        source=state.key.source,
        subject=state.key.subject,
        code=state.key.code,
        severity=state.severity.value,
        texts=state.texts,
        values=state.values,
        is_active=state.is_active,
        is_latched=state.is_latched,
        is_acknowledged=state.is_acknowledged,
        acknowledged_by=state.acknowledged_by,
        shelved_until_utc_ms=state.shelved_until_utc_ms,
        shelved_by=state.shelved_by,
        shelved_why=state.shelved_why,
        is_flapping=state.is_flapping,
        is_suppressed=state.is_suppressed,
        is_out_of_service=state.is_out_of_service,
        count=state.count,
        since_utc_ms=state.since_utc_ms,
        raised_utc_ms=one.raised_utc_ms,
    )


def show_change(one: ShownChange) -> ChangeShape:
    """A line of a timeline."""
    return ChangeShape(
        id=one.number,
        kind=one.kind,
        at_utc_ms=one.at_utc_ms,
        kept_utc_ms=one.kept_utc_ms,
        source=one.key.source if one.key else None,
        subject=one.key.subject if one.key else None,
        code=one.key.code if one.key else None,
        severity=one.severity.value if one.severity else None,
        texts=one.content.texts,
        by=one.people.by,
        why=one.people.why,
        until_utc_ms=one.content.until_utc_ms,
        count=one.content.count,
    )


async def show_fleet(services: Services, visible: Mapping[bytes, FleetPc]) -> FleetShape:
    """Counts by severity, site, model and kind."""
    counted = await services.fleet.counted(visible)
    by_pc: dict[bytes, list[Counted]] = {}
    for one in counted:
        by_pc.setdefault(one.device_id, []).append(one)
    pcs = visible.values()
    online = {one.id for one in pcs if services.presence.is_online(one.id)}

    def place(id_: str, name: str, here: Iterable[FleetPc]) -> PlaceCount:
        ids = [one.id for one in here]
        return PlaceCount(
            id=id_,
            name=name,
            pcs=len(ids),
            online=sum(one in online for one in ids),
            troubled=sum(_is_troubled(by_pc.get(one, ())) for one in ids),
            counts=_counts(each for one in ids for each in by_pc.get(one, ())),
        )

    sites = _grouped(pcs, lambda one: [(one.site, one.site_name)])
    models = _grouped(pcs, lambda one: [(model, model) for model in sorted(set(one.models))])
    return FleetShape(
        pcs=len(visible),
        online=len(online),
        troubled=sum(_is_troubled(found) for found in by_pc.values()),
        counts=_counts(counted),
        sites=_worst(place(*names, here) for names, here in sites.items()),
        models=_worst(place(*names, here) for names, here in models.items()),
        codes=_codes(counted),
    )


def _is_troubled(found: Iterable[Counted]) -> bool:
    return any(one.severity is not Severity.INFO for one in found)


def _counts(found: Iterable[Counted]) -> SeverityCounts:
    counts = dict.fromkeys(Severity, 0)
    for one in found:
        counts[one.severity] += one.count
    return SeverityCounts(**{severity.value: count for severity, count in counts.items()})


def _grouped(
    pcs: Iterable[FleetPc], names: Callable[[FleetPc], Iterable[tuple[str, str]]]
) -> dict[tuple[str, str], list[FleetPc]]:
    found: dict[tuple[str, str], list[FleetPc]] = {}
    for one in pcs:
        for name in names(one):
            found.setdefault(name, []).append(one)
    return found


def _worst(places: Iterable[PlaceCount]) -> list[PlaceCount]:
    def badness(one: PlaceCount) -> tuple[int, int, int, str]:
        counts = one.counts
        return (-counts.critical, -counts.serious, -counts.warning, one.name)

    return sorted(places, key=badness)[:MAX_SITES]


def _codes(found: Iterable[Counted]) -> list[CodeCount]:
    kinds: dict[tuple[str, str, Severity], tuple[set[bytes], int]] = {}
    for one in found:
        pcs, count = kinds.setdefault((one.source, one.code, one.severity), (set(), 0))
        pcs.add(one.device_id)
        kinds[one.source, one.code, one.severity] = (pcs, count + one.count)
    shown = [
        CodeCount(source=source, code=code, severity=severity.value, pcs=len(pcs), count=count)
        for (source, code, severity), (pcs, count) in kinds.items()
    ]
    rank = {severity.value: severity.rank for severity in Severity}
    return sorted(shown, key=lambda one: (-rank[one.severity], -one.pcs, one.source, one.code))[:MAX_SITES]
