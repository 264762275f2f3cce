"""Taking tables of people, trainings, customers, sites and models in: first shown, then all of it or nothing."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

import msgspec

from benchside.protocol.errors import PeerError, RefusedError, UnavailableError
from benchside.protocol.wire.policy import NO_RULES, AssociateRole, Training
from benchside.server.administration.facts import SILENT_MIN, CustomerFacts, PersonFacts, SiteFacts, checked
from benchside.server.administration.people import People
from benchside.server.administration.places import Places
from benchside.server.administration.sheet import Problem, Row, Sheet, read_dates, read_sheet

__all__ = ["Imported", "Imports", "Kind"]

_F = TypeVar("_F", PersonFacts, CustomerFacts, SiteFacts)


class Kind(StrEnum):
    """What a table tells of."""

    PEOPLE = "people"
    TRAININGS = "trainings"
    CUSTOMERS = "customers"
    SITES = "sites"


_DAY_MS = 24 * 3600_000
_END_OF_TIME_MS = 253_402_300_799_999
"""The last moment that a policy can name: a training that never ends comes as 31.12.9999."""
_ACCOUNT = ("user", "user id", "user name", "login", "employee", "employee id", "cuenta", "usuario")
_COLUMNS: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    Kind.PEOPLE: {
        "account": _ACCOUNT,
        "name": ("full name", "display name", "nombre"),
        "organisation": ("organization", "company", "employer", "organización", "empresa"),
        "role": ("rol", "función"),
        "groups": ("group", "team", "teams", "grupos", "grupo"),
        "until": ("leaves", "end date", "contract end", "hasta"),
    },
    Kind.TRAININGS: {
        "account": _ACCOUNT,
        "course": ("course id", "course name", "training", "curso"),
        "law": ("privacy law", "regulation", "ley"),
        "expires": ("expiry", "expiry date", "expires on", "valid until", "expiration", "expiration date", "caduca"),
    },
    Kind.CUSTOMERS: {
        "customer": ("customer id", "id", "cliente"),
        "name": ("customer name", "nombre"),
        "it_mail": ("it e-mail", "it email", "mail", "e-mail", "email", "correo"),
        "language": ("mail language", "idioma"),
    },
    Kind.SITES: {
        "site": ("site id", "id", "centro"),
        "name": ("site name", "laboratory", "nombre"),
        "customer": ("customer id", "cliente"),
        "laws": ("law", "privacy laws", "leyes"),
        "time_zone": ("timezone", "zona horaria"),
    },
}
_NEEDED: Mapping[Kind, tuple[str, ...]] = {
    Kind.PEOPLE: ("account", "name", "organisation"),
    Kind.TRAININGS: ("account", "course", "law", "expires"),
    Kind.CUSTOMERS: ("customer", "name"),
    Kind.SITES: ("site", "name", "customer", "laws"),
}


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


class Imports:
    """Reads a table, compares it with what is known, and writes it when told to."""

    def __init__(self, people: People, places: Places) -> None:
        self._people = people
        self._places = places

    async def take(self, by: str, kind: Kind, data: bytes, *, apply: bool) -> Imported:
        """Return what the table would change, and change it when `apply` and nothing is wrong with any line."""
        sheet = read_sheet(data, _COLUMNS[kind], _NEEDED[kind])
        if sheet.problems:
            return Imported(len(sheet.rows), ignored=sheet.ignored, problems=list(sheet.problems))
        match kind:
            case Kind.PEOPLE | Kind.TRAININGS:
                known = {one.id: one for one in await self._people.all()}
                read = _person if kind is Kind.PEOPLE else _training
                groups = {one.id for one in await self._people.groups()}
                imported, changed = _compare(sheet, known, read(sheet, known, groups), "account")
            case Kind.CUSTOMERS:
                customers = {one.id: one for one in await self._places.customers()}
                imported, changed_customers = _compare(sheet, customers, _customer(sheet, customers), "customer")
            case Kind.SITES:
                sites = {one.id: one for one in await self._places.sites()}
                owners = {one.id for one in await self._places.customers()}
                imported, changed_sites = _compare(sheet, sites, _site(sheet, sites, owners), "site")
        if not apply or imported.problems:
            return imported
        try:
            match kind:
                case Kind.PEOPLE | Kind.TRAININGS:
                    await self._people.put(by, changed)
                case Kind.CUSTOMERS:
                    for customer in changed_customers:
                        await self._places.put_customer(by, customer)
                case Kind.SITES:
                    await self._places.put_sites(by, changed_sites)
        except RefusedError:
            imported.problems.append(Problem(0, "", "refused"))
            return imported
        except UnavailableError:
            imported.problems.append(Problem(0, "time_zone", "bad_time_zone"))
            return imported
        imported.is_applied = True
        return imported


_Reader = Callable[[Row, dict[str, _F]], _F | Problem]


def _compare(sheet: Sheet, known: Mapping[str, _F], read: _Reader[_F], column: str) -> tuple[Imported, list[_F]]:
    """Read every line on top of what is known and of the lines before it."""
    imported = Imported(len(sheet.rows), ignored=sheet.ignored)
    now: dict[str, _F] = dict(known)
    for row in sheet.rows:
        if not row[column]:
            imported.problems.append(Problem(row.line, column, "empty"))
            continue
        one = read(row, now)
        if not isinstance(one, Problem):
            try:
                now[one.id] = checked(one)
                continue
            except PeerError:
                one = Problem(row.line, _wrong_field(one) or column, "bad_value")
        imported.problems.append(one)
    changed = [one for key, one in now.items() if known.get(key) != one]
    imported.added = sum(one.id not in known for one in changed)
    imported.changed = len(changed) - imported.added
    named = {row[column] for row in sheet.rows}
    imported.unchanged = len(named) - len(changed) if not imported.problems else 0
    return imported, changed


def _wrong_field(one: PersonFacts | CustomerFacts | SiteFacts) -> str:
    """The first field of `one` that breaks its limits."""
    try:
        msgspec.convert(msgspec.to_builtins(one), type=type(one))
    except msgspec.ValidationError as error:
        found = re.search(r"\$\.([a-z_]+)", str(error))
        return found[1] if found else ""
    return ""


def _person(sheet: Sheet, known: Mapping[str, PersonFacts], groups: set[str]) -> _Reader[PersonFacts]:
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


def _training(sheet: Sheet, known: Mapping[str, PersonFacts], groups: set[str]) -> _Reader[PersonFacts]:
    dates = read_dates(sheet.rows, "expires")

    def read(row: Row, now: dict[str, PersonFacts]) -> PersonFacts | Problem:
        before, expires = now.get(row["account"]), dates.get(row.line)
        if before is None:
            return Problem(row.line, "account", "unknown_person")
        if expires is None or isinstance(expires, str):
            return Problem(row.line, "expires", expires or "empty")
        course, law = re.sub(r"[^\w.:+/-]+", "-", row["course"])[:64], row["law"].casefold()
        new = Training(course=course, law=law, expires_utc_ms=_end_of_day(expires))
        others = tuple(one for one in before.trainings if (one.course, one.law) != (new.course, new.law))
        trainings = tuple(sorted((*others, new), key=lambda one: (one.law, one.course)))
        return msgspec.structs.replace(before, trainings=trainings)

    return read


def _customer(sheet: Sheet, known: Mapping[str, CustomerFacts]) -> _Reader[CustomerFacts]:
    def read(row: Row, now: dict[str, CustomerFacts]) -> CustomerFacts | Problem:
        before = now.get(row["customer"])
        return CustomerFacts(
            id=row["customer"],
            name=row["name"],
            it_mail=row["it_mail"] if "it_mail" in sheet.columns else before.it_mail if before else "",
            mail_language=row["language"].casefold() or (before.mail_language if before else "en"),
        )

    return read


def _site(sheet: Sheet, known: Mapping[str, SiteFacts], owners: set[str]) -> _Reader[SiteFacts]:
    def read(row: Row, now: dict[str, SiteFacts]) -> SiteFacts | Problem:
        before = now.get(row["site"])
        if row["customer"] not in owners:
            return Problem(row.line, "customer", "unknown_customer")
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
