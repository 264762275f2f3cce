"""Enrolment from the PC's side: the token is checked before anything is sent, then keys are made and sealed."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import os
import ssl
import time
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from benchside.agent.identity import DeviceFile, DeviceFolder, make_identity
from benchside.agent.journal import Journal
from benchside.protocol.errors import PeerError, PeerFault, UnavailableError
from benchside.protocol.trust.keys import fingerprint, load_ed25519, public_bytes
from benchside.protocol.trust.policy import AuthorityPin, read_policy
from benchside.protocol.trust.sealing import open_answer, seal_enrolment
from benchside.protocol.wire import enrolment as wire
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.session import InstrumentInfo
from benchside.transport.way_out import DIRECT, WayOut
from benchside.transport.websocket import WebSocketLink, dial

__all__ = ["Registrant", "enrol", "read_token"]

log = logging.getLogger(__name__)

ANSWER_WITHIN_S = 30.0
"""Each of the server's two words."""
TRIES = 3
RETRY_AFTER_S = 2.0
"""A line that broke between request and answer is often back at once; a person stands there and waits."""


@dataclass(frozen=True)
class Registrant:
    """What the person who enrols the PC says (R32: exactly this)."""

    name: str
    email: str
    device: str
    site_name: str
    instruments: tuple[InstrumentInfo, ...]


class _Made:
    """The keys that this PC makes for its enrolment, once for all tries."""

    def __init__(self, device_key: bytes) -> None:
        self.device_key = device_key
        self.is_sent = False
        """Whether the server may have taken them."""
        self._identity: RSAPrivateKey | None = None

    async def identity(self) -> RSAPrivateKey:
        """Return the identity; making it takes a second or more, and is for a server that the token names."""
        if self._identity is None:
            self._identity = await asyncio.to_thread(make_identity)
        return self._identity


def read_token(text: str) -> wire.EnrolmentToken:
    """Return the token in `text` (base64url); PeerError with a sentence when it is none or out of time."""
    compact = "".join(text.split())
    try:
        data = base64.urlsafe_b64decode(compact + "=" * (-len(compact) % 4))
    except (binascii.Error, ValueError) as error:
        raise PeerError(PeerFault.MALFORMED, "expected an enrolment token, got other text") from error
    token = wire.TOKEN.decode(data)
    if token.version != VERSION:
        raise PeerError(PeerFault.WRONG_VERSION, f"expected a token of version {VERSION}, got {token.version}")
    if token.expires_utc_ms <= time.time_ns() // 1_000_000:
        raise PeerError(
            PeerFault.MALFORMED, "expected a token that is still valid, got one out of time; ask for a new one"
        )
    return token


async def enrol(
    folder: DeviceFolder,
    token: wire.EnrolmentToken,
    registrant: Registrant,
    tls: ssl.SSLContext | None,
    out: WayOut = DIRECT,
) -> DeviceFile:
    """Make this PC a device and store everything; PeerError or UnavailableError, and then nothing is stored."""
    made, left = _Made(os.urandom(32)), TRIES
    while True:
        left -= 1
        try:
            keys, answer = await _ask(token, registrant, made, tls, out)
            break
        except UnavailableError as error:
            if not made.is_sent or not left:
                raise
            # its answer may be lost and the token spent: the server knows this PC again by the keys that it made
            log.info("enrolment is tried again", extra={"cause": str(error)})
        await asyncio.sleep(RETRY_AFTER_S)
    device = DeviceFile(
        device_id=answer.device_id.hex(),
        device=registrant.device,
        site=token.site,
        site_name=registrant.site_name,
        region=token.region,
        link_url=token.link_url,
        relay=answer.relay,
        relay_url=answer.relay_url,
        phone=answer.phone,
        instruments=registrant.instruments,
        authority_key=keys.authority_key.hex(),
        rotation_serial=answer.rotation_serial,
    )
    pin = AuthorityPin(key=keys.authority_key, rotation_serial=answer.rotation_serial)
    if answer.policy is not None:
        read_policy(answer.policy, pin, at_least_version=1)
    identity = await made.identity()
    folder.make()
    folder.keep_keys(made.device_key, identity)
    folder.keep_device(device)
    if answer.policy is not None:
        folder.keep_policy(answer.policy, pin)
    journal = Journal(folder.journal_path)
    journal.append(EventKind.ENROLLED, None, EventDetails(key=fingerprint(public_bytes(identity.public_key())).hex()))
    journal.close()
    return device


async def _ask(
    token: wire.EnrolmentToken, registrant: Registrant, made: _Made, tls: ssl.SSLContext | None, out: WayOut
) -> tuple[wire.EnrolmentKey, wire.DeviceEnrolled]:
    """Ask once; return the server's keys, which the token names, and its answer, which only it can have made."""
    link = await dial(token.link_url.rstrip("/") + "/v1/enrol", tls=tls, max_bytes=wire.ENROLMENT.max_bytes, out=out)
    try:
        keys = await _hear(link)
        if not isinstance(keys, wire.EnrolmentKey):
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected the server's key, got another message")
        _check_keys(keys, token)
        # not within a time: an old machine may need a minute for the identity, longer than the server waits; the next
        # try has it ready then
        request = await _request(token, registrant, made, keys.server_key)
        made.is_sent = True
        link.send(wire.ENROLMENT.encode(request))
        answer = await _hear(link)
    finally:
        link.close()
    if isinstance(answer, wire.EnrolmentRefused):
        raise PeerError(PeerFault.NOT_AUTHENTIC, f"expected the token to be taken, got refused: {answer.reason}")
    if not isinstance(answer, wire.EnrolmentTaken):
        raise PeerError(PeerFault.OUT_OF_ORDER, "expected the enrolment's answer, got another message")
    return keys, open_answer(answer, device_key=made.device_key, request=request)


async def _request(
    token: wire.EnrolmentToken, registrant: Registrant, made: _Made, server_key: bytes
) -> wire.EnrolDevice:
    identity = await made.identity()
    sealed = wire.SealedEnrolment(
        token_secret=token.secret,
        device_key=made.device_key,
        identity_key=public_bytes(identity.public_key()),
        device=registrant.device,
        site_name=registrant.site_name,
        instruments=registrant.instruments,
        registrant=registrant.name,
        registrant_email=registrant.email,
        region=token.region,
    )
    return seal_enrolment(
        sealed, server_key=server_key, identity=identity, fresh_key=os.urandom(32), fresh_nonce=os.urandom(12)
    )


def _check_keys(keys: wire.EnrolmentKey, token: wire.EnrolmentToken) -> None:
    """The token was carried by a person: what the network says must be what it names."""
    if keys.version != VERSION:
        raise PeerError(PeerFault.WRONG_VERSION, f"expected version {VERSION}, got {keys.version}")
    if fingerprint(keys.server_key) != token.server_key:
        raise PeerError(PeerFault.WRONG_KEY, "expected the server that the token names, got another; nothing was sent")
    if fingerprint(keys.authority_key) != token.authority_key:
        raise PeerError(
            PeerFault.WRONG_KEY, "expected the authority that the token names, got another; nothing was sent"
        )
    load_ed25519(keys.authority_key)


async def _hear(link: WebSocketLink) -> wire.EnrolmentMessage:
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            data = await link.receive()
    except TimeoutError as error:
        raise UnavailableError(f"expected the server's answer within {ANSWER_WITHIN_S:.0f} s, got none") from error
    if isinstance(data, str):
        raise PeerError(PeerFault.MALFORMED, "expected an enrolment message, got text")
    return wire.ENROLMENT.decode(data)
