"""A person chooses one of two that have a device's key, and then the other: the last word counts, whoever is online."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import delete
from tests.fakes.server_world import Pc, World, opened_parts, running_world

from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.rotation import SharesOfKey, next_key, next_key_proof_agent
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventKind
from benchside.server.broker.model import Request
from benchside.server.enrolment.model import Device
from benchside.server.gateway.meeting import Meeting
from benchside.server.gateway.sealed import SealedLink
from benchside.server.identity.chain import Hold
from benchside.server.identity.keeper import Attention, DeviceKeeper
from benchside.server.identity.model import DeviceChain, HeldInstance
from benchside.transport.websocket import Closed

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path / "world") as running:
        yield running


async def one_that_was_chosen_and_another(world: World) -> tuple[Pc, Pc]:
    """Two that came; the first was let go on and is online, the other one is told that it is held."""
    one = await world.enrolled_pc()
    await ping(one)
    other, keeper = one.copy(), world.parts.identities
    await keeper.hold(one.device_id, Hold.COPIED, one.instance)
    await world.parts.identities.release(one.device_id, one.instance)
    await welcomed(one)
    await ping(one)
    answer = await other.connect()
    assert isinstance(answer, wire.LinkWelcome)
    assert answer.held
    return one, other


async def welcomed(pc: Pc) -> None:
    """Dial until it is let in; a link may be ended by what was decided before."""
    async with asyncio.timeout(20):
        while True:
            answer = await pc.connect()
            if isinstance(answer, wire.LinkWelcome) and not answer.held:
                return
            await asyncio.sleep(0.1)


async def ping(pc: Pc) -> None:
    pc.say(wire.LinkPing())
    await pc.hear(wire.LinkPong)


async def closed_with(pc: Pc) -> int:
    try:
        while True:
            await pc.hear_next()
    except Closed as closed:
        return closed.code


async def key_of(world: World, pc: Pc) -> bytes:
    async with world.parts.cloud.read() as rows:
        return (await rows.get_one(Device, pc.device_id)).device_key


async def chain_of(world: World, pc: Pc) -> DeviceChain:
    async with world.parts.cloud.read() as rows:
        return await rows.get_one(DeviceChain, pc.device_id)


async def change_key(pc: Pc) -> None:
    """As the agent does it."""
    proof = await begin_change(pc)
    pc.say(wire.NextKeyProved(proof=proof))
    await pc.hear(wire.KeyChanged)


async def begin_change(pc: Pc) -> bytes:
    """Both have the next key from here on; return the proof that says so, which was not sent."""
    own = X25519PrivateKey.generate()
    share = own.public_key().public_bytes_raw()
    pc.say(wire.NextKeyShare(share=share))
    kept = await pc.hear(wire.NextKeyKept)
    key = next_key(pc.device_key, pc.nonces, SharesOfKey(agent=share, gateway=kept.share), own, kept.share)
    pc.device_key = key
    return next_key_proof_agent(key, pc.nonces)


@asynccontextmanager
async def alive(pc: Pc) -> AsyncIterator[None]:
    """Answers whatever asks whether anybody is there, until its link ends."""

    async def answer() -> None:
        try:
            while True:
                message = await pc.hear_next()
                if isinstance(message, wire.AreYouThere):
                    pc.say(wire.HereIAm(nonce=message.nonce))
        except (Closed, TimeoutError):
            return

    task = asyncio.create_task(answer())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def no_attention(_: DeviceKeeper) -> Sequence[Attention]:
    return []


@pytest.mark.parametrize("has_begun", [False, True])
async def test_whoever_was_overruled_makes_its_key_the_devices_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch, *, has_begun: bool
) -> None:
    """As in another process, which has not seen the decision yet."""
    one, other = await one_that_was_chosen_and_another(world)
    monkeypatch.setattr(DeviceKeeper, "attention", no_attention)
    before = await key_of(world, one)
    proof = await begin_change(one) if has_begun else b""
    await world.parts.identities.release(one.device_id, other.instance)
    if has_begun:
        one.say(wire.NextKeyProved(proof=proof))
    else:
        one.say(wire.NextKeyShare(share=X25519PrivateKey.generate().public_key().public_bytes_raw()))
    await closed_with(one)
    assert await key_of(world, one) == before
    chain = await chain_of(world, one)
    assert (chain.is_freed, chain.freed_for, chain.next_key) == (True, other.instance, None)
    await welcomed(other)
    await change_key(other)
    assert await key_of(world, one) == other.device_key
    chain = await chain_of(world, one)
    assert (chain.is_freed, chain.freed_for, chain.hold) == (False, None, None)
    assert await one.connect(before) == wire.LinkRefused(reason="not_authentic")


async def test_whoever_is_online_and_overruled_is_cut_off_with_its_session(world: World, tmp_path: Path) -> None:
    one, other = await one_that_was_chosen_and_another(world)
    console, request_id = await world.console("ana"), os.urandom(16)
    one.describe()
    one.ask_for_help(request_id)
    await one.hear(wire.RequestQueued)
    assert (await console.post(f"/api/requests/{request_id.hex()}/claim")).status_code == 200
    await one.report(one.entry(EventKind.CODE_ACCEPTED, request_id, associate="ana"))
    async with opened_parts(tmp_path / "world") as elsewhere:  # the operator's command, or another server
        await elsewhere.identities.release(one.device_id, other.instance)
    assert await closed_with(one) == 4410
    async with asyncio.timeout(30):
        while (await console.get(f"/api/sessions/{request_id.hex()}")).json()["outcome"] != "device_held":
            await asyncio.sleep(0.05)
    answer = await one.connect()
    assert isinstance(answer, wire.LinkWelcome)
    assert answer.held
    await welcomed(other)


async def test_the_chosen_one_that_comes_at_once_is_not_held_for_the_overruled_one_that_answers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The overruled one is there, and says so; that is why a person was asked."""
    one, other = await one_that_was_chosen_and_another(world)
    monkeypatch.setattr(DeviceKeeper, "attention", no_attention)
    request_id = os.urandom(16)
    one.describe()
    one.ask_for_help(request_id)
    await one.hear(wire.RequestQueued)
    async with alive(one):
        await world.parts.identities.release(one.device_id, other.instance)
        await welcomed(other)
    assert (await chain_of(world, one)).hold is None
    await ping(other)
    async with world.parts.cloud.read() as rows:
        assert (await rows.get_one(Request, request_id)).cause == "device_held", "what the other one had open"


async def test_a_decision_that_is_made_while_the_older_one_is_asked_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = await one_that_was_chosen_and_another(world)
    monkeypatch.setattr(DeviceKeeper, "attention", no_attention)
    again = one.copy()  # of the newest state

    async def decided_meanwhile(_: Meeting, _before: SealedLink) -> bool:
        await world.parts.identities.release(one.device_id, other.instance)
        return True

    monkeypatch.setattr(Meeting, "_is_there", decided_meanwhile)
    answer = await again.connect()
    assert isinstance(answer, wire.LinkWelcome)
    assert answer.held
    chain = await chain_of(world, one)
    assert (chain.hold, chain.freed_for) == (None, other.instance)
    await welcomed(other)


async def test_one_that_waits_stays_on_the_list_when_the_other_comes_with_its_next_key(world: World) -> None:
    """They were seen to be two while the key of one was changed: the person who decides must hear of both."""
    one = await world.enrolled_pc()
    await ping(one)
    other, keeper = one.copy(), world.parts.identities
    await begin_change(one)
    await keeper.hold(one.device_id, Hold.COPIED, other.instance)
    answer = await one.connect()
    assert isinstance(answer, wire.LinkWelcome)
    assert answer.held
    shown = await keeper.shown(one.device_id)
    assert (shown.instances, shown.with_old_key) == ((one.instance,), (other.instance,))
    await keeper.release(one.device_id, other.instance, with_old_key=True)
    await welcomed(other)


async def test_whoever_is_held_changes_no_key(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one = await world.enrolled_pc()
    await ping(one)
    other, keeper = one.copy(), world.parts.identities
    monkeypatch.setattr(DeviceKeeper, "attention", no_attention)
    before = one.device_key
    proof = await begin_change(one)
    await keeper.hold(one.device_id, Hold.COPIED, other.instance)
    one.say(wire.NextKeyProved(proof=proof))
    await closed_with(one)
    assert await key_of(world, one) == before
    assert (await keeper.shown(one.device_id)).instances == (other.instance,)


async def test_the_only_one_that_came_is_meant_and_no_other(world: World) -> None:
    one = await world.enrolled_pc()
    await ping(one)
    other, keeper = one.copy(), world.parts.identities
    await keeper.hold(one.device_id, Hold.COPIED, one.instance)
    for _ in range(2):  # the button is pressed twice
        await keeper.release(one.device_id, None)
        answer = await other.connect()
        assert isinstance(answer, wire.LinkWelcome)
        assert answer.held, "it came only after the decision"
        with pytest.raises(UnavailableError, match="since one was chosen"):
            await keeper.release(one.device_id, None)
        async with world.parts.cloud.write() as rows:
            await rows.execute(delete(HeldInstance))  # as before it came
    await welcomed(one)


async def test_whoever_comes_with_the_next_key_while_its_copy_answers_is_listed_with_that_key(world: World) -> None:
    one = await world.enrolled_pc()
    await ping(one)
    with_next = one.copy()
    await begin_change(one)
    with_next.device_key = one.device_key
    async with alive(one):
        answer = await with_next.connect()
    assert isinstance(answer, wire.LinkWelcome)
    assert answer.held
    shown = await world.parts.identities.shown(one.device_id)
    assert (shown.hold, shown.instances, shown.with_old_key) == (Hold.COPIED, (with_next.instance,), ())
