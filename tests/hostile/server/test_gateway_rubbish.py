"""Agents that lie, babble, stall or copy one another, against the real gateway."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select
from tests.fakes.clients import ANSWER_S
from tests.fakes.server_world import Pc, World, rsa_key, running_world

from benchside.protocol.errors import Refusal
from benchside.protocol.trust.journal import journal_head
from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.trust.policy import AuthorityPin, follow_rotations, read_policy
from benchside.protocol.wire import enrolment as enrolment_wire
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.channel import Channel
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.session import InstrumentInfo
from benchside.server.audit.kind import ServerKind
from benchside.server.audit.model import Event
from benchside.server.broker.model import Request
from benchside.transport.websocket import Closed, dial

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def closed_with(pc: Pc) -> int:
    assert pc.link is not None
    try:
        while True:
            await asyncio.wait_for(pc.link.receive(), ANSWER_S)
    except Closed as closed:
        return closed.code


async def test_a_wrong_device_key_and_an_unknown_device_get_the_same_answer(world: World) -> None:
    pc = await world.enrolled_pc()
    wrong, unknown = Pc(world, pc.identity, bytes(32)), Pc(world, pc.identity, bytes(32))
    wrong.device_id, unknown.device_id = pc.device_id, os.urandom(16)
    answers = [await wrong.connect(), await unknown.connect()]
    assert answers == [wire.LinkRefused(reason="not_authentic")] * 2
    assert await closed_with(wrong) == 1000


@pytest.mark.parametrize("first", [b"", b"\xc1", b"\x81\xa1t\xa4ping", b"x" * 600_000])
async def test_rubbish_instead_of_a_hello_ends_the_connection(world: World, first: bytes) -> None:
    link = await dial(world.listeners.link_url + "/v1/agent", tls=None, max_bytes=5 * 1024 * 1024)
    await link.receive()
    link.send(first)
    with pytest.raises(Closed) as closed:
        await asyncio.wait_for(link.receive(), ANSWER_S)
    assert closed.value.code in (4400, 1009)


async def test_a_hello_is_worth_nothing_on_another_connection(world: World) -> None:
    pc = await world.enrolled_pc()
    link = await dial(world.listeners.link_url + "/v1/agent", tls=None, max_bytes=5 * 1024 * 1024)
    challenge = wire.OPENING.decode(bytes(await link.receive()))  # type: ignore[arg-type]  # binary here
    assert isinstance(challenge, wire.LinkChallenge)
    hello = wire.LinkHello(
        version=VERSION,
        device_id=pc.device_id,
        nonce=os.urandom(32),
        instance=os.urandom(16),
        step=0,
        state=os.urandom(32),
        proof=os.urandom(32),
    )
    link.send(wire.OPENING.encode(hello))
    assert wire.OPENING.decode(bytes(await link.receive())) == wire.LinkRefused(reason="not_authentic")  # type: ignore[arg-type]


async def test_messages_of_the_gateway_and_rubbish_after_the_welcome_end_it(world: World) -> None:
    pc = await world.enrolled_pc()
    pc.say(wire.RequestQueued(request_id=bytes(16)))
    assert await closed_with(pc) == 4400
    assert isinstance(await pc.connect(), wire.LinkWelcome)
    assert pc.link is not None
    pc.link.send(b"\x93\x01\x02")
    assert await closed_with(pc) == 4400
    assert isinstance(await pc.connect(), wire.LinkWelcome)
    pc.link.send("text")
    assert await closed_with(pc) == 4400


async def test_the_newer_connection_of_a_device_replaces_the_older(world: World) -> None:
    pc = await world.enrolled_pc()
    copy = pc.copy()
    assert isinstance(await copy.connect(), wire.LinkWelcome)
    assert await closed_with(pc) == 4409
    copy.say(wire.LinkPing())
    await copy.hear(wire.LinkPong)


async def test_gates_and_foreign_requests_are_refused(world: World) -> None:
    pc = await world.enrolled_pc(it_review_utc_ms=None)
    request_id = os.urandom(16)
    for changes, reason in (
        ({"it_review_utc_ms": None}, Refusal.NO_IT_REVIEW),
        ({"terms_version": None}, Refusal.NO_TERMS),
    ):
        pc.describe(**changes)
        pc.ask_for_help(request_id)
        assert (await pc.hear(wire.RequestUnknown)).reason is reason
    pc.describe()
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    other = await world.enrolled_pc(2)
    other.ask_for_help(request_id)
    assert (await other.hear(wire.RequestUnknown)).reason is Refusal.NO_REQUEST
    other.say(wire.AskTicket(ask=7, request_id=request_id, channel=Channel.MAIN))
    assert (await other.hear(wire.TicketRefused)).reason is Refusal.NO_REQUEST
    other.say(wire.RequestCancelled(request_id=request_id, reason="cancelled"))
    await other.report(other.entry(EventKind.SESSION_ENDED, request_id, cause="stopped"))
    pc.say(wire.AskTicket(ask=8, request_id=request_id, channel=Channel.MAIN))
    assert (await pc.hear(wire.TicketRefused)).reason is Refusal.NOT_CLAIMED
    assert [one.state for one in await world_requests(world)] == ["queued"]


async def world_requests(world: World) -> list[Request]:
    async with world.parts.cloud.read() as rows:
        return list(await rows.scalars(select(Request)))


async def test_a_flood_of_requests_is_told_to_wait(world: World) -> None:
    pc = await world.enrolled_pc()
    for _ in range(20):
        pc.ask_for_help(os.urandom(16))
        await pc.hear(wire.RequestQueued)
    pc.ask_for_help(os.urandom(16))
    assert (await pc.hear(wire.RequestUnknown)).reason is Refusal.WAIT


async def test_a_journal_with_a_gap_a_changed_repeat_or_a_wrong_head_is_refused(world: World) -> None:
    pc = await world.enrolled_pc()
    first, second = pc.entry(EventKind.ENROLLED, None), pc.entry(EventKind.TERMS_ACCEPTED, None, version="1")
    assert await pc.report(first) == 1
    assert await pc.report(first, second) == 2
    third, fourth = pc.entry(EventKind.CODE_MADE, None), pc.entry(EventKind.CODE_DEAD, None)
    changed = msgspec.structs.replace(
        second,
        kind=EventKind.TERMS_ACCEPTED,
        details=EventDetails(version="2"),
        head=journal_head(
            first.head,
            sequence=2,
            kind=EventKind.TERMS_ACCEPTED,
            at_utc_ms=second.at_utc_ms,
            request_id=None,
            details=EventDetails(version="2"),
        ),
    )
    forged = msgspec.structs.replace(third, details=EventDetails(cause="other"))
    for events in ((fourth,), (changed,), (forged,)):
        pc.say(wire.EventsReported(events=events))
        assert await closed_with(pc) == 4400
        welcome = await pc.connect()
        assert isinstance(welcome, wire.LinkWelcome)
        assert welcome.journal_sequence == 2
    assert await pc.report(third, fourth) == 4


async def test_an_agent_that_only_pings_is_answered_and_fills_nothing(world: World) -> None:
    pc = await world.enrolled_pc()
    for _ in range(500):
        pc.say(wire.LinkPing())
    for _ in range(500):
        await pc.hear(wire.LinkPong)


async def test_enrolment_tokens_work_once_and_in_their_region(world: World) -> None:
    secret = await world.token()
    pc = Pc(world, rsa_key(0), os.urandom(32))
    refused = enrolment_wire.EnrolmentRefused
    assert await pc.enrol(os.urandom(32)) == refused(reason="token_unknown")
    assert await pc.enrol(secret, region="cn") == refused(reason="wrong_region")
    both = await asyncio.gather(pc.enrol(secret), Pc(world, rsa_key(2), os.urandom(32)).enrol(secret))
    assert sorted(type(answer).__name__ for answer in both) == ["DeviceEnrolled", "EnrolmentRefused"]
    assert refused(reason="token_used") in both


async def test_an_identity_without_its_private_key_is_not_enrolled(world: World) -> None:
    pc = Pc(world, rsa_key(0), os.urandom(32))
    stolen = public_bytes(rsa_key(2).public_key())
    assert await pc.enrol(await world.token(), identity_key=stolen) == enrolment_wire.EnrolmentRefused(
        reason="malformed"
    )


@pytest.mark.parametrize("answer", [b"", b"\x00" * 2000, os.urandom(70_000), b"\x82\xa1t\xa5enrol"])
async def test_rubbish_instead_of_an_enrolment_is_refused(world: World, answer: bytes) -> None:
    link = await dial(world.listeners.link_url + "/v1/enrol", tls=None, max_bytes=5 * 1024 * 1024)
    await link.receive()
    link.send(answer)
    said = bytes(await asyncio.wait_for(link.receive(), ANSWER_S))  # type: ignore[arg-type]  # binary here
    assert enrolment_wire.ENROLMENT.decode(said) == enrolment_wire.EnrolmentRefused(reason="malformed")


async def test_refused_enrolments_of_one_address_fill_no_log(world: World) -> None:
    pc = Pc(world, rsa_key(0), os.urandom(32))
    for _ in range(6):
        assert await pc.enrol(os.urandom(32)) == enrolment_wire.EnrolmentRefused(reason="token_unknown")
    async with world.parts.session.read() as rows:
        found = await rows.scalars(select(Event).where(Event.kind == ServerKind.ENROLMENT_REFUSED.value))
        assert len(list(found)) == 1


async def test_a_model_that_nobody_knows_holds_patient_data(world: World) -> None:
    pc = Pc(world, rsa_key(0), os.urandom(32))
    said = tuple(
        InstrumentInfo(id=model, model=model, serial="1", patient_data=claimed)
        for model, claimed in (("CX-200", False), ("CX-200", True), ("Unheard-1", False))
    )
    answer = await pc.enrol(await world.token(), instruments=said)
    assert isinstance(answer, enrolment_wire.DeviceEnrolled)
    facts = await world.parts.register.device(answer.device_id)
    assert facts is not None
    assert [one.patient_data for one in facts.instruments] == [False, True, True]


async def test_a_revoked_device_stays_out(world: World) -> None:
    pc = await world.enrolled_pc()
    await world.parts.register.revoke(pc.device_id)
    again = Pc(world, pc.identity, pc.device_key)
    again.device_id = pc.device_id
    assert await again.connect() == wire.LinkRefused(reason="not_authentic")


async def test_a_pc_that_was_enrolled_after_a_rotation_counts_on_from_there(world: World) -> None:
    world.authority.rotate(lambda: b"")
    await world.install_policy()
    pc = Pc(world, rsa_key(0), os.urandom(32))
    answer = await pc.enrol(await world.token())
    assert isinstance(answer, enrolment_wire.DeviceEnrolled)
    pin = AuthorityPin(key=world.authority.public_key(), rotation_serial=answer.rotation_serial)
    assert answer.policy is not None
    read_policy(answer.policy, pin, at_least_version=1)
    pc.device_id = answer.device_id
    await pc.connect()
    world.authority.rotate(lambda: b"")
    await world.install_policy()
    offered = await pc.hear(wire.PolicyOffered)
    pin = follow_rotations(pin, offered.rotations)
    assert pin.rotation_serial == 2
    read_policy(offered.policy, pin, at_least_version=1)
