"""The ticket office: mints admission for the PC and for the claiming associate, after checking both again."""

from __future__ import annotations

import os
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.trust.keys import public_bytes
from benchside.protocol.trust.ticket import TICKET_LIFE_MS, issue_ticket
from benchside.protocol.wire.audit import EventDetails, EventKind, PcEvent
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.handshake import SecondSaid
from benchside.protocol.wire.ticket import TicketPayload
from benchside.server.access.delays import Delays, Subject, code_delay_ms
from benchside.server.access.model import Person, may_claim
from benchside.server.audit.kind import session_stream
from benchside.server.audit.ledger import Ledger
from benchside.server.broker.agreements import Agreements
from benchside.server.broker.machine import RequestState
from benchside.server.broker.queue import Broker, RequestFacts
from benchside.server.clock import NowUtcMs
from benchside.server.policy.keeper import PolicyKeeper

__all__ = ["Admission", "TicketOffice"]

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

MAX_TICKETS_A_MINUTE = 120
"""Per device and per account: three channels that come back twenty times a minute each use half of it."""
MAX_REFUSALS_WRITTEN = 50
"""Of one associate for one request: more say nothing new, and would push what matters out of what is shown of it."""
MAX_REMEMBERED = 10_000
"""Devices, accounts and requests whose recent tickets are remembered; the least recent are forgotten first."""


@dataclass(frozen=True)
class Admission:
    """What a console connects with: a ticket, and a second associate's agreement where the site asks for one."""

    ticket: bytes
    second: SecondSaid | None


class TicketOffice:
    """Signs with the session plane's ticket key.  Each ticket that is given is an event first, and so are refusals."""

    def __init__(
        self,
        key: Ed25519PrivateKey,
        relay: str,
        broker: Broker,
        agreements: Agreements,
        keeper: PolicyKeeper,
        ledger: Ledger,
        delays: Delays,
        now: NowUtcMs,
    ) -> None:
        self._key = key
        self._relay = relay
        self._broker = broker
        self._agreements = agreements
        self._keeper = keeper
        self._ledger = ledger
        self._delays = delays
        self._now = now
        self._recent: OrderedDict[str, deque[int]] = OrderedDict()
        self._refused: OrderedDict[tuple[bytes, str], int] = OrderedDict()
        self._tried_by: OrderedDict[bytes, tuple[Subject, Subject]] = OrderedDict()

    @property
    def public_key(self) -> bytes:
        """What relays check tickets with (SubjectPublicKeyInfo)."""
        return public_bytes(self._key.public_key())

    async def for_pc(self, device_id: bytes, request_id: bytes, channel: Channel) -> bytes:
        """Return a ticket for the PC's end of one connection; RefusedError when there is none now."""
        facts = await self._broker.facts(request_id)
        if facts is None or facts.device.id != device_id:
            raise RefusedError(Refusal.NO_REQUEST, "expected a request of this device, got another")
        return await self._issue(facts, channel, Role.PC, facts.device.identity, None, f"device:{device_id.hex()}")

    async def for_console(self, person: Person, request_id: bytes, channel: Channel, source: str) -> Admission:
        """Return admission for the associate's end of one connection.

        RefusedError: not the claiming associate (NOT_CLAIMED), policy says no now, or wrong codes before (WAIT).
        """
        facts = await self._broker.facts(request_id)
        if facts is None:
            raise RefusedError(Refusal.NO_REQUEST, "expected a request, got the id of none")
        subjects = (
            Subject("code-associate", person.account, code_delay_ms),
            Subject("code-source", source, code_delay_ms),
        )
        refusal, wait_s = self._refusal(facts, person), None
        if refusal is None and facts.state is RequestState.CLAIMED and facts.claimed_key != person.key:
            facts = await self._broker.claim(person, request_id)  # an agreement to the key of before is none any more
        second = await self._agreements.of(facts)
        is_entering = facts.state is RequestState.CLAIMED
        # once the PC has let them in, an agreement has served: it grows old while the session's channels come back
        if refusal is None and second is None and is_entering and await self._agreements.is_needed(facts):
            refusal = Refusal.SECOND_EYES
        if refusal is None and channel is Channel.MAIN and is_entering:
            wait_s = await self._delays.wait_ms(subjects) / 1000
            refusal = Refusal.WAIT if wait_s else None
            _remember(self._tried_by, request_id, subjects)
        if refusal is not None:
            await self._write_refusal(person.account, request_id, refusal, channel)
            raise RefusedError(refusal, "expected the associate who may connect now", wait_s=wait_s)
        if person.key is None:
            raise RefusedError(Refusal.NOT_IN_POLICY, "expected a registered key")
        by = f"account:{person.account}"
        ticket = await self._issue(facts, channel, Role.CONSOLE, person.key, person.account, by)
        return Admission(ticket, second)

    async def note_journal(self, events: Sequence[PcEvent]) -> None:
        """Follow what a PC wrote down: each wrong code doubles the delay, a right one ends it."""
        for event in events:
            if event.request_id is None or event.kind not in (EventKind.CODE_WRONG, EventKind.CODE_ACCEPTED):
                continue
            subjects = self._tried_by.get(event.request_id)
            if subjects is None:
                facts = await self._broker.facts(event.request_id)
                if facts is None or facts.claimed_by is None:
                    continue
                subjects = (Subject("code-associate", facts.claimed_by, code_delay_ms),) * 2
            if event.kind is EventKind.CODE_WRONG:
                await self._delays.count_wrong(tuple(dict.fromkeys(subjects)))
            else:
                for subject in subjects:
                    await self._delays.forget(subject)

    async def _write_refusal(self, account: str, request_id: bytes, refusal: Refusal, channel: Channel) -> None:
        times = self._refused.get((request_id, account), 0) + 1
        _remember(self._refused, (request_id, account), times)
        if times <= MAX_REFUSALS_WRITTEN:
            details = EventDetails(associate=account, cause=refusal.value, channel=channel.value)
            await self._ledger.record(session_stream(request_id), EventKind.TICKET_REFUSED, details)

    def _refusal(self, facts: RequestFacts, person: Person) -> Refusal | None:
        if facts.state not in (RequestState.CLAIMED, RequestState.IN_SESSION):
            return Refusal.NO_REQUEST if facts.state is not RequestState.QUEUED else Refusal.NOT_CLAIMED
        if facts.claimed_by != person.account:
            return Refusal.NOT_CLAIMED
        return may_claim(person, facts.device.place, self._keeper.policy, self._now())

    async def _issue(
        self, facts: RequestFacts, channel: Channel, role: Role, key: bytes, associate: str | None, subject: str
    ) -> bytes:
        stream = session_stream(facts.id)
        if facts.device.is_revoked:
            raise RefusedError(Refusal.NO_REQUEST, "expected a device that is enrolled, got one that was revoked")
        if facts.device.is_held:
            raise RefusedError(Refusal.HELD, "expected a device that may go on, got one that is held")
        if facts.state not in (RequestState.CLAIMED, RequestState.IN_SESSION):
            refusal = Refusal.NOT_CLAIMED if facts.state is RequestState.QUEUED else Refusal.NO_REQUEST
            raise RefusedError(refusal, "expected a request that an associate has, got another")
        wait_s = self._count(subject)
        if wait_s:
            raise RefusedError(Refusal.WAIT, "expected fewer tickets a minute, got too many asked for", wait_s=wait_s)
        now = self._now()
        await self._ledger.record(
            stream,
            EventKind.TICKET_ISSUED,
            EventDetails(associate=associate, channel=channel.value, scope=role.value, key=key.hex()),
        )
        payload = TicketPayload(
            version=VERSION,
            serial=os.urandom(16),
            relay=self._relay,
            request_id=facts.id,
            device_id=facts.device.id,
            associate=associate,
            role=role,
            channel=channel,
            key=key,
            issued_utc_ms=now,
            expires_utc_ms=now + TICKET_LIFE_MS,
        )
        return issue_ticket(payload, self._key)

    def _count(self, subject: str) -> float:
        """Count a ticket of `subject`; return for how many seconds there are none left, 0 when there are."""
        now = self._now()
        recent = self._recent.get(subject) or deque()
        while recent and recent[0] <= now - 60_000:
            recent.popleft()
        if len(recent) >= MAX_TICKETS_A_MINUTE:
            return max(1.0, (recent[0] + 60_000 - now) / 1000)
        recent.append(now)
        _remember(self._recent, subject, recent)
        return 0.0


def _remember(memory: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > MAX_REMEMBERED:
        memory.popitem(last=False)
