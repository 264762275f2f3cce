"""A server that dies between keeping a PC's journal and following it, at each place, and catches up afterwards."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.fakes.clients import ANSWER_S
from tests.fakes.server_world import Pc, World, running_world

from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventKind, PcEvent
from benchside.server.access.delays import Delay
from benchside.server.broker.queue import Broker
from benchside.server.gateway.following import Following
from benchside.server.gateway.model import JournalNoted
from benchside.server.tickets.office import TicketOffice

pytestmark = [pytest.mark.system, pytest.mark.slow]


async def claimed(world: World) -> tuple[Pc, bytes]:
    """A PC whose request an associate has taken."""
    pc, console = await world.enrolled_pc(), await world.console("ana")
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    assert (await console.post(f"/api/requests/{request_id.hex()}/claim")).status_code == 200
    return pc, request_id


async def state_of(world: World, request_id: bytes) -> tuple[str, str | None]:
    session = await world.parts.sessions.get(request_id)
    assert session is not None
    return session.state, session.outcome


async def kept(world: World, pc: Pc) -> None:
    async with asyncio.timeout(ANSWER_S):
        while (await world.parts.ledger.journal_head(pc.device_id))[0] < pc.sequence:
            await asyncio.sleep(0.02)


async def until_marked(world: World, pc: Pc) -> None:
    async with asyncio.timeout(ANSWER_S):
        while True:
            async with world.parts.cloud.read() as rows:
                mark = await rows.get(JournalNoted, pc.device_id)
            if mark is not None and mark.sequence == pc.sequence:
                return
            await asyncio.sleep(0.02)


async def dead(*_told: object) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("place", ["before", "office", "queue", "mark"])
async def test_what_was_kept_is_followed_after_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    with monkeypatch.context() as dying:
        where = {
            "before": (Following, "catch_up"), "office": (TicketOffice, "note_journal"),
            "queue": (Broker, "note_journal"), "mark": (Following, "_mark"),
        }[place]  # fmt: skip
        async with running_world(tmp_path) as world:
            pc, request_id = await claimed(world)
            await until_marked(world, pc)
            dying.setattr(*where, dead)
            pc.say(wire.EventsReported(events=(
                pc.entry(EventKind.CODE_WRONG, request_id), pc.entry(EventKind.CODE_ACCEPTED, request_id),
                pc.entry(EventKind.SESSION_ENDED, request_id, cause="left"),
            )))  # fmt: skip
            await kept(world, pc)
            assert (await state_of(world, request_id))[0] == "claimed"
    async with running_world(tmp_path) as world:
        assert (await state_of(world, request_id))[0] == "claimed"
        pc.world = world
        await pc.connect()
        await until_marked(world, pc)
        assert (await state_of(world, request_id))[1] == "left"
        async with world.parts.cloud.read() as rows:
            assert [row for row in await rows.scalars(select(Delay)) if row.failures > 0] == [], (
                "the right code ends it"
            )


async def test_nothing_is_followed_twice_where_nobody_died(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    note = TicketOffice.note_journal

    async def counted(office: TicketOffice, events: Sequence[PcEvent]) -> None:
        told.extend(event.sequence for event in events)
        await note(office, events)

    monkeypatch.setattr(TicketOffice, "note_journal", counted)
    async with running_world(tmp_path) as world:
        pc, request_id = await claimed(world)
        await pc.report(pc.entry(EventKind.CODE_WRONG, request_id), pc.entry(EventKind.CODE_MADE, request_id))
        await pc.report(pc.entry(EventKind.CODE_WRONG, request_id))
        await pc.connect()
        await until_marked(world, pc)
        assert told == [1, 3]
        async with world.parts.cloud.read() as rows:
            assert {row.failures for row in await rows.scalars(select(Delay)) if row.failures} == {2}


async def test_a_log_that_was_restored_is_followed_from_where_it_is(tmp_path: Path) -> None:
    async with running_world(tmp_path) as world:
        pc, request_id = await claimed(world)
        await until_marked(world, pc)
        async with world.parts.cloud.write() as rows:
            (await rows.get_one(JournalNoted, pc.device_id)).sequence = 900
        await pc.report(pc.entry(EventKind.CODE_ACCEPTED, request_id))
        assert (await state_of(world, request_id))[0] == "in_session"
