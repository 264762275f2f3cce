"""Restored disks and copies of a PC against the real gateway, and the honest PC that must not be taken for one."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.fakes.clients import ANSWER_S
from tests.fakes.server_world import Pc, World, running_world

from benchside.protocol.errors import Refusal
from benchside.protocol.trust.device import LinkNonces, LinkState
from benchside.protocol.trust.link import LinkEnd, link_records
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventKind
from benchside.protocol.wire.channel import Channel
from benchside.server.admin.device import add_device_words
from benchside.server.audit.kind import ServerKind
from benchside.server.audit.model import Event
from benchside.server.gateway import meeting
from benchside.server.identity.chain import Hold
from benchside.server.identity.keeper import MAX_INSTANCES
from benchside.transport.websocket import Closed

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path / "world") as running:
        yield running


async def closed_with(pc: Pc) -> int:
    assert pc.link is not None
    try:
        while True:
            await asyncio.wait_for(pc.link.receive(), ANSWER_S)
    except Closed as closed:
        return closed.code


async def hold_of(world: World, device_id: bytes) -> Hold | None:
    return (await world.parts.identities.shown(device_id)).hold


async def events_of(world: World, kind: ServerKind) -> int:
    async with world.parts.session.read() as rows:
        return len(list(await rows.scalars(select(Event).where(Event.kind == kind.value))))


async def test_whatever_breaks_an_honest_pc_is_never_held(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that are dropped before, between and after each word, hellos that come late, and lost answers."""
    monkeypatch.setattr(meeting, "THERE_WITHIN_S", 0.05)  # nobody is there: the wait is all the same
    dice = random.Random(3)
    pc = await world.enrolled_pc()
    for _ in range(90):
        match dice.randrange(5):
            case 0:  # the answer is lost
                await pc.hello()
            case 1:  # the state is kept, and the word of it is lost
                welcome = await pc.hello()
                assert isinstance(welcome, wire.LinkWelcome)
                assert welcome.offer is not None
                await keep_and_lose(pc, welcome)
            case 2:  # nobody hangs up, the next one simply comes
                assert isinstance(await pc.connect(), wire.LinkWelcome)
            case 3:
                await pc.connect()
                assert pc.link is not None
                pc.link.abort()
            case _:
                await pc.connect()
                await ping(pc)
        assert await hold_of(world, pc.device_id) is None
    await pc.connect()
    await ping(pc)


async def keep_and_lose(pc: Pc, welcome: wire.LinkWelcome) -> None:
    assert welcome.offer is not None
    pc.state = LinkState(welcome.offer.step, welcome.offer.value)
    assert pc.link is not None
    pc.link.abort()


async def ping(pc: Pc) -> None:
    pc.say(wire.LinkPing())
    await pc.hear(wire.LinkPong)


async def test_a_restored_disk_is_seen_and_told_and_gets_nothing(world: World) -> None:
    pc = await world.enrolled_pc()
    image = pc.copy()
    for _ in range(2):
        await pc.connect()
        await ping(pc)
    assert pc.link is not None
    pc.link.abort()
    await asyncio.sleep(0.1)
    answer = await image.connect()
    assert isinstance(answer, wire.LinkWelcome)
    assert (answer.held, answer.offer) == (True, None)
    assert await hold_of(world, pc.device_id) is Hold.WENT_BACK
    image.describe(device="Another name")
    image.ask_for_help(os.urandom(16))
    image.say(wire.AskTicket(ask=1, request_id=os.urandom(16), channel=Channel.MAIN))
    image.say(image_entry(image))
    image.say(wire.NextKeyShare(share=os.urandom(32)))
    await ping(image)
    assert await world.parts.identities.held() == [pc.device_id]
    facts = await world.parts.register.device(pc.device_id)
    assert facts is not None
    assert (facts.name, facts.is_held) == ("PC 1", True)
    assert (await world.parts.ledger.journal_head(pc.device_id))[0] == 0
    assert isinstance(await pc.connect(), wire.LinkWelcome)
    pc.ask_for_help(os.urandom(16))
    await ping(pc)
    assert await events_of(world, ServerKind.DEVICE_HELD) == 1


def image_entry(image: Pc) -> wire.EventsReported:
    return wire.EventsReported(events=(image.entry(EventKind.ENROLLED, None),))


async def test_whoever_says_nothing_of_its_state_gets_nothing(world: World) -> None:
    pc = await world.enrolled_pc()
    for first in (wire.LinkPing(), wire.StateKept(step=99), wire.LinkPong()):
        await pc.hello()
        pc.say(first)
        pc.ask_for_help(os.urandom(16))
        assert await closed_with(pc) == 4400
    await pc.connect()
    pc.describe()
    pc.ask_for_help(os.urandom(16))
    await pc.hear(wire.RequestQueued)
    pc.say(wire.HereIAm(nonce=os.urandom(16)))
    assert await closed_with(pc) == 4400, "nobody asked"


async def test_two_that_are_alive_are_both_held_and_the_session_ends(world: World) -> None:
    pc, console = await world.enrolled_pc(), await world.console("ana")
    await ping(pc)
    request_id = os.urandom(16)
    pc.ask_for_help(request_id)
    await pc.hear(wire.RequestQueued)
    assert (await console.post(f"/api/requests/{request_id.hex()}/claim")).status_code == 200
    await pc.report(pc.entry(EventKind.CODE_ACCEPTED, request_id, associate="ana"))
    copy = pc.copy()  # its state is the newest, too: only that both answer tells
    coming = asyncio.create_task(copy.connect())
    asked = await pc.hear(wire.AreYouThere)
    pc.say(wire.HereIAm(nonce=asked.nonce))
    answer = await coming
    assert isinstance(answer, wire.LinkWelcome)
    assert answer.held
    assert (await pc.hear(wire.DeviceHeld)).reason == "device_held"
    assert await closed_with(pc) == 4411
    assert await hold_of(world, pc.device_id) is Hold.COPIED
    async with asyncio.timeout(30):
        while (await console.get(f"/api/sessions/{request_id.hex()}")).json()["outcome"] != "device_held":
            await asyncio.sleep(0.05)
    again = await pc.connect()
    assert isinstance(again, wire.LinkWelcome)
    assert again.held
    for one in (pc, copy):
        one.ask_for_help(os.urandom(16))
        await ping(one)
    shown = await world.parts.identities.shown(pc.device_id)
    assert set(shown.instances) == {pc.instance, copy.instance}


async def test_an_answer_from_before_is_not_taken_for_a_life_sign(world: World) -> None:
    pc = await world.enrolled_pc()
    await ping(pc)
    copy = pc.copy()
    coming = asyncio.create_task(copy.connect())
    await pc.hear(wire.AreYouThere)
    pc.say(wire.HereIAm(nonce=os.urandom(16)))
    answer = await coming
    assert isinstance(answer, wire.LinkWelcome)
    assert not answer.held
    later = await pc.connect()
    assert isinstance(later, wire.LinkWelcome)
    assert later.held, "the one that was dead a moment ago shows itself as soon as it comes back"


async def test_whoever_inspects_tls_cannot_answer_for_a_pc_that_has_dialled_again(world: World) -> None:
    """Its proxy keeps the older connection up and says that somebody is there; it has all but the key."""
    pc = await world.enrolled_pc()
    await ping(pc)
    for key in (os.urandom(32), pc.device_key):  # another one, and this one on another link
        proxy = pc.copy()
        proxy.link, proxy.records = pc.link, pc.records
        again = asyncio.create_task(pc.connect())
        asked = await proxy.hear(wire.AreYouThere)
        nonces = LinkNonces(pc.device_id, os.urandom(32), os.urandom(32))
        proxy.records = link_records(key, nonces, own=LinkEnd.AGENT)
        proxy.say(wire.HereIAm(nonce=asked.nonce))
        answer = await again
        assert isinstance(answer, wire.LinkWelcome)
        assert not answer.held
        assert await hold_of(world, pc.device_id) is None
        await ping(pc)


async def test_a_hello_that_comes_after_a_later_one_holds_up_nobody(world: World) -> None:
    """As a proxy may deliver it, from a connection that the agent gave up long ago."""
    pc = await world.enrolled_pc()
    await ping(pc)
    late = pc.copy()
    challenge = await late.dial()
    for _ in range(2):
        await pc.connect()
        await ping(pc)
    late.say_hello(challenge)
    assert await closed_with(late) == 4409
    assert await hold_of(world, pc.device_id) is None
    await ping(pc)


async def test_a_hello_on_a_challenge_that_was_passed_on_late_holds_up_nobody(world: World) -> None:
    """A proxy can dial twice and give the PC the later challenge first, keep its answer back, and then bring it."""
    pc = await world.enrolled_pc()
    await ping(pc)
    earlier, late = pc.copy(), pc.copy()
    challenge = await earlier.dial()
    later_challenge = await late.dial()
    pc.link = earlier.link
    pc.dial = _given(challenge)  # type: ignore[method-assign]
    await pc.connect()
    await ping(pc)
    del pc.dial  # type: ignore[attr-defined]
    late.say_hello(later_challenge)
    assert await closed_with(late) == 4409
    assert await hold_of(world, pc.device_id) is None
    await ping(pc)


def _given(challenge: wire.LinkChallenge) -> Callable[[], Awaitable[wire.LinkChallenge]]:
    async def dial() -> wire.LinkChallenge:
        return challenge

    return dial


async def test_a_held_device_may_not_be_asked_for_nor_get_a_ticket(world: World) -> None:
    pc = await world.enrolled_pc()
    await ping(pc)
    await world.parts.identities.hold(pc.device_id, Hold.COPIED, pc.instance)
    pc.ask_for_help(os.urandom(16))
    refused = await pc.hear(wire.RequestUnknown)
    assert refused.reason is Refusal.HELD
    async with asyncio.timeout(5):
        assert await closed_with(pc) == 4411, "what is decided elsewhere is followed within a second"


async def test_a_copy_that_comes_under_many_numbers_leaves_room_for_the_pc(world: World) -> None:
    pc = await world.enrolled_pc()
    keeper = world.parts.identities
    for _ in range(MAX_INSTANCES + 4):
        await keeper.hold(pc.device_id, Hold.WENT_BACK, os.urandom(16))
    answer = await pc.connect()
    assert isinstance(answer, wire.LinkWelcome)
    assert answer.held
    shown = (await keeper.shown(pc.device_id)).instances
    assert len(shown) == MAX_INSTANCES
    assert pc.instance in shown
    await keeper.release(pc.device_id, pc.instance[:4])
    answer = await pc.connect()
    assert isinstance(answer, wire.LinkWelcome)
    assert not answer.held


async def test_one_that_was_copied_does_not_keep_the_others_held_after_a_restore(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    copied, other = await world.enrolled_pc(0), await world.enrolled_pc(1)
    keeper = world.parts.identities
    for device_id in (copied.device_id, copied.device_id, other.device_id):
        await keeper.hold(device_id, Hold.AHEAD, os.urandom(16))
    parser = argparse.ArgumentParser()
    add_device_words(parser.add_subparsers(), argparse.ArgumentParser(add_help=False))
    flags = parser.parse_args(["device", "release", "--all-ahead"])
    await flags.work(world.parts, flags)
    said = capsys.readouterr().out
    assert await keeper.held() == [copied.device_id]
    assert f"{other.device_id.hex()} released" in said
    assert f"{copied.device_id.hex()} still held" in said
    # and whoever comes beside the one that was released is told to the operator
    await keeper.release(copied.device_id, (await keeper.shown(copied.device_id)).instances[0])
    assert isinstance(await copied.connect(), wire.LinkWelcome)
    flags = parser.parse_args(["device", "list"])
    await flags.work(world.parts, flags)
    assert "another came since and is not let in" in capsys.readouterr().out
