"""The fleet: who may see which PC, journals that lie, bombs and batches that are none."""

from __future__ import annotations

import asyncio
import os
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update
from tests.fakes.clients import ANSWER_S
from tests.fakes.notified import add_device
from tests.fakes.notifier import Journal
from tests.fakes.server_world import Console, Pc, World, running_world

from benchside.protocol.wire import link as wire
from benchside.protocol.wire.carrier import pack_batch
from benchside.protocol.wire.condition import BATCH, ChangeKind, ConditionChange, Severity
from benchside.server.administration.model import Person
from benchside.server.administration.people import People
from benchside.server.enrolment.model import Customer, Device, Site
from benchside.transport.websocket import Closed

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def report(pc: Pc, journal: Journal, *changes: ConditionChange) -> wire.NoticesKept:
    pc.say(wire.NoticesReported(batch=pack_batch(journal.batch(*changes))))
    return await pc.hear(wire.NoticesKept)


async def closed_with(pc: Pc) -> int:
    assert pc.link is not None
    try:
        while True:
            await asyncio.wait_for(pc.link.receive(), ANSWER_S)
    except Closed as closed:
        return closed.code


async def shown(console: Console, path: str = "/api/fleet/conditions", **query: str) -> list[dict[str, object]]:
    answer = await console.get(path, **query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["conditions"])


@pytest.mark.parametrize(
    "batch",
    [
        b"rubbish",
        zlib.compress(b"\xc1"),
        zlib.compress(bytes(300 * 1024 * 1024), 9)[: 256 * 1024],
        zlib.compress(bytes(BATCH.max_bytes + 1)),
        zlib.compress(msgspec.msgpack.encode({"journal": bytes(16), "changes": []})),
        pack_batch(Journal().batch(Journal().raised()))[:-2],
    ],
)
async def test_a_batch_that_is_none_ends_the_link_and_is_not_kept(world: World, batch: bytes) -> None:
    pc = await world.enrolled_pc()
    pc.say(wire.NoticesReported(batch=batch))
    assert await closed_with(pc) == 4400
    assert await shown(await world.console("ana")) == []


async def test_texts_with_controls_or_of_other_form_are_no_batch(world: World) -> None:
    pc = await world.enrolled_pc()
    journal = Journal()
    bad = msgspec.structs.replace(journal.raised(), texts={"en": "safe\u202egnp.exe"})
    plain = msgspec.to_builtins(journal.batch(bad), builtin_types=(bytes,))
    pc.say(wire.NoticesReported(batch=zlib.compress(msgspec.msgpack.encode(plain))))
    assert await closed_with(pc) == 4400


async def test_gaps_replays_and_breaks_neither_stop_nor_double_anything(world: World) -> None:
    pc, ana = await world.enrolled_pc(), await world.console("ana")
    journal = Journal()
    first, second, third = journal.raised(), journal.cleared(), journal.raised(severity=Severity.CRITICAL)
    assert (await report(pc, journal, third)).sequence == 0
    assert (await report(pc, journal, first)).sequence == 1
    for _ in range(3):
        assert (await report(pc, journal, first)).sequence == 1
    assert (await report(pc, journal, second, third)).sequence == 3
    forged = msgspec.structs.replace(journal.write(ChangeKind.CLEARED), head=os.urandom(32))
    assert (await report(pc, journal, forged)).sequence == 4
    pc.say(wire.NoticesAsked(journal=journal.id))
    assert (await pc.hear(wire.NoticesKept)).sequence == 4
    codes = {(one["code"], one["is_active"]) for one in await shown(ana)}
    assert codes == {("space_low", False), ("broken", True)}
    timeline = (await ana.get(f"/api/fleet/devices/{pc.device_id.hex()}")).json()["changes"]
    assert [one["kind"] for one in timeline if one["code"] == "space_low"] == ["cleared", "raised", "cleared", "raised"]


async def test_another_devices_journal_is_ones_own(world: World) -> None:
    pc, other, ana = await world.enrolled_pc(0), await world.enrolled_pc(2), await world.console("ana")
    journal = Journal()
    await report(pc, journal, journal.raised())
    other.say(wire.NoticesAsked(journal=journal.id))
    assert (await other.hear(wire.NoticesKept)).sequence == 0
    lie = Journal()
    lie.id = journal.id
    await report(other, lie, lie.raised(severity=Severity.CRITICAL), lie.cleared())
    found = await shown(ana, device=pc.device_id.hex())
    assert [(one["severity"], one["is_active"]) for one in found] == [("warning", True)]


async def test_a_notifier_that_is_silent_is_told_of(world: World) -> None:
    pc, ana = await world.enrolled_pc(), await world.console("ana")
    for is_well, expected in ((False, ["silent"]), (True, [])):
        pc.say(wire.WatchTold(is_well=is_well))
        pc.say(wire.LinkPing())
        await pc.hear(wire.LinkPong)
        assert [one["code"] for one in await shown(ana, state="active")] == expected


async def test_nobody_sees_a_pc_beyond_their_scope(world: World) -> None:
    pc, ana = await world.enrolled_pc(), await world.console("ana")
    journal = Journal()
    await report(pc, journal, journal.raised(severity=Severity.SERIOUS))
    there = f"/api/fleet/devices/{pc.device_id.hex()}"
    assert (await ana.get("/api/fleet")).json()["counts"]["serious"] == 1
    assert (await ana.get(there)).status_code == 200
    key = bytes.fromhex((await ana.get("/api/me")).json()["key"]["fingerprint"])
    for changes in ({"sites": ("lab-2",)}, {"models": ("DX-9",)}):
        await world.sign_into_policy("ana", key, **changes)
        fleet = (await ana.get("/api/fleet")).json()
        assert (fleet["pcs"], fleet["counts"]["serious"], fleet["sites"], fleet["codes"]) == (0, 0, [], [])
        assert await shown(ana) == []
        assert await shown(ana, device=pc.device_id.hex()) == []
        assert (await ana.get(there)).status_code == 404
        assert (await ana.get("/api/fleet/devices/" + "0" * 32)).status_code == 404
    ben = await world.console("ben", key=None)
    assert await shown(ben) == []


async def test_an_officer_sees_the_customers_pcs_alone(world: World) -> None:
    pc = await world.enrolled_pc()
    await add_device(world.parts, b"q" * 16, site="lab-1")
    async with world.parts.cloud.write() as rows:
        rows.add(Customer(id="customer-1", name="One"))
        rows.add(Customer(id="customer-2", name="Two"))
        rows.add(Site(id="lab-2", name="Second Lab", customer="customer-2", created_utc_ms=1))
        await rows.flush()
        await rows.execute(update(Site).where(Site.id == "lab-1").values(customer="customer-1"))
        await rows.execute(update(Device).where(Device.id == b"q" * 16).values(site="lab-2"))
    journals = {}
    for device_id in (pc.device_id, b"q" * 16):
        journals[device_id] = journal = Journal()
        await world.parts.intake.keep(device_id, journal.batch(journal.raised()))
    officer = await world.console("olga", key=None)
    await People(world.parts.cloud, world.parts.ledger, world.parts.now).make_administrator(
        "olga", is_administrator=False
    )
    async with world.parts.cloud.write() as rows:
        await rows.execute(update(Person).where(Person.id == "olga").values(officer_of="customer-1"))
    found = await shown(officer, "/api/officer/fleet/conditions")
    async with asyncio.timeout(ANSWER_S):
        while not found:  # somebody may have read the PCs just before they got their customers
            await asyncio.sleep(0.2)
            found = await shown(officer, "/api/officer/fleet/conditions")
    assert {one["pc"]["id"] for one in found} == {pc.device_id.hex()}  # type: ignore[index]  # JSON
    for query in ({"state": "all"}, {"state": "all", "device": (b"q" * 16).hex()}):
        everything = await shown(officer, "/api/officer/fleet/conditions", **query)
        assert {one["pc"]["id"] for one in everything} <= {pc.device_id.hex()}  # type: ignore[index]  # JSON
        assert len(everything) == (0 if "device" in query else 1)
    assert (await officer.get("/api/officer/fleet")).json()["pcs"] == 1
    assert (await officer.get(f"/api/officer/fleet/devices/{pc.device_id.hex()}")).status_code == 200
    assert (await officer.get("/api/officer/fleet/devices/" + (b"q" * 16).hex())).status_code == 404
    assert await shown(officer) == [], "an officer is no associate"
