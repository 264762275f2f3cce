"""Taking tables of people, trainings, customers, sites and models in: first shown, then all of it or nothing."""

from __future__ import annotations

import asyncio
import datetime
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Generic, TypeVar

import msgspec

from benchside.protocol.errors import PeerError, Refusal, RefusedError, UnavailableError
from benchside.protocol.wire.policy import NO_RULES, AssociateRole, Training
from benchside.server.access.moment import time_zone
from benchside.server.administration.columns import COLUMNS, FIELDS, KEYS, NEEDED, Kind
from benchside.server.administration.facts import SILENT_MIN, CustomerFacts, PersonFacts, SiteFacts, checked
from benchside.server.administration.people import People
from benchside.server.administration.places import Places
from benchside.server.administration.sheet import Problem, Row, Sheet, read_dates, read_sheet
from benchside.server.administration.versions import version_of

__all__ = ["Imported", "Imports", "Kind"]

_F = TypeVar("_F", PersonFacts, CustomerFacts, SiteFacts)


_DAY_MS = 24 * 3600_000
_END_OF_TIME_MS = 253_402_300_799_999
"""The last moment that a policy can name: a training that never ends comes as 31.12.9999."""


@dataclass
class Imported:
    """What came of a table: taken, or what would be taken if there were no problems."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    ignored: Sequence[str] = ()
    problems: list[Problem] = field(default_factory=list)
    is_applied: bool = False
    version: str = ""
    """Of exactly what it would change: from what, and to what."""


class Imports:
    """Reads a table, compares it with what is known, and writes it when told to."""

    def __init__(self, people: People, places: Places) -> None:
        self._people = people
        self._places = places

    async def take(self, by: str, kind: Kind, data: bytes, *, apply: bool, shown: str | None = None) -> Imported:
        """Return what the table would change, and change it when `apply` and nothing is wrong with any line.

        `shown`: the version of what somebody was shown and said yes to; RefusedError(CHANGED) when it would be
        something else by now, or when somebody changes one of the same in this moment.
        """
        # a second or two where the table is as large as can be, in which sessions go on
        sheet = await asyncio.to_thread(read_sheet, data, COLUMNS[kind], NEEDED[kind])
        if sheet.problems:
            return Imported(len(sheet.rows), ignored=sheet.ignored, problems=list(sheet.problems))
        match kind:
            case Kind.PEOPLE | Kind.TRAININGS:
                known = {one.id: one for one in await self._people.all()}
                read = _person if kind is Kind.PEOPLE else _training
                groups = {one.id for one in await self._people.groups()}
                taken = await asyncio.to_thread(_compare, sheet, known, read(sheet, groups), kind)
                imported, write = taken.imported, partial(self._people.put, by, taken.changed, taken.seen)
            case Kind.CUSTOMERS:
                customers = {one.id: one for one in await self._places.customers()}
                of_customers = await asyncio.to_thread(_compare, sheet, customers, _customer(sheet), kind)
                imported = of_customers.imported
                write = partial(self._places.put_customers, by, of_customers.changed, of_customers.seen)
            case Kind.SITES:
                sites = {one.id: one for one in await self._places.sites()}
                owners = {one.id for one in await self._places.customers()}
                of_sites = await asyncio.to_thread(_compare, sheet, sites, _site(owners), kind)
                imported = of_sites.imported
                write = partial(self._places.put_sites, by, of_sites.changed, of_sites.seen)
        if apply and not imported.problems:
            if shown is not None and shown != imported.version:
                raise RefusedError(Refusal.CHANGED, "expected to change what was shown, got something else by now")
            await self._write(by, sheet, kind, write, imported)
        imported.problems = [
            replace(one, column=sheet.headings.get(one.column, one.column)) for one in imported.problems
        ]
        return imported

    async def _write(
        self, by: str, sheet: Sheet, kind: Kind, write: Callable[[], Awaitable[None]], imported: Imported
    ) -> None:
        try:
            await write()
            imported.is_applied = True
        except RefusedError as refused:
            if refused.reason is Refusal.UNKNOWN:
                raise RefusedError(
                    Refusal.CHANGED, f"expected groups and customers as just now: {refused}"
                ) from refused
            if refused.reason is not Refusal.NOT_AUTHORISED:
                raise
            line = next((row.line for row in sheet.rows if row[KEYS[kind]] == by), 0)
            imported.problems.append(Problem(line, KEYS[kind], "refused"))


@dataclass(frozen=True)
class _Taken(Generic[_F]):
    imported: Imported
    changed: list[_F]
    seen: dict[str, str]
    """In which version each of the changed was compared."""


_Reader = Callable[[Row, dict[str, _F]], _F | Problem]


def _compare(sheet: Sheet, known: Mapping[str, _F], read: _Reader[_F], kind: Kind) -> _Taken[_F]:
    """Read every line on top of what is known and of the lines before it."""
    column = KEYS[kind]
    imported = Imported(len(sheet.rows), ignored=sheet.ignored)
    now: dict[str, _F] = dict(known)
    said: dict[str, Mapping[str, str]] = {}
    for row in sheet.rows:
        if not row[column]:
            imported.problems.append(Problem(row.line, column, "empty"))
            continue
        if "/" in row[column] and row[column] not in known and kind is not Kind.TRAININGS:
            imported.problems.append(Problem(row.line, column, "slash"))
            continue
        # a person has many trainings, but one name; which of two lines is right nobody knows here
        if kind is not Kind.TRAININGS and said.setdefault(row[column], row.cells) != row.cells:
            imported.problems.append(Problem(row.line, column, "repeated"))
            continue
        one = read(row, now)
        if not isinstance(one, Problem):
            try:
                now[one.id] = checked(one)
                continue
            except PeerError:
                one = Problem(row.line, _wrong_column(one, kind), "bad_value")
        imported.problems.append(one)
    changed = [one for key, one in now.items() if known.get(key) != one]
    imported.added = sum(one.id not in known for one in changed)
    imported.changed = len(changed) - imported.added
    named = {row[column] for row in sheet.rows}
    imported.unchanged = len(named) - len(changed) if not imported.problems else 0
    imported.version = version_of(*(fact for one in changed for fact in (known.get(one.id), one)))
    return _Taken(imported, changed, {one.id: version_of(known.get(one.id)) for one in changed})


def _wrong_column(one: PersonFacts | CustomerFacts | SiteFacts, kind: Kind) -> str:
    """The column of the first field of `one` that breaks its limits; that of its key where no column is to blame."""
    try:
        msgspec.convert(msgspec.to_builtins(one), type=type(one))
    except msgspec.ValidationError as error:
        # "... - at `$.trainings[1].law`": the innermost that is a column
        for name in reversed(re.findall(r"\.([a-z_]+)", str(error).rpartition("`$")[2])):
            column = FIELDS.get(str(name), str(name))
            if column in COLUMNS[kind]:
                return column
    return KEYS[kind]


def _person(sheet: Sheet, groups: set[str]) -> _Reader[PersonFacts]:
    dates = read_dates(sheet.rows, "until")

    def read(row: Row, now: dict[str, PersonFacts]) -> PersonFacts | Problem:
        before = now.get(row["account"])
        until, role = dates.get(row.line), before.role if before else AssociateRole.ENGINEER
        if isinstance(until, str):
            return Problem(row.line, "until", until)
        if row["role"]:
            try:
                role = AssociateRole(row["role"].casefold())
            except ValueError:
                return Problem(row.line, "role", "unknown_role")
        named = _words(row["groups"])
        if not set(named) <= groups:
            return Problem(row.line, "groups", "unknown_group")
        return PersonFacts(
            id=row["account"],
            name=row["name"],
            organisation=row["organisation"],
            role=role,
            is_administrator=before.is_administrator if before else False,
            officer_of=before.officer_of if before else None,
            until_utc_ms=_end_of_day(until) if until else before.until_utc_ms if before else None,
            is_active=before.is_active if before else True,
            groups=tuple(sorted(named)) if "groups" in sheet.columns else before.groups if before else (),
            trainings=before.trainings if before else (),
        )

    return read


def _training(sheet: Sheet, _groups: set[str]) -> _Reader[PersonFacts]:
    dates = read_dates(sheet.rows, "expires")
    latest: dict[tuple[str, str, str], int] = {}

    def read(row: Row, now: dict[str, PersonFacts]) -> PersonFacts | Problem:
        before, expires = now.get(row["account"]), dates.get(row.line)
        if before is None:
            return Problem(row.line, "account", "unknown_person")
        if expires is None or isinstance(expires, str):
            return Problem(row.line, "expires", expires or "empty")
        course, law = re.sub(r"[^\w.:+/-]+", "-", row["course"])[:64], row["law"].casefold()
        # one that was passed again stands on a line for each year, in any order
        which = (row["account"], course, law)
        latest[which] = max(_end_of_day(expires), latest.get(which, 0))
        new = Training(course=course, law=law, expires_utc_ms=latest[which])
        others = tuple(one for one in before.trainings if (one.course, one.law) != (new.course, new.law))
        trainings = tuple(sorted((*others, new), key=lambda one: (one.law, one.course)))
        return msgspec.structs.replace(before, trainings=trainings)

    return read


def _customer(sheet: Sheet) -> _Reader[CustomerFacts]:
    def read(row: Row, now: dict[str, CustomerFacts]) -> CustomerFacts | Problem:
        before = now.get(row["customer"])
        return CustomerFacts(
            id=row["customer"],
            name=row["name"],
            it_mail=row["it_mail"] if "it_mail" in sheet.columns else before.it_mail if before else "",
            mail_language=row["language"].casefold() or (before.mail_language if before else "en"),
        )

    return read


def _site(owners: set[str]) -> _Reader[SiteFacts]:
    def read(row: Row, now: dict[str, SiteFacts]) -> SiteFacts | Problem:
        before = now.get(row["site"])
        if row["customer"] not in owners:
            return Problem(row.line, "customer", "unknown_customer")
        try:
            time_zone(row["time_zone"] or "UTC")
        except UnavailableError:
            return Problem(row.line, "time_zone", "bad_time_zone")
        return SiteFacts(
            id=row["site"],
            name=row["name"],
            customer=row["customer"],
            laws=tuple(law.casefold() for law in _words(row["laws"])),
            time_zone=row["time_zone"] or (before.time_zone if before else "UTC"),
            rules=before.rules if before else NO_RULES,
            silent_after_min=before.silent_after_min if before else SILENT_MIN,
        )

    return read


def _words(cell: str) -> list[str]:
    """Several in one cell, between whatever does not part the cells."""
    return [word.strip() for word in re.split(r"[;,|]", cell) if word.strip()]


def _end_of_day(day: datetime.date) -> int:
    begin = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    return min(int(begin.timestamp() * 1000) + _DAY_MS, _END_OF_TIME_MS)
