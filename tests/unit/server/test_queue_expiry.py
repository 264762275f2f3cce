"""What becomes of requests by time alone: shifts that end, PCs that vanish, associates who go away."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text, update
from tests.fakes.people import associate, site
from tests.fakes.server_world import Clock, opened_parts, rsa_key

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.wire.audit import EventKind
from benchside.protocol.wire.condition import ConditionKey, ConditionTold, Severity
from benchside.protocol.wire.enrolment import SealedEnrolment
from benchside.protocol.wire.link import Described, RequestOpened
from benchside.protocol.wire.session import InstrumentInfo
from benchside.server.access.model import Person
from benchside.server.authority.book import AuthorityBook
from benchside.server.broker.consoles import Consoles
from benchside.server.broker.machine import RequestState
from benchside.server.broker.model import Request
from benchside.server.broker.queue import MAX_AGE_MS, MAX_CONSOLE_GONE_MS, MAX_PC_GONE_MS, Broker
from benchside.server.bus.contract import News, SessionCut, ToDevice
from benchside.server.parts import Parts
from benchside.server.presence.watch import Presence

KEY = b"k" * 32
REQUEST = b"r" * 16
ANA = Person("ana", KEY)


@dataclass
class Desk:
    clock: Clock
    parts: Parts
    broker: Broker
    presence: Presence
    consoles: Consoles
    device_id: bytes
    told: list[ToDevice]
    cut: list[bytes]

    async def state(self) -> RequestState:
        facts = await self.broker.facts(REQUEST)
        assert facts is not None
        return facts.state

    async def later(self, milliseconds: int) -> RequestState:
        self.clock.now_ms += milliseconds
        await self.broker.expire()
        return await self.state()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        presence, consoles = Presence(parts.session, clock), Consoles(clock)
        broker = Broker(
            parts.cloud,
            parts.register,
            parts.ledger,
            parts.sessions,
            parts.keeper,
            presence,
            consoles,
            parts.bus,
            clock,
        )
        authority = AuthorityBook(tmp_path / "authority", clock)
        authority.sign_in(associate("ana", KEY, name="Ana", expires_utc_ms=clock.now_ms * 2))
        authority.add_site(site("lab-1"))
        await parts.keeper.install(authority.export(lambda: b""))
        instruments = (InstrumentInfo(id="i-1", model="CX-200", serial="1", patient_data=False),)
        secret, _ = await parts.register.make_token("lab-1", 1)
        device = await parts.register.enrol(
            SealedEnrolment(
                token_secret=secret,
                device_key=os.urandom(32),
                identity_key=public_bytes(rsa_key(0).public_key()),
                device="PC",
                site_name="Lab",
                instruments=instruments,
                registrant="Pat",
                registrant_email="p@x",
                region="global",
            )
        )
        await parts.register.describe(
            device.id,
            Described(
                site="lab-1",
                device="PC",
                instruments=instruments,
                software="1",
                policy_version=1,
                it_review_utc_ms=1,
                terms_version="1",
                offered=(),
            ),
        )
        told: list[ToDevice] = []
        cut: list[bytes] = []

        def note(news: News) -> bool:
            if isinstance(news, ToDevice):
                told.append(news)
            if isinstance(news, SessionCut):
                cut.append(news.request_id)
            return False

        parts.bus.subscribe(note, limit=1)
        await presence.came(device.id)
        await broker.open(
            device.id,
            RequestOpened(request_id=REQUEST, technician="Toni", reason="?", instrument="i-1", opened_utc_ms=1),
        )
        yield Desk(clock, parts, broker, presence, consoles, device.id, told, cut)


async def test_the_notice_with_which_help_is_asked_for_is_kept_and_rests_sealed(desk: Desk) -> None:
    told = ConditionTold(
        key=ConditionKey("opcua.alarm", "Pump 2", "leak"),
        severity=Severity.CRITICAL,
        texts={"en": "Pump 2 leaks."},
        since_utc_ms=7,
    )
    asked = RequestOpened(
        request_id=b"n" * 16, technician="Toni", reason="!", instrument="i-1", opened_utc_ms=2, condition=told
    )
    await desk.broker.open(desk.device_id, asked)
    assert [one.condition for one in await desk.broker.all_open()] == [told]
    async with desk.parts.cloud.write() as rows:
        rest = await rows.scalar(text("SELECT condition FROM request WHERE condition IS NOT NULL"))
        assert b"Pump" not in rest
        await rows.execute(update(Request).values(condition='{"key":["a","b"]}'))
    assert [one.condition for one in await desk.broker.all_open()] == [None]


async def test_a_request_nobody_takes_ends_with_the_shift(desk: Desk) -> None:
    assert await desk.later(MAX_AGE_MS) is RequestState.QUEUED
    assert await desk.later(1) is RequestState.EXPIRED
    assert type(desk.told[-1].message).__name__ == "RequestCancelled"
    row = await desk.parts.sessions.get(REQUEST)
    assert row is not None
    assert (row.state, row.outcome) == ("expired", "too_long")


async def test_a_pc_that_vanishes_ends_its_request_and_one_that_comes_back_does_not(desk: Desk) -> None:
    await desk.presence.left(desk.device_id)
    assert await desk.later(MAX_PC_GONE_MS) is RequestState.QUEUED
    await desk.presence.came(desk.device_id)
    assert await desk.later(MAX_PC_GONE_MS) is RequestState.QUEUED
    await desk.presence.left(desk.device_id)
    assert await desk.later(MAX_PC_GONE_MS + 1) is RequestState.EXPIRED


async def test_a_session_that_the_server_gives_up_does_not_go_on_at_the_relay(desk: Desk) -> None:
    await desk.broker.claim(ANA, REQUEST)
    await desk.broker._join(desk.device_id, REQUEST)
    await desk.presence.left(desk.device_id)
    assert await desk.later(MAX_PC_GONE_MS) is RequestState.IN_SESSION
    assert desk.cut == []
    assert await desk.later(1) is RequestState.ENDED
    assert desk.cut == [REQUEST]


async def test_a_claim_is_given_back_when_its_associate_goes_away(desk: Desk) -> None:
    desk.consoles.opened("ana")
    await desk.broker.claim(ANA, REQUEST)
    assert await desk.later(MAX_CONSOLE_GONE_MS * 3) is RequestState.CLAIMED
    desk.consoles.closed("ana")
    assert await desk.later(MAX_CONSOLE_GONE_MS) is RequestState.CLAIMED
    assert await desk.later(1) is RequestState.QUEUED
    assert type(desk.told[-1].message).__name__ == "RequestReleased"
    assert desk.cut == [REQUEST], "the PC may have let them in, and its word of it be on its way"
    kinds = [event.kind for event in await desk.parts.ledger.events_of(REQUEST)]
    assert kinds == [EventKind.REQUEST_CLAIMED, EventKind.REQUEST_RELEASED]


async def test_a_claim_without_an_open_stream_is_kept_for_as_long_as_after_one(desk: Desk) -> None:
    assert await desk.later(MAX_CONSOLE_GONE_MS * 3) is RequestState.QUEUED
    await desk.broker.claim(ANA, REQUEST)
    assert await desk.later(0) is RequestState.CLAIMED, "not given back by the next look"
    assert await desk.later(MAX_CONSOLE_GONE_MS) is RequestState.CLAIMED
    assert await desk.later(1) is RequestState.QUEUED


async def test_a_claim_is_given_back_when_the_policy_names_its_associate_no_more(desk: Desk, tmp_path: Path) -> None:
    desk.consoles.opened("ana")
    await desk.broker.claim(ANA, REQUEST)
    assert await desk.later(1) is RequestState.CLAIMED
    authority = AuthorityBook(tmp_path / "authority", desk.clock)
    authority.sign_out("ana")
    await desk.parts.keeper.install(authority.export(lambda: b""))
    assert await desk.later(1) is RequestState.QUEUED


async def test_a_running_session_outlives_console_and_shift(desk: Desk) -> None:
    await desk.broker.claim(ANA, REQUEST)
    await desk.broker._join(desk.device_id, REQUEST)
    assert await desk.later(MAX_AGE_MS + MAX_CONSOLE_GONE_MS + 2) is RequestState.IN_SESSION
    with pytest.raises(RefusedError) as refused:
        await desk.broker.release("ana", REQUEST)
    assert refused.value.reason is Refusal.BUSY


async def test_a_new_request_of_the_same_pc_replaces_the_open_one(desk: Desk) -> None:
    await desk.broker.open(
        desk.device_id,
        RequestOpened(request_id=b"s" * 16, technician="Toni", reason="!", instrument="none", opened_utc_ms=2),
    )
    assert await desk.state() is RequestState.CANCELLED
    facts = await desk.broker.facts(b"s" * 16)
    assert facts is not None
    assert facts.instrument is None
