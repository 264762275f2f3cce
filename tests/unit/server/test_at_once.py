"""Two people, or two clicks, in one moment: one of them is first, and the other is told so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.fakes.people import site
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.link import LINK, PolicyOffered
from benchside.server.administration.facts import PersonFacts
from benchside.server.administration.people import People
from benchside.server.administration.versions import ABSENT, version_of
from benchside.server.audit.kind import ServerKind
from benchside.server.audit.model import Event
from benchside.server.authority.book import AuthorityBook
from benchside.server.parts import Parts
from benchside.server.policy.keeper import PolicyKeeper


async def reasons(*acts: Awaitable[object]) -> list[Refusal | None]:
    """What came of all of them together; an error that is no refusal is raised."""
    done = await asyncio.gather(*acts, return_exceptions=True)
    for one in done:
        if isinstance(one, BaseException) and not isinstance(one, RefusedError):
            raise one
    return sorted((one.reason if isinstance(one, RefusedError) else None for one in done), key=str)


async def count_of(parts: Parts, kind: ServerKind) -> int:
    async with parts.session.read() as rows:
        return await rows.scalar(select(func.count()).select_from(Event).where(Event.kind == kind.value)) or 0


async def test_a_policy_that_comes_several_times_at_once_is_installed_once(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        authority = AuthorityBook(tmp_path / "authority", clock)
        authority.add_site(site("lab-9"))
        exported = authority.export(lambda: b"")
        before = await count_of(parts, ServerKind.POLICY_INSTALLED)
        others = PolicyKeeper(parts.cloud, parts.ledger, parts.bus, clock)  # as another process has it
        keepers = (parts.keeper, others, parts.keeper, others)
        got = await reasons(*(keeper.install(exported) for keeper in keepers))
        assert got == [None, *[Refusal.OLD_POLICY] * 3]
        assert await count_of(parts, ServerKind.POLICY_INSTALLED) == before + 1
        offered = LINK.decode(exported)
        assert isinstance(offered, PolicyOffered)
        await parts.keeper.refresh()
        assert parts.keeper.offer() == offered


async def administrators(people: People, *names: str) -> dict[str, PersonFacts]:
    for name in names:
        await people.make_administrator(name, is_administrator=True)
    return {one.id: one for one in await people.all()}


async def test_an_administrator_who_was_removed_changes_nothing_any_more(tmp_path: Path) -> None:
    """What they ask for was on its way when another one removed them."""
    async with opened_parts(tmp_path, Clock()) as parts:
        people = People(parts.cloud, parts.ledger, parts.now)
        known = await administrators(people, "ana", "ben", "cyd")
        await parts.accounts.add("ben")
        seen = {name: version_of(one) for name, one in known.items()}
        await people.remove("ana", "ben", seen)
        back = people.put("ben", [known["ben"]], {"ben": ABSENT})
        assert await reasons(back, people.remove("ben", "ana", seen)) == [Refusal.NOT_AUTHORISED] * 2
        assert {one.id for one in await people.all()} == {"ana", "cyd"}


async def test_administrators_who_remove_each_other_leave_one(tmp_path: Path) -> None:
    async with opened_parts(tmp_path, Clock()) as parts:
        people = People(parts.cloud, parts.ledger, parts.now)
        known = await administrators(people, "ana", "ben")
        seen = {name: version_of(one) for name, one in known.items()}
        got = await reasons(people.remove("ana", "ben", seen), people.remove("ben", "ana", seen))
        assert got == [None, Refusal.NOT_AUTHORISED]
        (left,) = await people.all()
        assert left.is_administrator
        assert await count_of(parts, ServerKind.PERSON_REMOVED) == 1


@pytest.mark.parametrize("changes", [{"is_administrator": False}, {"is_active": False}, {"until_utc_ms": 1}])
async def test_administrators_who_take_each_others_duty_away_leave_one(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    async with opened_parts(tmp_path, Clock()) as parts:
        people = People(parts.cloud, parts.ledger, parts.now)
        known = await administrators(people, "ana", "ben", "cam")
        seen = {name: version_of(one) for name, one in known.items()}

        def without(name: str) -> PersonFacts:
            facts = {field: getattr(known[name], field) for field in PersonFacts.__struct_fields__}
            return PersonFacts(**(facts | changes))

        got = await reasons(people.put("ana", [without("ben")], seen), people.put("ben", [without("ana")], seen))
        assert got == [None, Refusal.NOT_AUTHORISED]  # the second one is no administrator any more
        everybody = [without(name) for name in known]
        with pytest.raises(RefusedError):
            await people.put("an import", everybody)
        assert [one.is_administrator for one in await people.all()].count(True) >= 1
