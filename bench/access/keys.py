"""A thousand PCs enrol and link themselves through the real server: no two have a sequence of bytes in common.

The keys, identities and seals are made by the agent's own code.  Compared is whatever is to be unlike: everything of
16 bytes and more, at every place, in what is kept, what is sealed and what travels; not the fixed headers of formats.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import shutil
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from tests.fakes.linked_pc import LinkedPc
from tests.fakes.server_world import MODEL, World, running_world

from benchside.agent.enrol import Registrant, enrol
from benchside.agent.identity import DEVICE_KEY, IDENTITY, DeviceFolder
from benchside.agent.sealed import SealedLink
from benchside.protocol.trust.device import LinkNonces
from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.trust.sealing import seal_enrolment
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.enrolment import EnrolDevice, EnrolmentToken
from benchside.protocol.wire.link import LinkMessage, LinkWelcome
from benchside.protocol.wire.session import InstrumentInfo
from benchside.server.gateway import enrol as gateway
from benchside.transport.websocket import WebSocketLink

ENROLMENTS, QUICK = 1000, 6
TOGETHER = 4
"""Keys of RSA-4096 take half a second of a core each; the rest waits for disks and sockets."""
WINDOW_BYTES = 16
SYSTEMD_HEADER_BYTES = 32
"""What each of systemd's credentials begins with: its kind and four sizes (systemd, creds-util.c)."""
Values = list[tuple[str, bytes]]
_seen: ContextVar[Values] = ContextVar("_seen")
"""What the PC whose turn it is has made."""


async def main(folder: Path, quick: bool) -> dict[str, float]:
    count = QUICK if quick else ENROLMENTS
    # a limit for strangers: here one address enrols a thousand PCs on purpose
    with (
        mock.patch.object(gateway, "MAX_TRIES_A_MINUTE", ENROLMENTS),
        mock.patch("benchside.agent.enrol.seal_enrolment", _sealed(seal_enrolment)),
        mock.patch("benchside.agent.link.SealedLink", _SeenLink),
    ):
        async with running_world(folder / "world") as world:
            turns = asyncio.Semaphore(TOGETHER)
            found = await asyncio.gather(*(_one(world, folder / f"pc-{number}", turns) for number in range(count)))
    shared = sequences_shared([[value for _, value in values] for values in found])
    return {
        "enrolments": len(found),
        "shared_keys": shared,
        "key_bytes_compared": sum(len(value) for values in found for _, value in values),
    }


def sequences_shared(of_each: list[list[bytes]]) -> int:
    """Return how many different sequences of 16 bytes are in the values of more than one."""
    windows, owners = [], []
    for owner, values in enumerate(of_each):
        for value in values:
            if len(value) >= WINDOW_BYTES:
                array = np.lib.stride_tricks.sliding_window_view(np.frombuffer(value, np.uint8), WINDOW_BYTES)
                windows.append(np.ascontiguousarray(array).view(np.uint64))
                owners.append(np.full(len(array), owner))
    table, owner_of = np.concatenate(windows), np.concatenate(owners)
    order = np.lexsort((owner_of, table[:, 1], table[:, 0]))
    table, owner_of = table[order], owner_of[order]
    is_same = (table[1:] == table[:-1]).all(axis=1)
    return len(np.unique(table[1:][is_same & (owner_of[1:] != owner_of[:-1])], axis=0))


async def _one(world: World, folder: Path, turns: asyncio.Semaphore) -> Values:
    async with turns:
        values: Values = []
        _seen.set(values)
        secret, expires = await world.parts.register.make_token("lab-1", 1)
        token = EnrolmentToken(
            version=VERSION,
            link_url=world.listeners.link_url,
            server_key=fingerprint(public_bytes(world.parts.cloud_keys.enrolment.public_key())),
            authority_key=fingerprint(world.parts.keeper.authority_key),
            secret=secret,
            region="global",
            site="lab-1",
            expires_utc_ms=expires,
        )
        made = DeviceFolder(folder)
        await enrol(made, token, _REGISTRANT, None)
        values += [("token", secret), *_kept(made)]
        values += await _linked(world, folder)
        shutil.rmtree(folder)
        return values


_REGISTRANT = Registrant(
    name="Pat Example",
    email="pat@lab.example",
    device="PC 1",
    site_name="First Lab",
    instruments=(InstrumentInfo(id="i-1", model=MODEL, serial="S1", patient_data=False),),
)


def _sealed(real: Any) -> Any:
    """What travels sealed, and the key in it that is used once."""

    def seal(message: Any, **given: Any) -> EnrolDevice:
        sent: EnrolDevice = real(message, **given)
        _seen.get().extend([("fresh key", given["fresh_key"]), ("wrapped key", sent.wrapped_key)])
        _seen.get().extend([("content", sent.content), ("proof", sent.proof)])
        return sent

    return seal


class _SeenLink(SealedLink):
    """Nonces and states of a link."""

    def __init__(self, socket: WebSocketLink, key: bytes, nonces: LinkNonces) -> None:
        super().__init__(socket, key, nonces)
        _seen.get().extend([("nonce", nonces.agent), ("gateway's nonce", nonces.gateway)])

    async def receive(self) -> LinkMessage:
        message = await super().receive()
        if isinstance(message, LinkWelcome) and message.offer is not None:
            _seen.get().append(("state", message.offer.value))
        return message


def _kept(made: DeviceFolder) -> Iterator[tuple[str, bytes]]:
    yield "device id", bytes.fromhex(made.device().device_id)
    yield "device key", made.device_key()
    numbers = _numbers(made.identity())
    yield from numbers.items()
    for name in (DEVICE_KEY, IDENTITY):
        yield f"{name} at rest", _without_header((made.folder / name).read_bytes())


def _numbers(identity: RSAPrivateKey) -> dict[str, bytes]:
    private = identity.private_numbers()
    numbers = {"modulus": private.public_numbers.n, "p": private.p, "q": private.q, "d": private.d}
    return {name: number.to_bytes((number.bit_length() + 7) // 8, "big") for name, number in numbers.items()}


def _without_header(file: bytes) -> bytes:
    """What a way of sealing made; nothing where the file is the key itself, which is compared already."""
    if not file.startswith(b"benchside sealed"):
        return b""
    sealed = file.partition(b"\n")[2]
    try:
        return base64.b64decode(sealed)[SYSTEMD_HEADER_BYTES:]
    except binascii.Error:
        return sealed


async def _linked(world: World, folder: Path) -> Values:
    """The first two links of a PC."""
    pc, instances = LinkedPc(world, folder, None), []
    for _ in range(2):
        await pc.boot()
        instances.append(("instance", pc.standing.instance))
        await pc.kill()
    return instances
