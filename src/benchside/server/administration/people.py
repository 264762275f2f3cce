"""People, their groups and their training.  Nothing here lets anybody in: the authority signs what is proposed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.policy import AssociateRole, Scope, Training
from benchside.server.accounts.model import Account
from benchside.server.administration.facts import GroupFacts, PersonFacts, checked
from benchside.server.administration.model import Group, Membership, Person, TrainingRecord
from benchside.server.administration.versions import Seen, refuse_changed
from benchside.server.audit.kind import OPERATOR, SERVER, ServerKind
from benchside.server.audit.ledger import Ledger
from benchside.server.clock import NowUtcMs, utc_ms
from benchside.server.enrolment.model import Customer
from benchside.server.store.database import Database
from benchside.server.store.planes import table_of

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
            return await _read_people(rows)

    async def get(self, person: str) -> PersonFacts | None:
        """One person."""
        async with self._database.read() as rows:
            found = await _read_people(rows, [person])
            return found[0] if found else None

    async def put(self, by: str, people: Sequence[PersonFacts], seen: Seen = None) -> None:
        """Add people, or replace what is known of them, all or none; RefusedError for a group or customer of none.

        Also for who takes their own duty away, or has lost it meanwhile, and where no administrator would stay.
        """
        people = list({one.id: checked(one) for one in people}.values())
        if any(one.id == by and not self._administers(one) for one in people):
            raise RefusedError(Refusal.NOT_AUTHORISED, "expected another administrator to take this one's away")
        async with self._database.write() as rows:
            before = await self._administrators(rows)
            if seen is not None:
                await _refuse_former(rows, by, before)
                await _refuse_changed(rows, [one.id for one in people], seen)
            await _refuse_unknown(rows, people)
            for first in range(0, len(people), AT_ONCE):
                await _write_people(rows, people[first : first + AT_ONCE])
            _refuse_none(before, await self._administrators(rows))
            # nothing is made before the transaction ends; a change that is refused leaves no word of it
            changed = [EventDetails(associate=by, scope=one.id) for one in people]
            await self._ledger.record_all(SERVER, ServerKind.PERSON_CHANGED, changed)

    async def remove(self, by: str, person: str, seen: Seen = None) -> None:
        """Forget a person with their training; RefusedError when it is oneself, and as `put` says."""
        if person == by:
            raise RefusedError(Refusal.NOT_AUTHORISED, "expected somebody else to be removed, got oneself")
        async with self._database.write() as rows:
            before = await self._administrators(rows)
            if seen is not None:
                await _refuse_former(rows, by, before)
                await _refuse_changed(rows, [person], seen)
            _refuse_none(before, before - {person})
            await self._ledger.record(SERVER, ServerKind.PERSON_REMOVED, EventDetails(associate=by, scope=person))
            await rows.execute(delete(TrainingRecord).where(TrainingRecord.person == person))
            await rows.execute(delete(Membership).where(Membership.person == person))
            await rows.execute(delete(Person).where(Person.id == person))

    async def make_administrator(self, person: str, *, is_administrator: bool) -> None:
        """Let an account administer, or no more: what an operator does on the server, before there is anybody else."""
        by = EventDetails(associate=OPERATOR, scope=person)
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

    async def _administrators(self, rows: AsyncSession) -> set[str]:
        """Who administers at this moment, in the caller's transaction."""
        is_here = Person.is_active & (Person.until_utc_ms.is_(None) | (Person.until_utc_ms > self._now()))
        return set(await rows.scalars(select(Person.id).where(Person.is_administrator & is_here)))

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

    async def remove_group(self, by: str, group: str, seen: Seen = None) -> None:
        """Forget a group; its people stay."""
        async with self._database.write() as rows:
            row = await rows.get(Group, group)
            refuse_changed(seen, (group,), {row.id: _group(row)} if row else {})
            await self._ledger.record(SERVER, ServerKind.GROUP_REMOVED, EventDetails(associate=by, scope=group))
            await rows.execute(delete(Membership).where(Membership.group == group))
            await rows.execute(delete(Group).where(Group.id == group))


async def _refuse_former(rows: AsyncSession, by: str, administrators: set[str]) -> None:
    """Whoever asks was one when they came in; another one may have taken that away, or removed them, since.

    An operator on the server itself (OPERATOR) has no account, and nobody has that name.
    """
    if by not in administrators and (await rows.get(Account, by) is not None or await rows.get(Person, by) is not None):
        raise RefusedError(Refusal.NOT_AUTHORISED, "expected an administrator, got one who is none any more")


def _refuse_none(before: set[str], after: set[str]) -> None:
    if before and not after:
        raise RefusedError(Refusal.NOT_AUTHORISED, "expected at least one administrator to stay, got none")


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
        some = ids[first : first + AT_ONCE]
        now |= {one.id: one for one in await _read_people(rows, some)}
    refuse_changed(seen, ids, now)


async def _write_people(rows: AsyncSession, people: Sequence[PersonFacts]) -> None:
    """As plain rows: nobody else writes meanwhile, and an object for each takes ten times as long."""
    ids = [one.id for one in people]
    known = set(await rows.scalars(select(Person.id).where(Person.id.in_(ids))))
    if known:
        for table in (Membership, TrainingRecord):
            what = delete(table).where(table.person.in_(known))
            await rows.execute(what, execution_options={"synchronize_session": False})
    for statement, values in (
        (update(Person), [_person_row(one) for one in people if one.id in known]),
        (insert(Person), [_person_row(one) for one in people if one.id not in known]),
        (insert(Membership), [_membership_row(one, group) for one in people for group in dict.fromkeys(one.groups)]),
        (insert(TrainingRecord), [_training_row(one, each) for one in people for each in _latest(one)]),
    ):
        if values:
            await rows.execute(statement, values)


def _person_row(one: PersonFacts) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "organisation": one.organisation,
        "role": one.role.value if one.role else None,
        "is_administrator": one.is_administrator,
        "officer_of": one.officer_of,
        "until_utc_ms": one.until_utc_ms,
        "is_active": one.is_active,
    }


def _membership_row(one: PersonFacts, group: str) -> dict[str, object]:
    return {"group": group, "person": one.id}


def _training_row(one: PersonFacts, each: Training) -> dict[str, object]:
    return {"person": one.id, "course": each.course, "law": each.law, "expires_utc_ms": each.expires_utc_ms}


def _latest(one: PersonFacts) -> Iterable[Training]:
    """Of a course that was passed again, the one that counts longest."""
    by_end = sorted(one.trainings, key=lambda training: training.expires_utc_ms)
    return {(each.course, each.law): each for each in by_end}.values()


async def _read_people(rows: AsyncSession, ids: Sequence[str] | None = None) -> list[PersonFacts]:
    """Those of `ids`, at most AT_ONCE, or everybody; by id."""
    found = await rows.execute(select(*table_of(Person).columns).where(*_of(Person.id, ids)).order_by(Person.id))
    groups: dict[str, list[str]] = defaultdict(list)
    members = select(Membership.person, Membership.group).where(*_of(Membership.person, ids))
    for person, group in await rows.execute(members.order_by(Membership.group)):
        groups[person].append(group)
    trainings: dict[str, list[Training]] = defaultdict(list)
    courses = select(TrainingRecord.person, TrainingRecord.course, TrainingRecord.law, TrainingRecord.expires_utc_ms)
    order = (TrainingRecord.law, TrainingRecord.course)
    for person, course, law, until in await rows.execute(
        courses.where(*_of(TrainingRecord.person, ids)).order_by(*order)
    ):
        trainings[person].append(Training(course=course, law=law, expires_utc_ms=until))
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


def _of(column: InstrumentedAttribute[str], ids: Sequence[str] | None) -> tuple[ColumnElement[bool], ...]:
    return () if ids is None else (column.in_(ids),)


def _group(row: Group) -> GroupFacts:
    customers, sites, models = (tuple(json.loads(text)) for text in (row.customers, row.sites, row.models))
    return GroupFacts(id=row.id, name=row.name, scope=Scope(customers=customers, sites=sites, models=models))
