"""An inspecting proxy that ends TLS between a real agent and the real gateway, and says what it likes to both."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.fakes.inspector import Inspected, Inspector, To, inspecting
from tests.fakes.linked_pc import LinkedPc
from tests.fakes.server_world import World, running_world

from benchside.protocol.errors import PeerError
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventDetails, EventKind, PcEvent
from benchside.protocol.wire.channel import Channel
from benchside.protocol.wire.condition import Severity
from benchside.server.broker.model import Request
from benchside.server.clock import utc_ms

pytestmark = [pytest.mark.system, pytest.mark.slow]

ID = bytes(16)
Deed = Callable[[Inspected, To, bytes], list[bytes]]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path / "world") as running:
        yield running


@pytest.fixture
async def proxy(world: World) -> AsyncIterator[Inspector]:
    async with inspecting(world.listeners.link_url) as made:
        yield made


@pytest.fixture
async def pc(world: World, proxy: Inspector, tmp_path: Path) -> AsyncIterator[LinkedPc]:
    made = await LinkedPc.enrolled(world, tmp_path / "pc")
    made.url = proxy.url
    yield made
    await made.kill()


def help_wanted(request_id: bytes, technician: str = "Toni") -> wire.RequestOpened:
    return wire.RequestOpened(
        request_id=request_id, technician=technician, reason="It beeps", instrument="i-1", opened_utc_ms=utc_ms()
    )


def described() -> wire.Described:
    return wire.Described(
        site="lab-1",
        device="PC 1",
        instruments=(),
        software="0.1.0",
        policy_version=2**40,  # so that none is offered unasked
        it_review_utc_ms=1,
        terms_version="2026-1",
        offered=(),
    )


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.02)


async def requests_of(world: World) -> list[bytes]:
    async with world.parts.cloud.read() as rows:
        return list(await rows.scalars(select(Request.id)))


async def honest_again(proxy: Inspector, pc: LinkedPc, broken: Inspected) -> None:
    """It links anew, is not held, and what it says arrives."""
    proxy.is_honest()
    async with asyncio.timeout(15):
        while proxy.last is broken or not pc.link.is_up:
            pc.link.hurry()
            await asyncio.sleep(0.02)
    assert not pc.welcomes[-1].held
    pc.said.clear()
    pc.link.send(wire.PolicyWanted(rotation_serial=0))
    await pc.hears(wire.PolicyOffered)
    assert pc.held_times == 0


async def linked(pc: LinkedPc) -> None:
    """A link on which something was said both ways, and an earlier one like it."""
    for _ in range(2):
        await pc.boot()
        pc.link.send(described())
        pc.link.send(wire.PolicyWanted(rotation_serial=0))
        await pc.hears(wire.PolicyOffered)
        if len(pc.welcomes) == 1:
            await pc.kill()


async def test_all_that_an_honest_proxy_sees_is_the_opening(proxy: Inspector, pc: LinkedPc) -> None:
    await pc.boot()
    request_id = os.urandom(16)
    pc.link.send(described())
    pc.link.send(help_wanted(request_id, "Toni Technician"))
    await until(lambda: wire.RequestQueued(request_id=request_id) in pc.said)
    seen = [one for way in To for one in proxy.last.seen[way]]
    opening = [type(wire.OPENING.decode(one)) for one in proxy.last.seen[To.PC][:2]]
    assert opening == [wire.LinkChallenge, wire.HelloTaken]
    assert isinstance(wire.OPENING.decode(proxy.last.seen[To.SERVER][0]), wire.LinkHello)
    for way in To:
        for record in proxy.last.records[way]:
            with pytest.raises(PeerError):
                wire.LINK.decode(record)
    whole = b"".join(seen)
    for word in (b"Toni Technician", request_id, b"policy_version", b"relay", pc.state.value):
        assert word not in whole


def once(deed: Deed, way: To) -> Deed:
    """Do it to the next record that goes one way, and be honest before and after."""
    is_done = False

    def do(one: Inspected, to: To, message: bytes) -> list[bytes]:
        nonlocal is_done
        if is_done or to is not way:
            return [message]
        is_done = True
        return deed(one, to, message)

    return do


def swapped(way: To) -> Deed:
    """The next two records come in the other order."""
    kept: list[bytes] = []

    def do(_one: Inspected, to: To, message: bytes) -> list[bytes]:
        if to is not way or len(kept) == 2:
            return [message]
        kept.append(message)
        return [] if len(kept) == 1 else [message, kept[0]]

    return do


def other(way: To) -> To:
    return To.SERVER if way is To.PC else To.PC


def deeds(before: Inspected) -> dict[str, Deed]:
    """`before`: an earlier link of the same PC, on which the same was said."""

    def same_place(one: Inspected, way: To, _record: bytes) -> list[bytes]:
        at = len(one.records[way]) - 1
        said = before.records[way]
        return [said[min(at, len(said) - 1)]]

    return {
        "changed at its beginning": lambda _one, _way, record: [bytes([record[0] ^ 1]) + record[1:]],
        "changed at its end": lambda _one, _way, record: [record[:-1] + bytes([record[-1] ^ 1])],
        "cut": lambda _one, _way, record: [record[:-1]],
        "cut to its tag": lambda _one, _way, record: [record[-16:]],
        "emptied": lambda _one, _way, _record: [b""],
        "made longer": lambda _one, _way, record: [record + b"\0"],
        "dropped": lambda _one, _way, _record: [],
        "replaced by the one before": lambda one, way, _record: [one.records[way][-2]],
        "replaced by the other side's": lambda one, way, _record: [one.records[other(way)][-1]],
        "replaced by an earlier link's": same_place,
        "after one that was made up": lambda _one, _way, record: [os.urandom(len(record)), record],
    }


@pytest.mark.parametrize("way", To, ids=lambda way: way.value)
async def test_whatever_is_done_to_a_record_ends_the_link_and_is_not_believed(
    world: World, proxy: Inspector, pc: LinkedPc, way: To
) -> None:
    await linked(pc)
    names = [*deeds(proxy.all[0]), "swapped"]
    for name in names:
        pc.said.clear()
        here, request_id = proxy.last, os.urandom(16)
        proxy.deed = swapped(way) if name == "swapped" else once(deeds(proxy.all[0])[name], way)
        pc.link.send(help_wanted(request_id))
        pc.link.send(wire.LinkPing())
        await until(lambda here=here: here.pc.is_closed)  # type: ignore[misc]  # bound now, as it should be
        if way is To.SERVER:
            assert here.ended_with == 4400, name
            assert request_id not in await requests_of(world), name
        assert not [one for one in pc.said if isinstance(one, wire.RequestQueued)], name
        await honest_again(proxy, pc, here)


@pytest.mark.parametrize("way", To, ids=lambda way: way.value)
async def test_a_record_that_comes_twice_is_believed_once(
    world: World, proxy: Inspector, pc: LinkedPc, way: To
) -> None:
    await linked(pc)
    here, request_id = proxy.last, os.urandom(16)
    proxy.deed = once(lambda _one, _way, record: [record, record], way)
    pc.link.send(help_wanted(request_id))
    await until(lambda: here.pc.is_closed)
    assert request_id in await requests_of(world)
    assert pc.said.count(wire.RequestQueued(request_id=request_id)) <= 1
    await honest_again(proxy, pc, here)


FOR_PC: list[wire.LinkMessage] = [
    wire.LinkWelcome(
        now_utc_ms=1,
        policy_version=1,
        journal_sequence=2**50,
        relay="r",
        relay_url="wss://evil.example",
        phone="+1 900",
    ),
    wire.DeviceHeld(reason="device_held"),
    wire.AreYouThere(nonce=ID),
    wire.RotateKey(),
    wire.NextKeyKept(share=bytes(32), proof=bytes(32)),
    wire.KeyChanged(),
    wire.PolicyOffered(policy=bytes(64)),
    wire.RequestQueued(request_id=ID),
    wire.RequestUnknown(request_id=ID, reason="no_request"),  # type: ignore[arg-type]  # as it travels
    wire.RequestClaimed(request_id=ID, associate="eve"),
    wire.RequestReleased(request_id=ID),
    wire.RequestCancelled(request_id=ID, reason="associate_out"),
    wire.TicketIssued(ask=1, ticket=bytes(200)),
    wire.TicketRefused(ask=1, reason="held"),  # type: ignore[arg-type]  # as it travels
    wire.EventsKept(sequence=2**50),
    wire.NoticesKept(journal=ID, sequence=2**50),
    wire.AdvisoryOffered(id=ID, severity=Severity.CRITICAL, texts={"en": "!"}, advice={}, until_utc_ms=2**42),
    wire.AdvisoryWithdrawn(id=ID),
    wire.LinkPing(),
    wire.LinkPong(),
]
FOR_SERVER: list[wire.LinkMessage] = [
    wire.StateKept(step=1),
    wire.HereIAm(nonce=ID),
    wire.NextKeyShare(share=bytes(32)),
    wire.NextKeyProved(proof=bytes(32)),
    described(),
    wire.PolicyWanted(rotation_serial=0),
    help_wanted(ID),
    wire.RequestCancelled(request_id=ID, reason="cancelled"),
    wire.AskTicket(ask=1, request_id=ID, channel=Channel.MAIN),
    wire.NoticesAsked(journal=ID),
    wire.NoticesReported(batch=b"?"),
    wire.WatchTold(is_well=False),
    wire.EventsReported(
        events=(
            PcEvent(
                sequence=1,
                kind=EventKind.ENROLLED,
                at_utc_ms=1,
                request_id=None,
                details=EventDetails(),
                head=bytes(32),
            ),
        )
    ),
    wire.LinkPing(),
    wire.LinkPong(),
]


def test_each_kind_of_message_is_tried() -> None:
    tried = {type(one) for one in [*FOR_PC, *FOR_SERVER]}
    assert tried == set(wire.LinkMessage.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("way", "message"),
    [*((To.PC, one) for one in FOR_PC), *((To.SERVER, one) for one in FOR_SERVER)],
    ids=lambda value: value.value if isinstance(value, To) else type(value).__name__,
)
async def test_no_message_in_plain_words_is_believed(
    world: World, proxy: Inspector, pc: LinkedPc, way: To, message: wire.LinkMessage
) -> None:
    await pc.boot()
    here, key, state = proxy.last, pc.folder.device_key(), pc.state
    here.say(way, wire.LINK.encode(message))
    await until(lambda: here.pc.is_closed)
    if way is To.SERVER:
        assert here.ended_with == 4400
    assert (pc.said, pc.held_times, pc.folder.device_key(), pc.folder.next_key()) == ([], 0, key, None)
    assert pc.state.step in (state.step, state.step + 1), "its own next link may be there already"
    assert await requests_of(world) == []
    await honest_again(proxy, pc, here)


@pytest.mark.parametrize("place", [0, 40, -1])
async def test_a_welcome_that_was_changed_is_not_believed(proxy: Inspector, pc: LinkedPc, place: int) -> None:
    """It says where the server's journal ends, what is offered, whom to call: all of it or nothing is the server's."""

    def deed(one: Inspected, way: To, message: bytes) -> list[bytes]:
        if way is To.PC and len(one.records[To.PC]) == 1:
            at = place % len(message)
            return [message[:at] + bytes([message[at] ^ 1]) + message[at + 1 :]]
        return [message]

    proxy.deed = deed
    pc.start()
    state = pc.state
    await until(lambda: len(proxy.all) >= 2 and proxy.all[0].pc.is_closed)
    assert (pc.welcomes, pc.journal.last_sequence(), pc.state, pc.held_times) == ([], 0, state, 0)
    await honest_again(proxy, pc, proxy.all[0])


@pytest.mark.parametrize("deed", ["dropped", "changed"])
async def test_a_state_is_kept_when_the_pc_has_said_so_and_not_before(
    world: World, proxy: Inspector, pc: LinkedPc, deed: str
) -> None:
    def do(one: Inspected, way: To, message: bytes) -> list[bytes]:
        if way is To.SERVER and len(one.records[To.SERVER]) == 1:
            return [] if deed == "dropped" else [bytes(len(message))]
        return [message]

    proxy.deed = do
    pc.start()
    await until(lambda: bool(pc.welcomes))
    pc.link.send(help_wanted(os.urandom(16)))
    await until(lambda: proxy.all[0].pc.is_closed)
    assert proxy.all[0].ended_with == 4400
    assert await requests_of(world) == []
    await honest_again(proxy, pc, proxy.all[0])
