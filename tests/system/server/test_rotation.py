"""A new device key with either end killed at each step: one key always works at both ends, and the old one dies."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select
from tests.fakes.linked_pc import LinkedPc
from tests.fakes.server_world import Pc, World, running_world

from benchside.agent import link
from benchside.agent.identity import DeviceFolder
from benchside.agent.keys import DAY_MS, KeyChange
from benchside.agent.link import Link
from benchside.agent.secret import SecretFiles
from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.device import link_proof_gateway
from benchside.protocol.wire import link as wire
from benchside.server.audit.kind import ServerKind
from benchside.server.audit.model import Event
from benchside.server.enrolment.model import Device
from benchside.server.identity.chain import Hold
from benchside.server.identity.keeper import DeviceKeeper
from benchside.server.identity.model import DeviceChain
from benchside.transport.websocket import WebSocketLink

pytestmark = [pytest.mark.system, pytest.mark.slow]


class PowerCut(Exception):
    """Whoever is hit does nothing any more."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path / "world") as running:
        yield running


@pytest.fixture
async def pc(world: World, tmp_path: Path) -> AsyncIterator[LinkedPc]:
    made = await LinkedPc.enrolled(world, tmp_path / "pc")
    yield made
    await made.kill()


async def keys_of_the_server(world: World, device_id: bytes) -> tuple[bytes, bytes | None]:
    async with world.parts.cloud.read() as rows:
        device, chain = await rows.get_one(Device, device_id), await rows.get_one(DeviceChain, device_id)
        return device.device_key, chain.next_key


async def test_an_operator_has_a_key_changed(world: World, pc: LinkedPc) -> None:
    await pc.boot()
    before = pc.folder.device_key()
    await world.parts.identities.want_rotation(pc.device_id)
    await pc.has_new_key(before)
    assert await keys_of_the_server(world, pc.device_id) == (pc.folder.device_key(), None)
    assert pc.link.is_up, "and the link stays up"
    await asyncio.sleep(1.5)
    async with world.parts.session.read() as rows:
        changes = select(Event).where(Event.kind == ServerKind.DEVICE_KEY_CHANGED.value)
        assert len(list(await rows.scalars(changes))) == 1, "once for each time it is asked for"


async def test_an_old_key_is_replaced_by_itself(world: World, pc: LinkedPc, monkeypatch: pytest.MonkeyPatch) -> None:
    await pc.boot()
    before = pc.folder.device_key()
    await pc.kill()
    monkeypatch.setattr("benchside.agent.keys.time.time_ns", lambda: _later_ns(91))
    await pc.boot()
    await pc.has_new_key(before)
    await pc.kill()
    after = pc.folder.device_key()
    monkeypatch.setattr("benchside.agent.keys.time.time_ns", lambda: _later_ns(91 + 89))
    await pc.boot()
    await asyncio.sleep(0.3)
    assert pc.folder.device_key() == after


def _later_ns(days: int) -> int:
    return _NOW_NS + days * DAY_MS * 1_000_000


_NOW_NS = 1_900_000_000_000_000_000


async def test_the_old_key_opens_nothing_once_the_next_was_proved(world: World, pc: LinkedPc) -> None:
    await pc.boot()
    before = pc.folder.device_key()
    await world.parts.identities.want_rotation(pc.device_id)
    await pc.has_new_key(before)
    await pc.kill()
    thief = Pc(world, pc.folder.identity(), before)
    thief.device_id = pc.device_id
    assert await thief.connect() == wire.LinkRefused(reason="old_key")
    assert (await world.parts.identities.shown(pc.device_id)).hold is Hold.OLD_KEY, "somebody has a disk from before"
    await pc.boot(held=True)
    await world.parts.identities.release(pc.device_id, pc.standing.instance[:4])
    between = pc.folder.device_key()
    await pc.welcomed()
    await pc.has_new_key(between)
    for key in (before, between):
        thief = Pc(world, pc.folder.identity(), key)
        thief.device_id = pc.device_id
        assert await thief.connect() == wire.LinkRefused(reason="not_authentic")
    assert (await world.parts.identities.shown(pc.device_id)).hold is None, "after a person decided it is a stranger's"


AGENT_STEPS: list[tuple[type, str]] = [
    (KeyChange, "_begin"),
    (DeviceFolder, "keep_next_key"),
    (SecretFiles, "write"),
    (Link, "send"),
    (DeviceFolder, "take_next_key"),
    (SecretFiles, "remove"),
]
SERVER_STEPS: list[tuple[type, str]] = [(DeviceKeeper, "keep_next"), (DeviceKeeper, "prove_next")]


@pytest.mark.long
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("time", [1, 2])
@pytest.mark.parametrize("step", AGENT_STEPS, ids=lambda step: step[1])
async def test_an_agent_without_power_at_any_step_comes_back(
    world: World, pc: LinkedPc, monkeypatch: pytest.MonkeyPatch, step: tuple[type, str], time: int, when: str
) -> None:
    await pc.boot()
    before = pc.folder.device_key()
    was_hit = asyncio.Event()
    with monkeypatch.context() as broken:
        _break(broken, step, time, when, asyncio.get_running_loop(), was_hit)
        await world.parts.identities.want_rotation(pc.device_id)
        await _hit_or_done(pc, was_hit, before)
        await pc.kill()
    await _works_and_changes(world, pc, before)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", SERVER_STEPS, ids=lambda step: step[1])
async def test_a_server_without_power_at_any_step_knows_the_pc(
    world: World, pc: LinkedPc, monkeypatch: pytest.MonkeyPatch, step: tuple[type, str], when: str
) -> None:
    await pc.boot()
    before = pc.folder.device_key()
    was_hit = asyncio.Event()
    with monkeypatch.context() as broken:
        _break(broken, step, 1, when, asyncio.get_running_loop(), was_hit)
        await world.parts.identities.want_rotation(pc.device_id)
        await _hit_or_done(pc, was_hit, before)
        assert was_hit.is_set()
        await pc.kill()
    await _works_and_changes(world, pc, before)


async def _hit_or_done(pc: LinkedPc, was_hit: asyncio.Event, before: bytes) -> None:
    waiting = {asyncio.create_task(was_hit.wait()), asyncio.create_task(pc.has_new_key(before))}
    _, open_ones = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for one in open_ones:
        one.cancel()
    await asyncio.sleep(0.05)


async def _works_and_changes(world: World, pc: LinkedPc, first: bytes) -> None:
    """Whatever was broken: it comes in, its key can be changed, and only the newest is left."""
    await pc.boot()
    assert not pc.standing.is_held
    between = pc.folder.device_key()
    await world.parts.identities.want_rotation(pc.device_id)
    await pc.has_new_key(between)
    assert pc.folder.next_key() is None
    await asyncio.sleep(0.1)
    key, following = await keys_of_the_server(world, pc.device_id)
    assert (key, following) == (pc.folder.device_key(), None)
    await pc.kill()
    await pc.boot()
    await pc.kill()
    for old in {first, between} - {key}:
        thief = Pc(world, pc.folder.identity(), old)
        thief.device_id = pc.device_id
        assert isinstance(await thief.connect(), wire.LinkRefused)


def _break(
    patch: pytest.MonkeyPatch,
    step: tuple[type, str],
    at_call: int,
    when: str,
    loop: asyncio.AbstractEventLoop,
    was_hit: asyncio.Event,
) -> None:
    """Have the `at_call`th call of a method end in a power cut: before it did anything, or when it had done it."""
    owner, name = step
    real: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def cut() -> None:
        loop.call_soon_threadsafe(was_hit.set)
        raise UnavailableError("a power cut") from PowerCut()

    def hit() -> bool:
        nonlocal calls
        calls += 1
        return calls >= at_call  # from there on nothing works

    if asyncio.iscoroutinefunction(real):

        async def asynchronous(*args: object, **named: object) -> object:
            is_hit = hit()
            if is_hit and when == "before":
                cut()
            result = await _awaited(real(*args, **named))
            if is_hit:
                cut()
            return result

        patch.setattr(owner, name, asynchronous)
        return

    def plain(*args: object, **named: object) -> object:
        is_hit = hit()
        if is_hit and when == "before":
            cut()
        result = real(*args, **named)
        if is_hit:
            cut()
        return result

    patch.setattr(owner, name, plain)


async def _awaited(waiting: Awaitable[object]) -> object:
    return await waiting


async def test_a_gateway_that_did_not_derive_the_same_key_changes_nothing(world: World, pc: LinkedPc) -> None:
    await pc.boot()
    before = pc.folder.device_key()
    peer = Pc(world, pc.folder.identity(), before)
    sent: list[wire.LinkMessage] = []
    change = KeyChange(pc.keys, before, peer.nonces, sent.append)
    await change.take(wire.RotateKey())
    assert [type(one) for one in sent] == [wire.NextKeyShare]
    for share in (bytes(32), os.urandom(32)):
        with pytest.raises(Exception, match="expected"):
            await change.take(wire.NextKeyKept(share=share, proof=os.urandom(32)))
    with pytest.raises(Exception, match="expected"):
        await change.take(wire.KeyChanged())
    assert (pc.folder.device_key(), pc.folder.next_key()) == (before, None)


async def test_shares_and_proofs_of_nothing_end_the_link(world: World) -> None:
    pc = await world.enrolled_pc()
    for message in (wire.NextKeyProved(proof=os.urandom(32)), wire.NextKeyShare(share=bytes(32))):
        pc.say(message)
        with pytest.raises(Exception, match="4400"):
            await pc.hear(wire.KeyChanged)
        assert isinstance(await pc.connect(), wire.LinkWelcome)
    for _ in range(8):
        pc.say(wire.NextKeyShare(share=os.urandom(32)))
        await pc.hear(wire.NextKeyKept)
    pc.say(wire.NextKeyShare(share=os.urandom(32)))
    with pytest.raises(Exception, match="4400"):
        await pc.hear(wire.NextKeyKept)
    assert (await keys_of_the_server(world, pc.device_id))[0] == pc.device_key


async def test_whoever_inspects_tls_and_has_no_key_cannot_have_a_device_held(world: World) -> None:
    """A hello whose state was changed on its way is not authentic, and a welcome cannot be made to say more."""
    pc = await world.enrolled_pc()
    honest = pc.state
    pc.say_hello = _tampered(pc)  # type: ignore[method-assign]
    assert await pc.connect() == wire.LinkRefused(reason="not_authentic")
    del pc.say_hello  # type: ignore[attr-defined]
    assert pc.state == honest
    assert isinstance(await pc.connect(), wire.LinkWelcome)
    assert (await world.parts.identities.shown(pc.device_id)).hold is None
    proof = link_proof_gateway(pc.device_key, pc.nonces, held=False, offer=None, sequence=0, head=None)
    assert proof != link_proof_gateway(pc.device_key, pc.nonces, held=True, offer=None, sequence=0, head=None)


async def test_whoever_inspects_tls_cannot_have_a_pc_throw_away_its_journal(
    world: World, pc: LinkedPc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A welcome says where the server's copy ends, and a PC whose journal is another goes on from there."""
    hear = link._hear
    heard = []

    async def changed(socket: WebSocketLink) -> wire.LinkMessage:
        message = await hear(socket)
        if isinstance(message, wire.LinkWelcome):
            heard.append(message)
            message = msgspec.structs.replace(message, journal_sequence=2**50, journal_head=os.urandom(32))
        return message

    with monkeypatch.context() as proxy:
        proxy.setattr(link, "_hear", changed)
        pc.start()
        async with asyncio.timeout(30):
            while not heard:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        assert (pc.welcomes, pc.journal.last_sequence()) == ([], 0)
        await pc.kill()
    await pc.boot()


def _tampered(pc: Pc) -> Callable[..., None]:
    def say(challenge: wire.LinkChallenge, _key: bytes | None = None) -> None:
        assert pc.link is not None
        real_send = pc.link.send
        said: list[bytes] = []
        pc.link.send = said.append  # type: ignore[method-assign, assignment]
        Pc.say_hello(pc, challenge)
        pc.link.send = real_send  # type: ignore[method-assign]
        hello = wire.LINK.decode(said[0])
        assert isinstance(hello, wire.LinkHello)
        pc.link.send(wire.LINK.encode(msgspec.structs.replace(hello, state=os.urandom(32), step=hello.step + 1)))

    return say
