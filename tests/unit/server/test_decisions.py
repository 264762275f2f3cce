"""What a person decides of a device last holds for its key, whatever links were welcomed before."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.notified import add_device
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.device import LinkNonces
from benchside.protocol.trust.rotation import next_key_proof_agent
from benchside.server.enrolment.model import Device
from benchside.server.identity.chain import Hold
from benchside.server.identity.model import DeviceChain, HeldInstance
from benchside.server.parts import Parts

DEVICE = b"A" * 16
FIRST, SECOND = b"1" * 16, b"2" * 16
NONCES = LinkNonces(DEVICE, agent=bytes(32), gateway=bytes(32))
KEY = os.urandom(32)
PROOF = next_key_proof_agent(KEY, NONCES)


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    """The first of two was let go on, and the second came since."""
    async with opened_parts(tmp_path, Clock()) as made:
        await add_device(made, DEVICE)
        await made.identities.hold(DEVICE, Hold.COPIED, FIRST)
        await made.identities.release(DEVICE, FIRST)
        async with made.cloud.write() as rows:
            seen = {"first_utc_ms": 0, "last_utc_ms": 0}
            rows.add(HeldInstance(device_id=DEVICE, instance=SECOND, has_old_key=False, **seen))
        yield made


async def key_and_chain(parts: Parts) -> tuple[bytes, DeviceChain]:
    async with parts.cloud.read() as rows:
        return (await rows.get_one(Device, DEVICE)).device_key, await rows.get_one(DeviceChain, DEVICE)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_link_from_before_a_decision_changes_no_key(parts: Parts, when: str) -> None:
    keeper, (before, _) = parts.identities, await key_and_chain(parts)
    welcomed = await keeper.decisions_of(DEVICE)
    if when == "after":
        await keeper.keep_next(DEVICE, KEY, welcomed)
    await keeper.release(DEVICE, SECOND)
    with pytest.raises(UnavailableError, match="decided about since"):
        await keeper.keep_next(DEVICE, KEY, welcomed)
    await keeper.keep_next(DEVICE, KEY, welcomed + 1)  # were it known to both
    with pytest.raises(UnavailableError, match="decided about since"):
        await keeper.prove_next(DEVICE, NONCES, PROOF, welcomed)
    key, chain = await key_and_chain(parts)
    assert key == before
    assert (chain.is_freed, chain.freed_for) == (True, SECOND)


async def test_a_held_device_changes_no_key(parts: Parts) -> None:
    keeper, (before, _) = parts.identities, await key_and_chain(parts)
    welcomed = await keeper.decisions_of(DEVICE)
    await keeper.keep_next(DEVICE, KEY, welcomed)
    await keeper.hold(DEVICE, Hold.COPIED, SECOND)
    for change in (keeper.keep_next(DEVICE, KEY, welcomed), keeper.prove_next(DEVICE, NONCES, PROOF, welcomed)):
        with pytest.raises(UnavailableError, match="was held"):
            await change
    assert (await key_and_chain(parts))[0] == before


async def test_a_new_key_frees_nobody_further(parts: Parts) -> None:
    keeper = parts.identities
    welcomed = await keeper.decisions_of(DEVICE)
    await keeper.keep_next(DEVICE, KEY, welcomed)
    assert await keeper.prove_next(DEVICE, NONCES, PROOF, welcomed) == KEY
    key, chain = await key_and_chain(parts)
    assert key == KEY
    assert (chain.is_freed, chain.freed_for, chain.decisions) == (False, None, welcomed)
    assert [one.is_settled for one in await keeper.attention()] == [True], "whoever waits yet is told"


async def test_a_hold_whose_cause_a_person_has_answered_meanwhile_is_none(parts: Parts) -> None:
    keeper = parts.identities
    asked = await keeper.decisions_of(DEVICE)
    await keeper.release(DEVICE, SECOND)
    await keeper.hold(DEVICE, Hold.COPIED, None, asked)
    assert (await key_and_chain(parts))[1].hold is None
    await keeper.hold(DEVICE, Hold.COPIED, None, asked + 1)
    assert (await key_and_chain(parts))[1].hold == Hold.COPIED.value


async def test_whom_a_person_has_chosen_stays_chosen_until_another_is_named(parts: Parts) -> None:
    keeper = parts.identities
    with pytest.raises(UnavailableError, match="since one was chosen"):
        await keeper.release(DEVICE, None)
    await keeper.release(DEVICE, SECOND)
    await keeper.release(DEVICE, None)
    assert (await key_and_chain(parts))[1].freed_for == SECOND
