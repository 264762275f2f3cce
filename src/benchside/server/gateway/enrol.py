"""One PC's enrolment: the server's key, the sealed answer, a device."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import OrderedDict, deque

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.trust.sealing import open_enrolment, seal_answer
from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.enrolment import (
    ENROLMENT,
    DeviceEnrolled,
    EnrolDevice,
    EnrolmentKey,
    EnrolmentMessage,
    EnrolmentRefused,
    SealedEnrolment,
)
from benchside.server.audit.kind import SERVER, ServerKind
from benchside.server.audit.refusals import Refusals
from benchside.server.clock import NowUtcMs
from benchside.server.enrolment.register import EnrolmentFault, EnrolmentFaultError, Register
from benchside.server.gateway.agent import LinkFacts
from benchside.server.policy.keeper import PolicyKeeper
from benchside.transport.serve import Served, ServedLimits

__all__ = ["LIMITS", "Enrolment"]

logger = logging.getLogger(__name__)

LIMITS = ServedLimits(max_message_bytes=72 * 1024, max_waiting=2)
"""One sealed enrolment and its envelope."""
ANSWER_WITHIN_S = 60.0
"""The PC makes its RSA-4096 key after it saw ours, on an old machine."""
MAX_TRIES_A_MINUTE = 20
"""From one address.  A token has 256 bits: this only bounds what a stranger makes us decrypt."""
MAX_SOURCES = 10_000
"""Addresses whose tries are remembered; the least recent are forgotten first."""


class Enrolment:
    """Runs each enrolling PC's connection."""

    def __init__(
        self,
        key: RSAPrivateKey,
        register: Register,
        refusals: Refusals,
        keeper: PolicyKeeper,
        facts: LinkFacts,
        now: NowUtcMs,
    ) -> None:
        self._key = key
        self._spki = public_bytes(key.public_key())
        self._register = register
        self._refusals = refusals
        self._keeper = keeper
        self._facts = facts
        self._now = now
        self._recent: OrderedDict[str, deque[int]] = OrderedDict()

    async def run(self, served: Served) -> None:
        """Serve one connection; the owner that `Served` wants."""
        if not self._may_try(served.source):
            served.close(4429)
            return
        serial = self._keeper.rotation_serial
        served.send(
            ENROLMENT.encode(
                EnrolmentKey(version=VERSION, server_key=self._spki, authority_key=self._keeper.authority_key)
            )
        )
        data = await served.receive(ANSWER_WITHIN_S)
        try:
            message = ENROLMENT.decode(data)
            if not isinstance(message, EnrolDevice):
                raise PeerError(PeerFault.OUT_OF_ORDER, "expected an enrolment, got another message")
            sealed = await asyncio.to_thread(open_enrolment, message, self._key)
            answer = await self._enrol(message, sealed, serial, served.source)
        except PeerError:
            await self._refuse(EnrolmentFault.MALFORMED, served.source)
            served.send(ENROLMENT.encode(EnrolmentRefused(reason=EnrolmentFault.MALFORMED.value)))
            raise
        served.send(ENROLMENT.encode(answer))

    async def _enrol(self, request: EnrolDevice, sealed: SealedEnrolment, serial: int, source: str) -> EnrolmentMessage:
        try:
            device = await self._register.enrol(sealed)
        except EnrolmentFaultError as refused:
            await self._refuse(refused.fault, source)
            return EnrolmentRefused(reason=refused.fault.value)
        logger.info("device enrolled", extra={"device": device.id.hex()})
        # a rotation since the key was shown: the PC follows it on the link, from the key that it knows
        offer = self._keeper.offer() if serial == self._keeper.rotation_serial else None
        answer = DeviceEnrolled(
            device_id=device.id,
            policy=offer.policy if offer else None,
            relay=self._facts.relay,
            relay_url=self._facts.relay_url,
            phone=self._facts.phone,
            rotation_serial=serial,
        )
        return seal_answer(answer, device_key=sealed.device_key, request=request, fresh_nonce=os.urandom(12))

    def _may_try(self, source: str) -> bool:
        now = self._now()
        recent = self._recent.pop(source, deque())
        while recent and recent[0] <= now - 60_000:
            recent.popleft()
        allowed = len(recent) < MAX_TRIES_A_MINUTE
        if allowed:
            recent.append(now)
        self._recent[source] = recent
        while len(self._recent) > MAX_SOURCES:
            self._recent.popitem(last=False)
        return allowed

    async def _refuse(self, fault: EnrolmentFault, source: str) -> None:
        await self._refusals.note(ServerKind.ENROLMENT_REFUSED, source, SERVER, EventDetails(cause=fault.value))
