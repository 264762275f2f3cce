"""The intake: in order, once, whatever a PC says again, leaves out or changes."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select, text
from tests.fakes.notified import add_device
from tests.fakes.notifier import DISK, Journal
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.errors import PeerError
from benchside.protocol.wire.condition import ChangeKind, ConditionKey, NoticeBatch, Severity
from benchside.server.audit.model import Event
from benchside.server.bus.contract import ConditionChanged
from benchside.server.notices import board, writing
from benchside.server.notices.facts import OWN_JOURNAL
from benchside.server.notices.model import KeptChange, KeptCondition
from benchside.server.notices.own import notifier_silent
from benchside.server.notices.personal import joined
from benchside.server.parts import Parts

PC, OTHER = b"p" * 16, b"o" * 16


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    async with opened_parts(tmp_path, Clock()) as opened:
        await add_device(opened, PC)
        await add_device(opened, OTHER)
        yield opened


async def kept(parts: Parts, device_id: bytes = PC) -> list[tuple[int, str]]:
    async with parts.cloud.read() as rows:
        found = await rows.scalars(
            select(KeptChange)
            .where(KeptChange.device_id == device_id, KeptChange.journal != OWN_JOURNAL)
            .order_by(KeptChange.number)
        )
        return [(one.sequence, one.kind) for one in found]


async def conditions(parts: Parts, device_id: bytes = PC) -> dict[str, KeptCondition]:
    async with parts.cloud.read() as rows:
        found = await rows.scalars(select(KeptCondition).where(KeptCondition.device_id == device_id))
        return {f"{one.source}/{one.subject}/{one.code}": one for one in found}


async def test_rows_say_nothing_that_a_server_of_the_version_before_could_not_read(parts: Parts) -> None:
    journal, until = Journal(), 1_900_000_000_000
    pulse = journal.write(ChangeKind.RAISED, until_utc_ms=until, severity=Severity.INFO)
    shelved = journal.write(ChangeKind.SHELVED, by="Toni", why="we know", until_utc_ms=until)
    await parts.intake.keep(PC, journal.batch(pulse, shelved))
    (row,) = (await conditions(parts)).values()
    assert not {"pulse_until_utc_ms", "shelf_ends_utc_ms"} & json.loads(row.state).keys()


async def test_what_was_kept_is_kept_once(parts: Parts) -> None:
    journal = Journal()
    first, second, third = journal.raised(), journal.acknowledged(), journal.cleared()
    assert await parts.intake.kept_up_to(PC, journal.id) == 0
    assert await parts.intake.keep(PC, journal.batch(first, second)) == 2
    assert await parts.intake.keep(PC, journal.batch(first, second)) == 2
    assert (await conditions(parts))["pc.disk/C:/space_low"].is_acknowledged
    assert await parts.intake.keep(PC, journal.batch(second, third)) == 3
    assert await kept(parts) == [(1, "raised"), (2, "acknowledged"), (3, "cleared")]
    assert await parts.intake.kept_up_to(PC, journal.id) == 3
    assert await conditions(parts) == {}


async def test_many_at_once_become_few_transactions_and_keep_their_order(parts: Parts) -> None:
    journals = {PC: Journal(), OTHER: Journal()}
    waiting = []
    for _ in range(20):
        for device_id, journal in journals.items():
            waiting.append(parts.intake.keep(device_id, journal.batch(journal.raised(), journal.cleared())))
    assert sorted(await asyncio.gather(*waiting)) == sorted(list(range(2, 42, 2)) * 2)
    for device_id in journals:
        assert [sequence for sequence, _ in await kept(parts, device_id)] == list(range(1, 41))


async def test_a_gap_is_refused_with_the_cursor_and_taken_when_the_pc_insists(parts: Parts) -> None:
    journal = Journal()
    first, _, third = journal.raised(), journal.cleared(), journal.raised(severity=Severity.CRITICAL)
    assert await parts.intake.keep(PC, journal.batch(first)) == 1
    assert await parts.intake.keep(PC, journal.batch(third)) == 1
    assert await kept(parts) == [(1, "raised")]
    assert await parts.intake.keep(PC, journal.batch(third)) == 3
    found = await conditions(parts)
    assert found["server.notices/journal/gap"].severity == Severity.WARNING.rank
    assert found["pc.disk/C:/space_low"].severity == Severity.CRITICAL.rank


async def test_a_broken_chain_is_told_and_does_not_stop_the_intake(parts: Parts) -> None:
    journal = Journal()
    first = journal.raised()
    lie = msgspec.structs.replace(journal.raised(), severity=Severity.INFO)
    assert await parts.intake.keep(PC, journal.batch(first, lie)) == 2
    assert await parts.intake.keep(PC, journal.batch(journal.acknowledged())) == 3
    found = await conditions(parts)
    assert found["server.notices/journal/broken"].is_active
    state = joined(found["server.notices/journal/broken"].state, None)
    assert state.texts.keys() == {"en", "es"}
    async with parts.session.read() as rows:
        assert list(await rows.scalars(select(Event.kind).where(Event.kind == "notices_refused"))) == [
            "notices_refused"
        ]


async def test_a_changed_repeat_of_the_last_change_is_a_break(parts: Parts) -> None:
    journal = Journal()
    await parts.intake.keep(PC, journal.batch(journal.raised()))
    again = Journal()
    again.id = journal.id
    assert await parts.intake.keep(PC, again.batch(again.raised(severity=Severity.INFO))) == 1
    assert "server.notices/journal/broken" in await conditions(parts)


async def test_the_same_journal_of_another_device_is_another_journal(parts: Parts) -> None:
    journal = Journal()
    await parts.intake.keep(PC, journal.batch(journal.raised()))
    assert await parts.intake.kept_up_to(OTHER, journal.id) == 0
    forged = Journal()
    forged.id = journal.id
    await parts.intake.keep(OTHER, forged.batch(forged.cleared()))
    assert (await conditions(parts))["pc.disk/C:/space_low"].is_active
    assert await parts.intake.kept_up_to(PC, journal.id) == 1


async def test_a_new_journal_forgets_what_the_old_one_said_is_active(parts: Parts) -> None:
    old, new = Journal(), Journal()
    news = parts.bus.subscribe(lambda one: isinstance(one, ConditionChanged), limit=10)
    await parts.intake.keep(PC, old.batch(old.raised()))
    await parts.intake.say(PC, [notifier_silent(is_on=True)])
    await parts.intake.keep(PC, new.batch(new.write(ChangeKind.STARTED, None)))
    assert list(await conditions(parts)) == ["server.presence/notifier/silent"]
    told = [await news.next(1) for _ in range(3)]
    assert [isinstance(one, ConditionChanged) and one.shown is not None for one in told] == [True, True, False]
    # the old one may end its tale, which changes nothing that is shown
    assert await parts.intake.keep(PC, old.batch(old.raised(ConditionKey("pc.disk", "D:", "space_low")))) == 2
    assert list(await conditions(parts)) == ["server.presence/notifier/silent"]
    assert await parts.intake.keep(PC, new.batch(new.raised())) == 2
    assert "pc.disk/C:/space_low" in await conditions(parts)


async def test_a_cursor_that_had_to_go_is_known_from_the_log(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MAX_JOURNALS", 2)
    first = Journal()
    change = first.raised()
    await parts.intake.keep(PC, first.batch(change))
    for _ in range(3):
        other = Journal()
        await parts.intake.keep(PC, other.batch(other.raised()))
    assert await parts.intake.kept_up_to(PC, first.id) == 1
    assert await parts.intake.keep(PC, first.batch(change)) == 1
    assert await parts.intake.keep(PC, first.batch(first.cleared())) == 2
    assert len(await kept(parts)) == 5


async def test_names_and_reasons_rest_sealed(parts: Parts) -> None:
    journal = Journal()
    raised, seen = journal.raised(), journal.acknowledged(by="Toni Tester")
    shelved = journal.write(ChangeKind.SHELVED, by="Toni Tester", why="we know of it", until_utc_ms=1_900_000_000_000)
    await parts.intake.keep(PC, journal.batch(raised, seen, shelved))
    row = (await conditions(parts))["pc.disk/C:/space_low"]
    assert joined(row.state, row.personal).acknowledged_by == "Toni Tester"
    async with parts.cloud.read() as rows:
        for table in ("notice_change", "notice_condition"):
            for found in await rows.execute(text(f"SELECT * FROM {table}")):
                assert "Toni" not in repr(found)
                assert "know of it" not in repr(found)


async def test_a_pc_says_nothing_in_the_servers_name(parts: Parts) -> None:
    journal = Journal()
    with pytest.raises(PeerError):
        await parts.intake.keep(PC, NoticeBatch(journal=OWN_JOURNAL, changes=(journal.raised(),)))
    journal = Journal()
    key = ConditionKey("server.presence", "pc", "silent")
    assert await parts.intake.keep(PC, journal.batch(journal.raised(key))) == 1
    assert await conditions(parts) == {}


async def test_more_conditions_than_anybody_can_look_at(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "MAX_CONDITIONS", 5)
    journal = Journal()
    changes = [journal.raised(ConditionKey("local.x", f"s{number}", "odd")) for number in range(10)]
    assert await parts.intake.keep(PC, journal.batch(*changes)) == 10
    found = await conditions(parts)
    assert len(found) == 6
    assert "server.notices/conditions/too_many" in found
    assert len(await kept(parts)) == 10
    more = [journal.raised(ConditionKey("local.x", f"t{number}", "odd")) for number in range(3)]
    assert await parts.intake.keep(PC, journal.batch(*more)) == 13, "it is said already, and that is no error"
    assert len(await conditions(parts)) == 6


async def test_what_the_server_says_is_said_once(parts: Parts) -> None:
    for is_on in (False, True, True, False, False, True):
        await parts.intake.say(PC, [notifier_silent(is_on=is_on)])
    async with parts.cloud.read() as rows:
        kinds = list(await rows.scalars(select(KeptChange.kind).order_by(KeptChange.number)))
    assert kinds == ["raised", "cleared", "raised"]


async def test_what_the_server_said_is_over_when_it_is_cleared(parts: Parts) -> None:
    news = parts.bus.subscribe(lambda one: isinstance(one, ConditionChanged), limit=10)
    await parts.intake.say(PC, [notifier_silent(is_on=True)])
    await parts.intake.say(PC, [notifier_silent(is_on=False)])
    assert await conditions(parts) == {}, "nobody can acknowledge it"
    told = [await news.next(1) for _ in range(2)]
    assert [isinstance(one, ConditionChanged) and one.shown is not None for one in told] == [True, False]


async def test_what_begins_again_by_flapping_has_begun_then(tmp_path: Path) -> None:
    """And what goes on, and flaps now, has not."""
    clock, journal, flapping = Clock(), Journal(), {"severity": Severity.WARNING}
    async with opened_parts(tmp_path, clock) as parts:
        await add_device(parts, PC)
        await parts.intake.keep(PC, journal.batch(journal.raised(), journal.cleared()))
        clock.now_ms += 86_400_000
        began_ms = clock.now_ms
        for _ in range(2):
            await parts.intake.keep(PC, journal.batch(journal.write(ChangeKind.FLAPPING, **flapping)))
            assert [one.raised_utc_ms for one in (await conditions(parts)).values()] == [began_ms]
            clock.now_ms += 60_000


async def test_who_waits_is_told_when_it_cannot_be_kept(parts: Parts) -> None:
    journal = Journal()
    unknown = os.urandom(16)  # no such device: the row's reference fails
    good = Journal()
    bad, kept_up_to = await asyncio.gather(
        parts.intake.keep(unknown, journal.batch(journal.raised())),
        parts.intake.keep(PC, good.batch(good.raised(DISK))),
        return_exceptions=True,
    )
    assert "FOREIGN KEY" in str(bad)
    assert kept_up_to == 1, "who came with it is kept all the same"
