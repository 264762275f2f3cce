"""Two administrators at once: nobody's change is undone by one who never saw it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select
from tests.fakes.server_world import opened_parts
from tests.unit.server.test_tables import person

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.policy import NO_RULES, Scope, Training
from benchside.server.administration.columns import Kind
from benchside.server.administration.facts import CustomerFacts, GroupFacts, PersonFacts, SiteFacts
from benchside.server.administration.imports import Imports
from benchside.server.administration.people import People
from benchside.server.administration.places import Places
from benchside.server.administration.versions import ABSENT, version_of
from benchside.server.audit.model import Event
from benchside.server.parts import Parts

HOSPITAL = CustomerFacts(id="c", name="Hospital", it_mail="", mail_language="en")
LAB = SiteFacts(id="lab", name="Lab", customer="c", laws=("gdpr",), time_zone="UTC", rules=NO_RULES)
NORTH = GroupFacts(id="north", name="North", scope=Scope(customers=("c",), sites=("*",), models=("*",)))
TRAINED = Training(course="P", law="gdpr", expires_utc_ms=2_000_000_000_000)


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    async with opened_parts(tmp_path) as opened:
        yield opened


async def events(parts: Parts) -> int:
    async with parts.session.read() as rows:
        return await rows.scalar(select(func.count()).select_from(Event)) or 0


async def refused(parts: Parts, change: Awaitable[object]) -> None:
    """Refused as changed, and nothing of it in the log, which tells of changes that were made."""
    before = await events(parts)
    with pytest.raises(RefusedError) as said:
        await change
    assert said.value.reason is Refusal.CHANGED
    assert await events(parts) == before


@pytest.mark.parametrize("first", [HOSPITAL, LAB, NORTH, person("ben")], ids=["customer", "site", "group", "person"])
async def test_whoever_saves_second_looks_again(parts: Parts, first: msgspec.Struct) -> None:
    people, places = People(parts.cloud, parts.ledger), Places(parts.cloud, parts.ledger, parts.now)
    if first is not HOSPITAL:
        await places.put_customers("x", [HOSPITAL])

    async def put(one: msgspec.Struct, version: str) -> None:
        match one:
            case CustomerFacts():
                await places.put_customers("x", [one], {one.id: version})
            case SiteFacts():
                await places.put_sites("x", [one], {one.id: version})
            case GroupFacts():
                await people.put_group("x", one, {one.id: version})
            case PersonFacts():
                await people.put("x", [one], {one.id: version})

    await put(first, ABSENT)
    await refused(parts, put(first, ABSENT))  # somebody else has added the same meanwhile
    theirs, ours = (msgspec.structs.replace(first, name=name) for name in ("Theirs", "Ours"))
    await put(theirs, version_of(first))
    await refused(parts, put(ours, version_of(first)))
    await put(ours, version_of(theirs))
    await refused(parts, put(ours, version_of(theirs)))
    await put(first, version_of(ours))
    await put(ours, version_of(first))  # what is as it was seen may be changed, however it came to be so


async def test_one_of_many_that_changed_keeps_all_of_them_out(parts: Parts) -> None:
    people = People(parts.cloud, parts.ledger)
    crowd = [person(f"p-{number}") for number in range(3)]
    await people.put("x", crowd)
    seen = {one.id: version_of(one) for one in crowd}
    await people.put("y", [msgspec.structs.replace(crowd[2], name="Theirs")])
    await refused(parts, people.put("x", [msgspec.structs.replace(one, name="Ours") for one in crowd], seen))
    assert [one.name for one in await people.all()] == ["p-0", "p-1", "Theirs"]


async def test_a_group_that_goes_changes_its_people(parts: Parts) -> None:
    people = People(parts.cloud, parts.ledger)
    await people.put_group("x", NORTH)
    ben = person("ben", groups=("north",), trainings=(TRAINED,))
    await people.put("x", [ben])
    await people.remove_group("y", "north")
    await refused(parts, people.put("x", [msgspec.structs.replace(ben, groups=())], {"ben": version_of(ben)}))


@pytest.mark.parametrize("first", [HOSPITAL, NORTH, person("ben")], ids=["customer", "group", "person"])
async def test_nothing_is_removed_that_was_changed_unseen(parts: Parts, first: msgspec.Struct) -> None:
    people, places = People(parts.cloud, parts.ledger), Places(parts.cloud, parts.ledger, parts.now)
    await places.put_customers("x", [HOSPITAL])
    theirs = msgspec.structs.replace(first, name="Theirs")

    async def remove(one: msgspec.Struct, version: str) -> None:
        match one:
            case CustomerFacts():
                await places.remove_customer("x", one.id, {one.id: version})
            case GroupFacts():
                await people.remove_group("x", one.id, {one.id: version})
            case PersonFacts():
                await people.remove("x", one.id, {one.id: version})

    match theirs:
        case CustomerFacts():
            await places.put_customers("y", [theirs])
        case GroupFacts():
            await people.put_group("y", theirs)
        case PersonFacts():
            await people.put("y", [theirs])
    await refused(parts, remove(first, version_of(first)))
    await remove(theirs, version_of(theirs))
    await refused(parts, remove(theirs, version_of(theirs)))  # it is gone already


async def test_what_was_removed_is_not_brought_back_unseen(parts: Parts) -> None:
    people, ben = People(parts.cloud, parts.ledger), person("ben")
    await people.put("x", [ben])
    await people.remove("y", "ben")
    await refused(parts, people.put("x", [ben], {"ben": version_of(ben)}))
    await people.put("x", [ben], {"ben": ABSENT})


TABLE = b"account,name,organisation\nben,Benno,Vendor\nana,Ana,Vendor\n"


async def test_a_table_does_what_was_shown_or_nothing(parts: Parts) -> None:
    people = People(parts.cloud, parts.ledger)
    imports = Imports(people, Places(parts.cloud, parts.ledger, parts.now))
    await people.put("x", [person("ben"), person("eve")])

    async def shown() -> str:
        return (await imports.take("x", Kind.PEOPLE, TABLE, apply=False)).version

    async def apply(version: str, table: bytes = TABLE) -> None:
        assert (await imports.take("x", Kind.PEOPLE, table, apply=True, shown=version)).is_applied

    version = await shown()
    await people.put("y", [person("eve", name="Eva")])
    assert await shown() == version, "of whom the table says nothing is no part of it"
    await people.put("y", [person("ben", trainings=(TRAINED,))])
    await refused(parts, apply(version))
    version = await shown()
    await refused(parts, apply(version, TABLE.replace(b"Ana", b"Eva")))
    await apply(version)
    ben = await people.get("ben")
    assert ben is not None
    assert (ben.name, ben.trainings) == ("Benno", (TRAINED,))


async def test_who_changes_something_between_reading_and_writing_is_not_undone(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = People(parts.cloud, parts.ledger)
    await people.put("x", [person("ben")])
    groups = people.groups

    async def meanwhile() -> list[GroupFacts]:
        await people.put("y", [person("ben", trainings=(TRAINED,))])
        return await groups()

    monkeypatch.setattr(people, "groups", meanwhile)
    imports = Imports(people, Places(parts.cloud, parts.ledger, parts.now))
    with pytest.raises(RefusedError) as said:
        await imports.take("x", Kind.PEOPLE, TABLE, apply=True)
    assert said.value.reason is Refusal.CHANGED
    ben = await people.get("ben")
    assert ben is not None
    assert ben.trainings == (TRAINED,)
    assert await people.get("ana") is None
