"""Tables of offices that speak otherwise: all or nothing, each mistake by the table's own heading and line."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.fakes.server_world import opened_parts

from benchside.protocol.wire.policy import Training
from benchside.server.administration.columns import COLUMNS, NEEDED, Kind
from benchside.server.administration.facts import CustomerFacts, PersonFacts
from benchside.server.administration.imports import Imported, Imports
from benchside.server.administration.people import People
from benchside.server.administration.places import Places
from benchside.server.administration.sheet import read_sheet
from benchside.server.audit.model import Event
from benchside.server.parts import Parts

OTHERS_WAIT_S = 1.0
"""A person who signs in or claims meanwhile notices no more than this; two cores take a third of it."""
ALWAYS = 253_402_300_799_999


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    async with opened_parts(tmp_path) as opened:
        places = Places(opened.cloud, opened.ledger, opened.now)
        await places.put_customers("x", [CustomerFacts(id="c-1", name="C", it_mail="", mail_language="en")])
        await People(opened.cloud, opened.ledger).put("x", [person("ben")])
        yield opened


def person(account: str, **changes: object) -> PersonFacts:
    facts: dict[str, object] = {
        "name": account, "organisation": "Vendor", "role": None, "is_administrator": False, "officer_of": None,
        "until_utc_ms": None, "is_active": True, "groups": (), "trainings": (),
    } | changes  # fmt: skip
    return PersonFacts(id=account, **facts)  # type: ignore[arg-type]  # as given


async def take(parts: Parts, kind: Kind, text: str, *, by: str = "x", apply: bool = True) -> Imported:
    imports = Imports(People(parts.cloud, parts.ledger, parts.now), Places(parts.cloud, parts.ledger, parts.now))
    return await imports.take(by, kind, text.encode(), apply=apply)


async def everything(parts: Parts) -> tuple[object, ...]:
    people, places = People(parts.cloud, parts.ledger), Places(parts.cloud, parts.ledger, parts.now)
    async with parts.session.read() as rows:
        events = await rows.scalar(select(func.count()).select_from(Event))
    return await people.all(), await places.customers(), await places.sites(), events


GOOD = {
    Kind.PEOPLE: "anna;Anna;Werk;;;",
    Kind.TRAININGS: "ben;Kurs;gdpr;31.12.2030",
    Kind.CUSTOMERS: "c-2;Haus;it@haus.example;es",
    Kind.SITES: "lab-9;Labor;c-1;gdpr;Europe/Berlin",
}
HEADINGS = {
    Kind.PEOPLE: "Benutzername;Vollständiger Name;Firma;Rolle;Gruppen;Austritt",
    Kind.TRAININGS: "Cuenta;Curso;Ley;Caduca",
    Kind.CUSTOMERS: "Kundennummer;Kundenname;Correo;Idioma",
    Kind.SITES: "Standort;Labor;Kunde;Gesetze;Zeitzone",
}


@pytest.mark.parametrize(
    ("kind", "bad", "heading", "why"),
    [
        (Kind.PEOPLE, ";Otto;Werk;;;", "Benutzername", "empty"),
        (Kind.PEOPLE, "otto;;Werk;;;", "Vollständiger Name", "bad_value"),
        (Kind.PEOPLE, f"otto;Otto;{'W' * 90};;;", "Firma", "bad_value"),
        (Kind.PEOPLE, f"otto;{'O' * 1001};Werk;;;", "Vollständiger Name", "too_long"),
        (Kind.PEOPLE, "otto;Otto;Werk;chief;;", "Rolle", "unknown_role"),
        (Kind.PEOPLE, "otto;Otto;Werk;;nowhere;", "Gruppen", "unknown_group"),
        (Kind.PEOPLE, "otto;Otto;Werk;;;morgen", "Austritt", "bad_date"),
        (Kind.PEOPLE, ".otto;Otto;Werk;;;", "Benutzername", "bad_value"),
        (Kind.PEOPLE, "corp/otto;Otto;Werk;;;", "Benutzername", "slash"),
        (Kind.CUSTOMERS, "c/3;C;;", "Kundennummer", "slash"),
        (Kind.SITES, "north/lab;L;c-1;gdpr;", "Standort", "slash"),
        (Kind.TRAININGS, "nobody;P;gdpr;31.12.2030", "Cuenta", "unknown_person"),
        (Kind.TRAININGS, "ben;P;the law;31.12.2030", "Ley", "bad_value"),
        (Kind.TRAININGS, "ben;;gdpr;31.12.2030", "Curso", "bad_value"),
        (Kind.TRAININGS, "ben;P;gdpr;03/04/2030", "Caduca", "unclear_date"),
        (Kind.TRAININGS, "ben;P;gdpr;", "Caduca", "empty"),
        (Kind.CUSTOMERS, "c-3;;;", "Kundenname", "bad_value"),
        (Kind.CUSTOMERS, "c-3;C;no address;", "Correo", "bad_value"),
        (Kind.CUSTOMERS, "c-3;C;;fr", "Idioma", "bad_value"),
        (Kind.SITES, "lab-8;L;nobody;gdpr;", "Kunde", "unknown_customer"),
        (Kind.SITES, "lab-8;L;c-1;the law;", "Gesetze", "bad_value"),
        (Kind.SITES, "lab-8;L;c-1;gdpr;Mars/Olympus", "Zeitzone", "bad_time_zone"),
        (Kind.SITES, ".lab;L;c-1;gdpr;", "Standort", "bad_value"),
    ],
)
async def test_a_mistake_is_named_as_the_table_names_it_and_nothing_is_taken(
    parts: Parts, kind: Kind, bad: str, heading: str, why: str
) -> None:
    before = await everything(parts)
    done = await take(parts, kind, f"{HEADINGS[kind]}\n{GOOD[kind]}\n\n{bad}\n")
    assert [(one.line, one.column, one.why) for one in done.problems] == [(4, heading, why)]
    assert not done.is_applied
    assert await everything(parts) == before
    assert (await take(parts, kind, f"{HEADINGS[kind]}\n{GOOD[kind]}\n")).is_applied


async def test_the_line_of_who_would_end_their_own_administration_is_named(parts: Parts) -> None:
    people = People(parts.cloud, parts.ledger)
    await people.make_administrator("root", is_administrator=True)
    before = await everything(parts)
    text = "usuario;nombre;empresa;hasta\nana;Ana;Vendor;\nroot;Root;Vendor;2001-01-01\n"
    done = await take(parts, Kind.PEOPLE, text, by="root")
    assert [(one.line, one.column, one.why) for one in done.problems] == [(3, "usuario", "refused")]
    assert await everything(parts) == before


def test_two_columns_of_one_meaning_are_both_named() -> None:
    sheet = read_sheet(b"User ID;Login;name\na;b;c\n", COLUMNS[Kind.PEOPLE], NEEDED[Kind.PEOPLE])
    assert [(one.column, one.why) for one in sheet.problems] == [
        ("organisation", "missing_column"),
        ("User ID, Login", "twice"),
    ]


def test_no_heading_means_two_things_in_one_table() -> None:
    for kind, columns in COLUMNS.items():
        names = [name for column, others in columns.items() for name in (column, *others)]
        assert len(names) == len(set(names)), kind


async def test_a_long_table_is_one_event_a_person_and_few_transactions(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    transactions, write = 0, parts.session.write

    def counted() -> object:
        nonlocal transactions
        transactions += 1
        return write()

    monkeypatch.setattr(parts.session, "write", counted)
    lines = "".join(f"p-{number},P,Vendor\n" for number in range(600))
    done = await take(parts, Kind.PEOPLE, f"account,name,organisation\n{lines}")
    assert (done.is_applied, done.added, transactions) == (True, 600, 1)
    async with parts.session.read() as rows:
        kept = (await rows.execute(
            select(Event.sequence, Event.salted_details).where(Event.stream == "server").order_by(Event.sequence)
        )).all()  # fmt: skip
    assert [sequence for sequence, _ in kept] == list(range(1, len(kept) + 1))
    assert sum(b"p-599" in salted for _, salted in kept) == 1
    assert len(await People(parts.cloud, parts.ledger).all()) == 601


async def test_of_two_lines_about_one_training_the_later_counts(parts: Parts) -> None:
    text = "account,course,law,expires\nben,P,gdpr,2030-01-01\nben,P,gdpr,9999-12-31\n"
    assert (await take(parts, Kind.TRAININGS, text)).changed == 1
    ben = await People(parts.cloud, parts.ledger).get("ben")
    assert ben is not None
    assert ben.trainings == (Training(course="P", law="gdpr", expires_utc_ms=ALWAYS),)


@pytest.mark.slow
@pytest.mark.alone
async def test_others_write_while_a_table_is_taken_in(parts: Parts) -> None:
    """A sign-in, a claim or the end of a session must not wait for an office's table."""
    text = "account,name,organisation\n" + "".join(f"p-{number},P {number},Vendor\n" for number in range(2000))
    waits_s: list[float] = []
    taking = asyncio.create_task(take(parts, Kind.PEOPLE, text))
    while not taking.done():
        began_at = time.monotonic()
        async with parts.cloud.write():
            pass
        waits_s.append(time.monotonic() - began_at)
        await asyncio.sleep(0)
    assert (await taking).added == 2000
    assert max(waits_s) < OTHERS_WAIT_S, [wait for wait in waits_s if wait > 0.1]
