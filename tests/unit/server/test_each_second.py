"""What the server does each second opens nothing that is sealed, and costs as many statements for many as for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from tests.unit.server.test_queue_expiry import ANA, REQUEST, Desk, desk

from benchside.server.accounts.model import Account, SignIn
from benchside.server.broker.machine import RequestState
from benchside.server.broker.model import Request
from benchside.server.broker.unadmitted import Unadmitted
from benchside.server.enrolment.model import Device
from benchside.server.store.database import Database
from benchside.server.store.keyring import DataKeys

__all__ = ["desk"]


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are run meanwhile."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


def unadmitted(desk: Desk) -> Unadmitted:
    return Unadmitted(desk.broker, desk.parts.sign_ins, desk.parts.keeper, desk.clock)


async def more_of_the_same(desk: Desk, count: int) -> None:
    """As many devices again, each with a running session of ana's."""
    async with desk.parts.cloud.write() as rows:
        for number in range(count):
            name = number.to_bytes(16)
            rows.add(Device(
                id=name, site="lab-1", region="global", name="PC", device_key=bytes(32), identity_spki=bytes(32),
                identity_fingerprint=bytes(16) + name, registrant="P", registrant_email="p@x", enrolled_utc_ms=1,
            ))  # fmt: skip
            await rows.flush()
            rows.add(Request(
                id=name, device_id=name, technician="T", reason="R", instrument="", queued_utc_ms=desk.clock.now_ms,
                state=RequestState.IN_SESSION.value, claimed_by="ana", claimed_key=ANA.key,
            ))  # fmt: skip


@pytest.fixture
async def signed_in(desk: Desk) -> None:
    now = desk.clock.now_ms
    async with desk.parts.cloud.write() as rows:
        rows.add(Account(id="ana", password_hash="", must_change=False, disabled=False, created_utc_ms=now))
        await rows.flush()
        rows.add(SignIn(token_hash=bytes(32), account="ana", opened_utc_ms=now, used_utc_ms=now, proved_utc_ms=now))
    await desk.broker.claim(ANA, REQUEST)


async def test_nothing_sealed_is_opened_and_many_cost_as_many_statements_as_one(
    desk: Desk, signed_in: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(*_given: object) -> bytes:
        raise AssertionError("something that is sealed was opened")

    tasks = (unadmitted(desk).end, desk.broker.expire, desk.parts.identities.attention, desk.parts.identities.revoked)
    monkeypatch.setattr(DataKeys, "open", opened)
    with counted(desk.parts.cloud) as for_one:
        for task in tasks:
            await task()
    await more_of_the_same(desk, 30)
    with counted(desk.parts.cloud) as for_many:
        for task in tasks:
            await task()
    assert len(for_many) == len(for_one)
    assert len(await desk.broker.standing()) == 31


async def test_the_queue_of_many_is_read_in_as_many_statements_as_of_one(desk: Desk) -> None:
    with counted(desk.parts.cloud) as for_one:
        (first,) = await desk.broker.all_open()
    await more_of_the_same(desk, 30)
    with counted(desk.parts.cloud) as for_many:
        found = await desk.broker.all_open()
    assert (len(found), len(for_many)) == (31, len(for_one))
    assert first == await desk.broker.facts(REQUEST)
    assert [one.model for one in first.device.instruments] == ["CX-200"]


async def test_who_signed_out_is_out_within_a_second(desk: Desk, signed_in: None) -> None:
    await unadmitted(desk).end()
    assert await desk.state() is RequestState.CLAIMED
    await more_of_the_same(desk, 1)
    await desk.parts.sign_ins.end(SignIn.account == "ana")
    await unadmitted(desk).end()
    assert await desk.state() is RequestState.QUEUED
    assert set(desk.cut) == {REQUEST, bytes(16)}
