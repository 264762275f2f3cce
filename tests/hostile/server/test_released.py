"""Of a restored disk and of copies the one that a person names goes on, with a key that no other has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.linked_pc import LinkedPc
from tests.fakes.server_world import Pc, World, running_world

from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.device import LinkNonces
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.server.identity.chain import Hold
from benchside.server.identity.keeper import DeviceKeeper, KeyProved
from benchside.server.identity.model import DeviceChain

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path / "world") as running:
        yield running


@pytest.fixture
async def pc(world: World, tmp_path: Path) -> AsyncIterator[LinkedPc]:
    made = await LinkedPc.enrolled(world, tmp_path / "pc")
    yield made
    await made.kill()


async def hold_of(world: World, device_id: bytes) -> Hold | None:
    return (await world.parts.identities.shown(device_id)).hold


async def test_a_person_lets_a_restored_pc_go_on(world: World, pc: LinkedPc, tmp_path: Path) -> None:
    for _ in range(2):
        await pc.boot()
        await kept_by_the_server(world, pc)
        pc.journal.append(EventKind.ASSAY_STARTED, None, EventDetails())
        await report(pc)
        await pc.kill()
    image = LinkedPc(world, pc.copy(tmp_path / "image").folder.folder)
    for _ in range(2):
        await pc.boot()
        await kept_by_the_server(world, pc)
        pc.journal.append(EventKind.ASSAY_ENDED, None, EventDetails())
        await report(pc)
        await pc.kill()
    key = image.folder.device_key()
    await image.boot(held=True)
    number = image.standing.instance
    await image.kill()
    await image.boot(held=True)
    assert image.standing.instance == number, "what the window shows stays the same while it is held"
    assert image.held_times == 1
    with pytest.raises(UnavailableError):
        await world.parts.identities.release(image.device_id, b"nope")
    await world.parts.identities.release(image.device_id, None)
    await image.welcomed()
    await image.has_new_key(key)
    assert not image.standing.is_held
    verdict = image.journal.verify()
    assert (verdict.broken_at, verdict.resumed) == (None, 1)
    sequence, head = await world.parts.ledger.journal_head(image.device_id)
    await report(image)
    assert (await world.parts.ledger.journal_head(image.device_id))[0] > sequence
    await image.kill()
    assert (await image.boot()).journal_head == (await world.parts.ledger.journal_head(image.device_id))[1] != head
    await image.kill()
    pc.start()
    await asyncio.sleep(1.0)
    assert not pc.link.is_up, "the one that was not chosen has a key that is worth nothing"
    assert await hold_of(world, image.device_id) is None, "and it holds up nobody any more"


async def test_of_two_the_one_that_a_person_names_goes_on(world: World, pc: LinkedPc, tmp_path: Path) -> None:
    await pc.boot()
    await kept_by_the_server(world, pc)
    await pc.kill()
    copy = pc.copy(tmp_path / "copy")
    await pc.boot()
    await kept_by_the_server(world, pc)
    await copy.boot(held=True)
    await pc.welcomed(held=True)
    key = pc.folder.device_key()
    with pytest.raises(UnavailableError, match="several came"):
        await world.parts.identities.release(pc.device_id, None)
    await world.parts.identities.release(pc.device_id, copy.standing.instance[:4])
    await copy.welcomed()
    await copy.has_new_key(key)
    await asyncio.sleep(1.5)
    assert copy.link.is_up
    assert not pc.link.is_up
    assert await hold_of(world, pc.device_id) is None
    await copy.kill()


async def test_one_that_comes_while_the_chosen_ones_key_is_changed_holds_up_nobody(
    world: World, pc: LinkedPc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its key was looked up, and is worth nothing by the time that its state is judged."""
    has_come, is_changed = asyncio.Event(), asyncio.Event()
    would_welcome, prove_next = DeviceKeeper.would_welcome, DeviceKeeper.prove_next

    async def judged_late(self: DeviceKeeper, hello: wire.LinkHello, nonces: LinkNonces, proved: KeyProved) -> bool:
        is_not_chosen = copy.standing.instance != hello.instance
        if is_not_chosen:
            has_come.set()
            await asyncio.wait_for(is_changed.wait(), 30)
        return await would_welcome(self, hello, nonces, proved)

    async def changed_then(self: DeviceKeeper, device_id: bytes, nonces: LinkNonces, proof: bytes, of: int) -> bytes:
        await asyncio.wait_for(has_come.wait(), 30)
        changed = await prove_next(self, device_id, nonces, proof, of)
        is_changed.set()
        return changed

    await pc.boot()
    await kept_by_the_server(world, pc)
    await pc.kill()
    copy = pc.copy(tmp_path / "copy")
    await pc.boot()
    await kept_by_the_server(world, pc)
    await pc.kill()
    await copy.boot(held=True)
    monkeypatch.setattr(DeviceKeeper, "would_welcome", judged_late)
    monkeypatch.setattr(DeviceKeeper, "prove_next", changed_then)
    key = copy.folder.device_key()
    await world.parts.identities.release(pc.device_id, copy.standing.instance[:4])
    await copy.welcomed()
    pc.start()
    await copy.has_new_key(key)
    await asyncio.sleep(0.5)
    assert (copy.link.is_up, pc.link.is_up) == (True, False)
    assert await hold_of(world, pc.device_id) is None
    await copy.kill()


async def an_image_from_before_its_key_was_changed(world: World, pc: LinkedPc, folder: Path) -> LinkedPc:
    await pc.boot()
    await kept_by_the_server(world, pc)
    await pc.kill()
    image, before = pc.copy(folder), pc.folder.device_key()
    await pc.boot()
    await world.parts.identities.want_rotation(pc.device_id)
    await pc.has_new_key(before)
    await pc.kill()
    return image


async def test_a_disk_from_before_its_key_was_changed_goes_on_when_a_person_says_so(
    world: World, pc: LinkedPc, tmp_path: Path
) -> None:
    image = await an_image_from_before_its_key_was_changed(world, pc, tmp_path / "image")
    old_key, keeper = image.folder.device_key(), world.parts.identities
    image.start()
    await held(image)
    shown = await keeper.shown(pc.device_id)
    number = image.standing.instance
    assert (shown.hold, shown.instances, shown.with_old_key) == (Hold.OLD_KEY, (), (number,))
    for given, why in ((None, "the key from before"), (number[:4], "no such number")):
        with pytest.raises(UnavailableError, match=why):
            await keeper.release(pc.device_id, given)
    await keeper.release(pc.device_id, number[:4], with_old_key=True)
    await image.welcomed()
    await image.has_new_key(old_key)
    assert (image.standing.is_held, image.journal.verify().broken_at) == (False, None)
    await image.kill()
    await image.boot()
    pc.start()
    await asyncio.sleep(1.0)
    assert (image.link.is_up, pc.link.is_up) == (True, False), "the disk with the later key is worth nothing now"
    assert await hold_of(world, pc.device_id) is None
    await image.kill()


async def test_a_stolen_old_key_does_not_pass_for_the_pc_under_its_number(
    world: World, pc: LinkedPc, tmp_path: Path
) -> None:
    """Whoever inspects TLS has seen the number in the PC's hello, and gives it as its own."""
    image = await an_image_from_before_its_key_was_changed(world, pc, tmp_path / "image")
    await pc.boot()
    thief, keeper = Pc(world, image.folder.identity(), image.folder.device_key()), world.parts.identities
    thief.device_id, thief.instance = pc.device_id, pc.standing.instance
    await thief.connect()
    await pc.welcomed(held=True)
    shown = await keeper.shown(pc.device_id)
    assert shown.instances == shown.with_old_key == (pc.standing.instance,)
    key, count = pc.folder.device_key(), len(pc.welcomes)
    await keeper.release(pc.device_id, pc.standing.instance[:4])
    assert await thief.connect() == wire.LinkRefused(reason="not_authentic")
    await pc.welcomed(since=count)  # it may have been while the thief tried
    await pc.has_new_key(key)


async def test_one_that_stays_out_beside_the_chosen_one_can_be_let_go_on_after_all(
    world: World, pc: LinkedPc, tmp_path: Path
) -> None:
    """The one that was chosen came once and is off now, its key not changed yet: perhaps it was the wrong one."""
    await pc.boot()
    await kept_by_the_server(world, pc)
    await pc.kill()
    copy, keeper = pc.copy(tmp_path / "copy"), world.parts.identities
    wrong = Pc(world, pc.folder.identity(), pc.folder.device_key())
    wrong.device_id = pc.device_id
    await keeper.hold(pc.device_id, Hold.COPIED, wrong.instance)
    await keeper.release(pc.device_id, wrong.instance[:4])
    assert isinstance(await wrong.connect(), wire.LinkWelcome)
    await kept_out(world, copy)
    assert await keeper.kept_out() == {pc.device_id}
    assert await hold_of(world, pc.device_id) is None
    key = copy.folder.device_key()
    await keeper.release(pc.device_id, copy.standing.instance[:4])
    await copy.welcomed()
    await copy.has_new_key(key)
    assert await keeper.kept_out() == set()
    await copy.kill()


async def kept_out(world: World, pc: LinkedPc) -> None:
    """Start it, and wait until the operator is told that it came, too."""
    pc.start()
    async with asyncio.timeout(30):
        while pc.standing.instance not in (await world.parts.identities.shown(pc.device_id)).instances:
            pc.link.hurry()
            await asyncio.sleep(0.02)


async def held(pc: LinkedPc) -> None:
    """Until it knows; the server ends the link of one with an old key."""
    async with asyncio.timeout(30):
        while not pc.standing.is_held:
            pc.link.hurry()
            await asyncio.sleep(0.02)


async def kept_by_the_server(world: World, pc: LinkedPc) -> None:
    async with asyncio.timeout(30):
        while True:
            async with world.parts.cloud.read() as rows:
                row = await rows.get(DeviceChain, pc.device_id)
                if row is not None and row.kept_step == pc.state.step and row.offer_step is None:
                    return
            await asyncio.sleep(0.02)


async def report(pc: LinkedPc) -> None:
    events = pc.journal.after(pc.welcomes[-1].journal_sequence, 100)
    pc.link.send(wire.EventsReported(events=tuple(events)))
    await pc.hears(wire.EventsKept)
