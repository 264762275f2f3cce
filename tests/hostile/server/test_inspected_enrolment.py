"""An inspecting proxy at an enrolment: what it changes or makes up is refused, and nothing is stored."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from tests.fakes.inspector import Inspected, Inspector, To, inspecting
from tests.fakes.server_world import MODEL, World, rsa_key, running_world

from benchside.agent import enrol as enrolment
from benchside.agent.enrol import Registrant, enrol
from benchside.agent.identity import DeviceFolder
from benchside.protocol.errors import PeerError, PeerFault, UnavailableError
from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.trust.sealing import seal_answer
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.enrolment import (
    ENROLMENT,
    DeviceEnrolled,
    EnrolDevice,
    EnrolmentToken,
)
from benchside.protocol.wire.session import InstrumentInfo

pytestmark = [pytest.mark.system, pytest.mark.slow]

WHO = Registrant(
    name="Pat Example",
    email="pat@lab.example",
    device="PC 1",
    site_name="First Lab",
    instruments=(InstrumentInfo(id="i-1", model=MODEL, serial="S1", patient_data=False),),
)
FALSE = DeviceEnrolled(
    device_id=bytes(16), policy=None, relay="relay-1", relay_url="wss://evil.example", phone="+1 900", rotation_serial=9
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path / "world") as running:
        yield running


@pytest.fixture
async def proxy(world: World) -> AsyncIterator[Inspector]:
    async with inspecting(world.listeners.link_url) as made:
        yield made


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Identities that are made already, and no waiting between tries."""
    numbers = iter(range(3))

    def identity() -> RSAPrivateKey:
        return rsa_key(next(numbers))

    monkeypatch.setattr(enrolment, "make_identity", identity)
    monkeypatch.setattr(enrolment, "RETRY_AFTER_S", 0.0)


async def token_for(world: World, proxy: Inspector) -> EnrolmentToken:
    secret, expires = await world.parts.register.make_token("lab-1", 1)
    return EnrolmentToken(
        version=VERSION,
        link_url=proxy.url,
        server_key=fingerprint(public_bytes(world.parts.cloud_keys.enrolment.public_key())),
        authority_key=fingerprint(world.parts.keeper.authority_key),
        secret=secret,
        region="global",
        site="lab-1",
        expires_utc_ms=expires,
    )


def request_of(one: Inspected) -> EnrolDevice:
    request = ENROLMENT.decode(one.seen[To.SERVER][0])
    assert isinstance(request, EnrolDevice)
    return request


def turned(message: bytes, place: int) -> bytes:
    at = place % len(message)
    return message[:at] + bytes([message[at] ^ 1]) + message[at + 1 :]


def under_another_key(one: Inspected, _: bytes) -> bytes:
    answer = seal_answer(FALSE, device_key=os.urandom(32), request=request_of(one), fresh_nonce=os.urandom(12))
    return ENROLMENT.encode(answer)


def in_plain_words(_one: Inspected, _message: bytes) -> bytes:
    return msgspec.msgpack.encode({"t": "enrolled", **msgspec.to_builtins(FALSE)})


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda _one, message: turned(message, 40), PeerFault.NOT_AUTHENTIC),
        (lambda _one, message: turned(message, -1), PeerFault.NOT_AUTHENTIC),
        (lambda _one, message: message[:-1], PeerFault.MALFORMED),
        (under_another_key, PeerFault.NOT_AUTHENTIC),
        (in_plain_words, PeerFault.MALFORMED),
    ],
    ids=["changed inside", "changed at its end", "cut", "made up", "in plain words"],
)
async def test_an_answer_that_is_not_the_servers_is_refused_and_nothing_is_stored(
    world: World, proxy: Inspector, tmp_path: Path, change: Callable[[Inspected, bytes], bytes], fault: PeerFault
) -> None:
    proxy.deed = lambda one, way, message: (
        [change(one, message)] if way is To.PC and len(one.seen[To.PC]) == 2 else [message]
    )
    with pytest.raises(PeerError) as refused:
        await enrol(DeviceFolder(tmp_path / "agent"), await token_for(world, proxy), WHO, None)
    assert refused.value.fault is fault
    assert not (tmp_path / "agent").exists()


async def test_another_pcs_answer_is_refused_and_nothing_of_it_is_seen(
    world: World, proxy: Inspector, tmp_path: Path
) -> None:
    await enrol(DeviceFolder(tmp_path / "first"), await token_for(world, proxy), WHO, None)
    earlier = proxy.last.seen[To.PC][1]
    assert world.parts.settings.relay_name.encode() not in earlier
    proxy.deed = lambda one, way, message: [earlier] if way is To.PC and len(one.seen[To.PC]) == 2 else [message]
    with pytest.raises(PeerError, match="nothing was stored"):
        await enrol(DeviceFolder(tmp_path / "second"), await token_for(world, proxy), WHO, None)
    assert not (tmp_path / "second").exists()


async def test_an_answer_that_is_lost_is_given_again_and_leaves_no_device_behind(
    world: World, proxy: Inspector, tmp_path: Path
) -> None:
    def lose(one: Inspected, way: To, message: bytes) -> list[bytes]:
        if way is To.PC and len(one.seen[To.PC]) == 2 and len(proxy.all) < 3:
            one.pc.close(1001)
            return []
        return [message]

    proxy.deed = lose
    made = await enrol(DeviceFolder(tmp_path / "agent"), await token_for(world, proxy), WHO, None)
    assert len(proxy.all) == 3
    assert [one.id.hex() for one in await world.parts.register.devices()] == [made.device_id]


async def test_a_proxy_that_loses_every_answer_is_not_asked_for_ever(
    world: World, proxy: Inspector, tmp_path: Path
) -> None:
    def lose(one: Inspected, way: To, message: bytes) -> list[bytes]:
        if way is To.SERVER:
            one.pc.close(1001)
            return []
        return [message]

    proxy.deed = lose
    with pytest.raises(UnavailableError):
        await enrol(DeviceFolder(tmp_path / "agent"), await token_for(world, proxy), WHO, None)
    assert len(proxy.all) == enrolment.TRIES
    assert await world.parts.register.devices() == []


async def test_a_request_that_the_proxy_says_again_makes_no_second_device(
    world: World, proxy: Inspector, tmp_path: Path
) -> None:
    await enrol(DeviceFolder(tmp_path / "agent"), await token_for(world, proxy), WHO, None)
    before = proxy.last
    proxy.deed = lambda _one, way, message: [before.seen[To.SERVER][0]] if way is To.SERVER else [message]
    with pytest.raises(PeerError):
        await enrol(DeviceFolder(tmp_path / "second"), await token_for(world, proxy), WHO, None)
    assert len(await world.parts.register.devices()) == 1
    assert not (tmp_path / "second").exists()


async def test_a_pc_that_needs_longer_for_its_identity_than_anybody_waits_is_enrolled_all_the_same(
    world: World, proxy: Inspector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_given_up = threading.Event()

    def slowly() -> RSAPrivateKey:
        assert is_given_up.wait(20)
        time.sleep(enrolment.ANSWER_WITHIN_S + 0.2)
        return rsa_key(0)

    async def give_up() -> None:
        while not proxy.all or not proxy.last.seen[To.PC]:
            await asyncio.sleep(0.01)
        proxy.last.pc.close(1001)  # as the server does with who is silent for a minute
        is_given_up.set()

    monkeypatch.setattr(enrolment, "make_identity", slowly)
    monkeypatch.setattr(enrolment, "ANSWER_WITHIN_S", 2.0)
    giving_up = asyncio.create_task(give_up())
    made = await enrol(DeviceFolder(tmp_path / "agent"), await token_for(world, proxy), WHO, None)
    await giving_up
    assert len(proxy.all) == 2
    assert [one.id.hex() for one in await world.parts.register.devices()] == [made.device_id]
