"""An inspecting proxy at the change of a device key: whatever it keeps back or makes up, an honest PC is not held and
has a key that the server goes by.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.inspector import Inspected, Inspector, To, inspecting
from tests.fakes.linked_pc import LinkedPc
from tests.fakes.server_world import Pc, World, running_world

from benchside.protocol.trust.device import LinkNonces
from benchside.protocol.wire import link as wire
from benchside.server.enrolment.model import Device
from benchside.server.identity.chain import Hold
from benchside.server.identity.keeper import DeviceKeeper

pytestmark = [pytest.mark.system, pytest.mark.slow]


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


async def key_of_the_server(world: World, pc: LinkedPc) -> bytes:
    async with world.parts.cloud.read() as rows:
        return (await rows.get_one(Device, pc.device_id)).device_key


async def hold_of(world: World, pc: LinkedPc) -> Hold | None:
    return (await world.parts.identities.shown(pc.device_id)).hold


def hellos(proxy: Inspector) -> list[wire.LinkHello]:
    found = [wire.OPENING.decode(one.seen[To.SERVER][0]) for one in proxy.all if one.seen[To.SERVER]]
    return [one for one in found if isinstance(one, wire.LinkHello)]


def passes_nothing(_one: Inspected, _way: To, _message: bytes) -> list[bytes]:
    return []


async def swallow_the_end(
    world: World, proxy: Inspector, pc: LinkedPc, monkeypatch: pytest.MonkeyPatch
) -> tuple[bytes, bytes]:
    """Begin a change whose last word, KeyChanged, never arrives; return both keys.  The PC's connection is over."""
    await pc.boot()
    before, changed = pc.folder.device_key(), asyncio.Event()
    prove_next = DeviceKeeper.prove_next

    async def proved(self: DeviceKeeper, device_id: bytes, nonces: LinkNonces, proof: bytes, decisions: int) -> bytes:
        key = await prove_next(self, device_id, nonces, proof, decisions)
        proxy.deed = passes_nothing
        changed.set()
        return key

    with monkeypatch.context() as watched:
        watched.setattr(DeviceKeeper, "prove_next", proved)
        await world.parts.identities.want_rotation(pc.device_id)
        await asyncio.wait_for(changed.wait(), 10)
    after = await key_of_the_server(world, pc)
    assert after != before
    assert (pc.folder.device_key(), pc.folder.next_key()) == (before, after)
    return before, after


@pytest.mark.parametrize("reason", ["not_authentic", "old_key"])
@pytest.mark.parametrize("times", [1, 2])
async def test_a_refusal_that_was_made_up_in_the_middle_of_a_change_has_nobody_held(
    world: World, proxy: Inspector, pc: LinkedPc, monkeypatch: pytest.MonkeyPatch, reason: str, times: int
) -> None:
    before, after = await swallow_the_end(world, proxy, pc, monkeypatch)
    count = len(hellos(proxy))
    for _ in range(times):
        proxy.refuse_once(reason)
        if proxy.last.pc.is_closed is False:
            proxy.last.pc.close(1001)
        async with asyncio.timeout(10):
            while len(hellos(proxy)) <= count:
                pc.link.hurry()
                await asyncio.sleep(0.02)
        count = len(hellos(proxy))
        assert (pc.folder.device_key(), pc.folder.next_key()) == (before, after), "a refusal changes nothing"
    await pc.has_new_key(before)
    assert pc.folder.device_key() == after == await key_of_the_server(world, pc)
    assert (await hold_of(world, pc), pc.held_times) == (None, 0)
    assert {one.has_next for one in hellos(proxy)[-2:]} == {True, False}, "it tried both"


async def test_a_proof_that_is_brought_late_leaves_the_pc_a_key(
    world: World, proxy: Inspector, pc: LinkedPc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy keeps NextKeyProved back and has the PC come again with the old key.  It brings the proof to the
    older connection while the server asks there whether anybody is alive: after the old key was judged to be right.
    """
    await pc.boot()
    older, before = proxy.last, pc.folder.device_key()
    proxy.keeps_the_server_up = True
    kept_back: list[bytes] = []
    keep_next = pc.keys.keep_next

    async def stored(key: bytes) -> None:
        await keep_next(key)
        proxy.deed = keep_back

    def keep_back(one: Inspected, way: To, message: bytes) -> list[bytes]:
        if one is older and way is To.SERVER:
            kept_back.append(message)
            one.pc.close(1001)
            return []
        if one is older and kept_back:  # the server asks whether anybody is alive
            one.server.send(kept_back.pop())
            return []
        if way is To.SERVER and len(hellos(proxy)) == 2:
            return refused(one)
        return [message]

    def refused(one: Inspected) -> list[bytes]:
        one.pc.send(wire.OPENING.encode(wire.LinkRefused(reason="not_authentic")))
        return []

    monkeypatch.setattr(pc.keys, "keep_next", stored)
    await world.parts.identities.want_rotation(pc.device_id)
    await pc.welcomed()
    after = await key_of_the_server(world, pc)
    assert [one.has_next for one in hellos(proxy)] == [False, False, True, True, False], "judged, and then once more"
    assert after != before, "the proof counted"
    assert pc.folder.device_key() == after, "and the PC has that key"
    await pc.kill()
    proxy.is_honest()
    await pc.boot()
    assert pc.folder.device_key() == after
    assert (await hold_of(world, pc), pc.held_times) == (None, 0)


async def test_only_who_has_the_old_key_is_told_that_it_was_changed(
    world: World, proxy: Inspector, pc: LinkedPc, tmp_path: Path
) -> None:
    """A disk from before the change is told so under its own key; the same words in plain hold nobody."""
    await pc.boot()
    before = pc.folder.device_key()
    await pc.kill()
    image = pc.copy(tmp_path / "image")
    image.url = proxy.url
    await pc.boot()
    await world.parts.identities.want_rotation(pc.device_id)
    await pc.has_new_key(before)
    proxy.refuse_once("old_key")
    proxy.last.pc.close(1001)
    await pc.welcomed()
    assert (await hold_of(world, pc), pc.held_times) == (None, 0)
    await pc.kill()
    image.start()
    async with asyncio.timeout(10):
        while not image.held_times:
            image.link.hurry()
            await asyncio.sleep(0.02)
    assert not image.link.is_up
    assert await hold_of(world, pc) is Hold.OLD_KEY
    await image.kill()


async def test_an_old_key_that_says_it_has_the_next_one_opens_nothing(world: World, pc: LinkedPc) -> None:
    """A thief can say so: it is not held then, and not let in either, and is written down."""
    await pc.boot()
    before = pc.folder.device_key()
    await world.parts.identities.want_rotation(pc.device_id)
    await pc.has_new_key(before)
    thief = Pc(world, pc.folder.identity(), before)
    thief.device_id = pc.device_id
    assert await thief.connect(has_next=True) == wire.LinkRefused(reason="old_key")
    assert await hold_of(world, pc) is None
    assert pc.link.is_up
