"""People, their groups and their training.  Nothing here lets anybody in: the authority signs what is proposed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.policy import AssociateRole, Scope, Training
from benchside.server.administration.facts import GroupFacts, PersonFacts, checked
from benchside.server.administration.model import Group, Membership, Person, TrainingRecord
from benchside.server.administration.versions import Seen, refuse_changed
from benchside.server.audit.kind import SERVER, ServerKind
from benchside.server.audit.ledger import Ledger
from benchside.server.clock import NowUtcMs, utc_ms
from benchside.server.enrolment.model import Customer
from benchside.server.store.database import Database

__all__ = ["People"]

AT_ONCE = 500
"""People in one statement."""


class People:
    """Writes the cloud plane; each change is in the log before it is made, with who made it.

    `seen`: what whoever changes it had before them; RefusedError(CHANGED) when it is another by now.
    """

    def __init__(self, database: Database, ledger: Ledger, now: NowUtcMs = utc_ms) -> None:
        self._database = database
        self._ledger = ledger
        self._now = now

    async def all(self) -> list[PersonFacts]:
        """Everybody, by id."""
        async with self._database.read() as rows:
            return await _read_people(rows, await rows.scalars(select(Person).order_by(Person.id)))

    async def get(self, person: str) -> PersonFacts | None:
        """One person."""
        async with self._database.read() as rows:
            row = await rows.get(Person, person)
            return None if row is None else (await _read_people(rows, [row]))[0]

    async def put(self, by: str, people: Sequence[PersonFacts], seen: Seen = None) -> None:
        """Add people, or replace what is known of them, all or none; RefusedError for a group or customer of none."""
        people = list({one.id: checked(one) for one in people}.values())
        if any(one.id == by and not self._administers(one) for one in people):
            raise RefusedError(Refusal.NOT_AUTHORISED, "expected another administrator to take this one's away")
        async with self._database.write() as rows:
            await _refuse_unknown(rows, people)
            if seen is not None:
                await _refuse_changed(rows, [one.id for one in people], seen)
            for first in range(0, len(people), AT_ONCE):
                await _write_people(rows, people[first : first + AT_ONCE])
            # nothing is made before the transaction ends; a change that is refused leaves no word of it
            changed = [EventDetails(associate=by, scope=one.id) for one in people]
            await self._ledger.record_all(SERVER, ServerKind.PERSON_CHANGED, changed)

    async def remove(self, by: str, person: str) -> None:
        """Forget a person with their training; RefusedError when it is oneself."""
        if person == by:
            raise RefusedError(Refusal.NOT_AUTHORISED, "expected somebody else to be removed, got oneself")
        await self._ledger.record(SERVER, ServerKind.PERSON_REMOVED, EventDetails(associate=by, scope=person))
        async with self._database.write() as rows:
            await rows.execute(delete(TrainingRecord).where(TrainingRecord.person == person))
            await rows.execute(delete(Membership).where(Membership.person == person))
            await rows.execute(delete(Person).where(Person.id == person))

    async def make_administrator(self, person: str, *, is_administrator: bool) -> None:
        """Let an account administer, or no more: what an operator does on the server, before there is anybody else."""
        by = EventDetails(associate="operator", scope=person)
        await self._ledger.record(SERVER, ServerKind.PERSON_CHANGED, by)
        async with self._database.write() as rows:
            row = await rows.get(Person, person)
            if row is None:
                row = Person(id=person, name=person, organisation="-", role=None, is_active=True)
                rows.add(row)
            row.is_administrator = is_administrator
            row.is_active = row.is_active or is_administrator
            if is_administrator and row.until_utc_ms is not None and row.until_utc_ms <= self._now():
                row.until_utc_ms = None  # or they would be none again at once

    def _administers(self, one: PersonFacts) -> bool:
        is_here = one.is_active and (one.until_utc_ms is None or one.until_utc_ms > self._now())
        return one.is_administrator and is_here

    async def groups(self) -> list[GroupFacts]:
        """All groups, by id."""
        async with self._database.read() as rows:
            return [_group(row) for row in await rows.scalars(select(Group).order_by(Group.id))]

    async def put_group(self, by: str, group: GroupFacts, seen: Seen = None) -> None:
        """Add a group, or change where it works."""
        group = checked(group)
        async with self._database.write() as rows:
            row = await rows.get(Group, group.id)
            refuse_changed(seen, (group.id,), {row.id: _group(row)} if row else {})
            await self._ledger.record(SERVER, ServerKind.GROUP_CHANGED, EventDetails(associate=by, scope=group.id))
            await rows.merge(
                Group(
                    id=group.id,
                    name=group.name,
                    customers=json.dumps(group.scope.customers),
                    sites=json.dumps(group.scope.sites),
                    models=json.dumps(group.scope.models),
                )
            )

    async def remove_group(self, by: str, group: str) -> None:
        """Forget a group; its people stay."""
        await self._ledger.record(SERVER, ServerKind.GROUP_REMOVED, EventDetails(associate=by, scope=group))
        async with self._database.write() as rows:
            await rows.execute(delete(Membership).where(Membership.group == group))
            await rows.execute(delete(Group).where(Group.id == group))


async def _refuse_unknown(rows: AsyncSession, people: Sequence[PersonFacts]) -> None:
    groups = set(await rows.scalars(select(Group.id)))
    customers = set(await rows.scalars(select(Customer.id)))
    for one in people:
        for group in one.groups:
            if group not in groups:
                raise RefusedError(Refusal.UNKNOWN, f"expected a group that there is for {one.id}, got {group}")
        if one.officer_of is not None and one.officer_of not in customers:
            raise RefusedError(Refusal.UNKNOWN, f"expected a customer that there is for {one.id}, got another")


async def _refuse_changed(rows: AsyncSession, ids: Sequence[str], seen: Seen) -> None:
    now: dict[str, PersonFacts] = {}
    for first in range(0, len(ids), AT_ONCE):
        found = await rows.scalars(select(Person).where(Person.id.in_(ids[first : first + AT_ONCE])))
        now |= {one.id: one for one in await _read_people(rows, found)}
    refuse_changed(seen, ids, now)


async def _write_people(rows: AsyncSession, people: Sequence[PersonFacts]) -> None:
    ids = [one.id for one in people]
    known = {row.id: row for row in await rows.scalars(select(Person).where(Person.id.in_(ids)))}
    for one in people:
        row = known.get(one.id)
        if row is None:
            row = Person(id=one.id)
            rows.add(row)
        row.name, row.organisation = one.name, one.organisation
        row.role = one.role.value if one.role else None
        row.is_administrator, row.officer_of = one.is_administrator, one.officer_of
        row.until_utc_ms, row.is_active = one.until_utc_ms, one.is_active
    await rows.flush()
    await rows.execute(delete(Membership).where(Membership.person.in_(ids)))
    await rows.execute(delete(TrainingRecord).where(TrainingRecord.person.in_(ids)))
    for one in people:
        rows.add_all(Membership(group=group, person=one.id) for group in dict.fromkeys(one.groups))
        latest: dict[tuple[str, str], Training] = {}
        for each in sorted(one.trainings, key=lambda training: training.expires_utc_ms):
            latest[each.course, each.law] = each
        rows.add_all(
            TrainingRecord(person=one.id, course=each.course, law=each.law, expires_utc_ms=each.expires_utc_ms)
            for each in latest.values()
        )
    await rows.flush()


async def _read_people(rows: AsyncSession, people: Iterable[Person]) -> list[PersonFacts]:
    found = list(people)
    groups: dict[str, list[str]] = defaultdict(list)
    for member in await rows.scalars(
        select(Membership).where(*_of(Membership.person, found)).order_by(Membership.group)
    ):
        groups[member.person].append(member.group)
    trainings: dict[str, list[Training]] = defaultdict(list)
    order = (TrainingRecord.law, TrainingRecord.course)
    for each in await rows.scalars(select(TrainingRecord).where(*_of(TrainingRecord.person, found)).order_by(*order)):
        trainings[each.person].append(Training(course=each.course, law=each.law, expires_utc_ms=each.expires_utc_ms))
    return [
        PersonFacts(
            id=one.id,
            name=one.name,
            organisation=one.organisation,
            role=AssociateRole(one.role) if one.role else None,
            is_administrator=one.is_administrator,
            officer_of=one.officer_of,
            until_utc_ms=one.until_utc_ms,
            is_active=one.is_active,
            groups=tuple(groups[one.id]),
            trainings=tuple(trainings[one.id]),
        )
        for one in found
    ]


def _of(column: InstrumentedAttribute[str], people: Sequence[Person]) -> tuple[ColumnElement[bool], ...]:
    """Of as many as one statement can name only theirs; of more everything, since all are wanted then."""
    return (column.in_([one.id for one in people]),) if len(people) <= AT_ONCE else ()


def _group(row: Group) -> GroupFacts:
    customers, sites, models = (tuple(json.loads(text)) for text in (row.customers, row.sites, row.models))
    return GroupFacts(id=row.id, name=row.name, scope=Scope(customers=customers, sites=sites, models=models))
