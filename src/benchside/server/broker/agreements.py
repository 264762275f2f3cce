"""A second associate's agreement to a session, where the site's rules ask for one: kept for the PC, which judges it."""

from __future__ import annotations

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.trust.second import SecondFor, check_second
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.handshake import SecondSaid
from benchside.server.access.model import Person, may_second
from benchside.server.accounts.service import Accounts
from benchside.server.audit.kind import ServerKind, session_stream
from benchside.server.audit.ledger import Ledger
from benchside.server.broker.machine import RequestState
from benchside.server.broker.model import Agreement
from benchside.server.broker.queue import Broker, RequestFacts
from benchside.server.bus.contract import Bus, RequestChanged
from benchside.server.clock import NowUtcMs
from benchside.server.policy.keeper import PolicyKeeper
from benchside.server.store.database import Database

__all__ = ["Agreements"]


class Agreements:
    """Takes agreements and gives them to whom they are about.  The PC believes none of it without checking again."""

    def __init__(
        self,
        database: Database,
        broker: Broker,
        accounts: Accounts,
        keeper: PolicyKeeper,
        ledger: Ledger,
        bus: Bus,
        now: NowUtcMs,
    ) -> None:
        self._database = database
        self._broker = broker
        self._accounts = accounts
        self._keeper = keeper
        self._ledger = ledger
        self._bus = bus
        self._now = now

    async def is_needed(self, facts: RequestFacts) -> bool:
        """Whether the rules of the request's site ask for a second associate, or the PC's own.

        Of its own we hear when it turns somebody away by them.
        """
        policy = self._keeper.policy
        if policy is None or policy.needs_second_eyes(facts.device.place):
            return policy is not None
        refusals = await self._ledger.events_of(facts.id, (EventKind.ASSOCIATE_REFUSED,))
        return any(one.details is not None and one.details.cause == Refusal.SECOND_EYES for one in refusals)

    async def agree(self, person: Person, request_id: bytes, issued_utc_ms: int, signature: bytes) -> None:
        """Keep a second associate's agreement; RefusedError when it is none, not theirs to give, or about nothing."""
        facts = await self._broker.facts(request_id)
        if facts is None or facts.state is not RequestState.CLAIMED or facts.claimed_by is None:
            raise RefusedError(Refusal.NO_REQUEST, "expected a request that an associate has taken, got another")
        refusal = may_second(person, facts.device.place, self._keeper.policy, self._now())
        if refusal is not None:
            raise RefusedError(refusal, "expected an associate who may agree to sessions there")
        spki = await self._accounts.spki_of(person.account)
        if spki is None:
            raise RefusedError(Refusal.NOT_IN_POLICY, "expected a registered key, got none")
        said = SecondSaid(associate=person.account, key=spki, issued_utc_ms=issued_utc_ms, signature=signature)
        check_second(said, _about(facts), self._now())
        await self._ledger.record(
            session_stream(request_id),
            ServerKind.SECOND_AGREED,
            EventDetails(associate=facts.claimed_by, second=person.account),
        )
        async with self._database.write() as rows:
            await rows.merge(
                Agreement(
                    request_id=request_id,
                    second=person.account,
                    key_spki=spki,
                    issued_utc_ms=issued_utc_ms,
                    signature=signature,
                )
            )
        self._bus.publish(RequestChanged(request_id))

    async def of(self, facts: RequestFacts) -> SecondSaid | None:
        """The agreement to this request's session as it stands now; None where nobody gave one that counts."""
        policy = self._keeper.policy
        if policy is None or facts.claimed_by is None:
            return None
        async with self._database.read() as rows:
            row = await rows.get(Agreement, facts.id)
        if row is None:
            return None
        said = SecondSaid(
            associate=row.second, key=row.key_spki, issued_utc_ms=row.issued_utc_ms, signature=row.signature
        )
        try:
            key = check_second(said, _about(facts), self._now())
        except RefusedError:
            return None  # to another associate's session before, or out of time
        person = Person(row.second, key)
        return said if may_second(person, facts.device.place, policy, self._now()) is None else None


def _about(facts: RequestFacts) -> SecondFor:
    return SecondFor(
        request_id=facts.id,
        device_id=facts.device.id,
        associate=facts.claimed_by or "",
        key=facts.claimed_key or b"",
    )
