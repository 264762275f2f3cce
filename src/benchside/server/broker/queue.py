"""The queue: takes requests in, lets one associate claim each, and ends them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.audit import EventDetails, EventKind, PcEvent
from benchside.protocol.wire.condition import ConditionTold
from benchside.protocol.wire.link import RequestCancelled, RequestClaimed, RequestOpened, RequestReleased
from benchside.server.access.model import Person, may_claim, may_go_on
from benchside.server.audit.kind import ServerKind, device_stream, session_stream
from benchside.server.audit.ledger import Ledger
from benchside.server.audit.sessions import Sessions
from benchside.server.broker.asked import instrument_of, read, session_row, written
from benchside.server.broker.consoles import Consoles
from benchside.server.broker.machine import OPEN, RequestEvent, RequestState, after
from benchside.server.broker.model import Request
from benchside.server.broker.standing import Standing, read_standing
from benchside.server.bus.contract import Bus, RequestChanged, SessionCut, ToDevice
from benchside.server.clock import NowUtcMs
from benchside.server.enrolment.register import DeviceFacts, InstrumentFacts, Register
from benchside.server.policy.keeper import PolicyKeeper
from benchside.server.presence.watch import Presence
from benchside.server.store.database import Database

__all__ = ["Broker", "RequestFacts"]

logger = logging.getLogger(__name__)

MAX_REQUESTS_AN_HOUR = 20
"""A technician who starts again after each mistake stays below; a PC gone wild does not fill the queue."""
MAX_AGE_MS = 8 * 3600_000
"""A shift: whoever called has gone home."""
MAX_PC_GONE_MS = 30 * 60_000
"""A PC that was switched off never cancels; half an hour covers restarts and updates of its network."""
MAX_CONSOLE_GONE_MS = 2 * 60_000
"""A reload or a change of network takes seconds; after this somebody else may take the request."""


@dataclass(frozen=True)
class RequestFacts:
    """A request as the other parts of the server see it."""

    id: bytes
    device: DeviceFacts
    technician: str
    reason: str
    condition: ConditionTold | None
    instrument: InstrumentFacts | None
    queued_utc_ms: int
    state: RequestState
    claimed_by: str | None
    claimed_key: bytes | None
    is_online: bool


class Broker:
    """Exclusive in what it gives away: each change is one transaction that looks and writes."""

    def __init__(
        self,
        database: Database,
        register: Register,
        ledger: Ledger,
        sessions: Sessions,
        keeper: PolicyKeeper,
        presence: Presence,
        consoles: Consoles,
        bus: Bus,
        now: NowUtcMs,
    ) -> None:
        self._database = database
        self._register = register
        self._ledger = ledger
        self._sessions = sessions
        self._keeper = keeper
        self._presence = presence
        self._consoles = consoles
        self._bus = bus
        self._now = now

    async def open(self, device_id: bytes, asked: RequestOpened) -> RequestFacts:
        """Take a request into the queue; the same again gives where it stands.

        RefusedError: held (HELD), gates not passed (NO_IT_REVIEW, NO_TERMS), another device's id or one that is over
        (NO_REQUEST), too many (WAIT).
        """
        known = await self.facts(asked.request_id)
        if known is not None:
            if known.device.id != device_id or known.state not in OPEN:
                raise RefusedError(Refusal.NO_REQUEST, "expected a request of this device that is open, got another")
            return known
        device = await self._register.device(device_id)
        refusal = await self._refusal_to_open(device, device_id)
        if device is None or refusal is not None:
            reason = refusal or Refusal.NO_REQUEST
            details = EventDetails(cause=reason.value)
            await self._ledger.record(device_stream(device_id), EventKind.REQUEST_REFUSED, details)
            raise RefusedError(reason, "expected a device that may ask for help now")
        await self._replace_older(device_id)
        now = self._now()
        instrument = instrument_of(device, asked.instrument)
        await self._sessions.open(session_row(device, asked, instrument, now))
        async with self._database.write() as rows:
            rows.add(
                Request(
                    id=asked.request_id,
                    device_id=device_id,
                    technician=asked.technician,
                    reason=asked.reason,
                    condition=written(asked.condition),
                    instrument=instrument.id if instrument else "",
                    queued_utc_ms=now,
                    state=RequestState.QUEUED.value,
                )
            )
        self._bus.publish(RequestChanged(asked.request_id))
        facts = await self.facts(asked.request_id)
        if facts is None:
            raise RefusedError(Refusal.NO_REQUEST, "expected the request that was just taken")
        return facts

    async def cancel_by_pc(self, device_id: bytes, request_id: bytes, reason: str) -> None:
        """The PC says that the request or its session is over; nothing happens when it is not its own."""
        await self._end(request_id, RequestEvent.END, cause=reason, device_id=device_id)

    async def claim(self, person: Person, request_id: bytes) -> RequestFacts:
        """Give the request to this associate alone; RefusedError with the first reason against it.

        Again: with the key that they have now, since what a second associate agrees to names it.
        """
        facts = await self.facts(request_id)
        if facts is None or facts.state not in OPEN:
            raise RefusedError(Refusal.NO_REQUEST, "expected a request that is open, got another")
        refusal = may_claim(person, facts.device.place, self._keeper.policy, self._now())
        if refusal is not None:
            await self._ledger.record(
                session_stream(request_id),
                ServerKind.CLAIM_REFUSED,
                EventDetails(associate=person.account, cause=refusal.value),
            )
            raise RefusedError(refusal, "expected an associate who may help there")
        self._consoles.heard(person.account)  # or `expire` could give back at once what is claimed here
        async with self._database.write() as rows:
            row = await rows.get_one(Request, request_id, with_for_update=True)
            is_mine = row.claimed_by == person.account
            if is_mine and (row.state == RequestState.IN_SESSION or row.claimed_key == person.key):
                return facts
            target = RequestState.CLAIMED if is_mine else after(RequestState(row.state), RequestEvent.CLAIM)
            if target is None or row.state not in OPEN:
                raise RefusedError(Refusal.CLAIMED, "expected a request that nobody has, got one that is taken")
            await self._ledger.record(
                session_stream(request_id), EventKind.REQUEST_CLAIMED, EventDetails(associate=person.account)
            )
            row.state, row.claimed_by, row.claimed_key = target.value, person.account, person.key
        await self._sessions.change(request_id, state=target.value, associate=person.account)
        self._bus.publish(ToDevice(facts.device.id, RequestClaimed(request_id=request_id, associate=person.account)))
        self._bus.publish(RequestChanged(request_id))
        return await self.facts(request_id) or facts

    async def release(self, account: str, request_id: bytes) -> None:
        """Put a claimed request back; RefusedError when it is not this associate's, or its session runs."""
        async with self._database.write() as rows:
            row = await rows.get(Request, request_id, with_for_update=True)
            if row is None or row.state not in OPEN:
                raise RefusedError(Refusal.NO_REQUEST, "expected a request that is open, got another")
            if row.claimed_by != account:
                raise RefusedError(Refusal.NOT_CLAIMED, "expected a request of one's own, got another")
            target = after(RequestState(row.state), RequestEvent.RELEASE)
            if target is None:
                raise RefusedError(Refusal.BUSY, "expected a request without a session, got one where it runs")
            await self._ledger.record(
                session_stream(request_id), EventKind.REQUEST_RELEASED, EventDetails(associate=account)
            )
            row.state, row.claimed_by, row.claimed_key = target.value, None, None
            device_id = row.device_id
        await self._sessions.change(request_id, state=target.value)
        self._bus.publish(ToDevice(device_id, RequestReleased(request_id=request_id)))
        self._bus.publish(SessionCut(request_id))  # the PC's word that it let them in may be on its way, or lost
        self._bus.publish(RequestChanged(request_id))

    async def expect_journal(self, device_id: bytes, events: Sequence[PcEvent]) -> None:
        """Make room for what a PC asked while it could not reach us, so that its session log is whole (R57)."""
        for event in events:
            if event.kind is not EventKind.REQUEST_OPENED or event.request_id is None:
                continue
            device = await self._register.device(device_id)
            if device is None or await self._sessions.get(event.request_id) is not None:
                continue
            asked = RequestOpened(
                request_id=event.request_id,
                technician=(event.details.technician or "")[:80],
                reason=(event.details.reason or "")[:1000],
                instrument=(event.details.instrument or "")[:200],
                opened_utc_ms=event.at_utc_ms,
            )
            await self._sessions.open(
                session_row(device, asked, instrument_of(device, asked.instrument), event.at_utc_ms)
            )

    async def note_journal(self, device_id: bytes, events: Sequence[PcEvent]) -> None:
        """Follow what a PC wrote down: a session began, or is over."""
        for event in events:
            if event.request_id is None:
                continue
            if event.kind is EventKind.CODE_ACCEPTED:
                await self._join(device_id, event.request_id)
            elif event.kind is EventKind.ASSOCIATE_REFUSED:
                self._bus.publish(RequestChanged(event.request_id))  # perhaps by a rule of its own that asks for two
            elif event.kind is EventKind.SESSION_ENDED:
                cause = event.details.cause or ""
                await self._end(event.request_id, RequestEvent.END, cause=cause, device_id=device_id)
                await self._close_unseen(device_id, event.request_id, cause, event.at_utc_ms)

    async def expire(self) -> None:
        """End what is too old or whose PC is gone, and give back the claims of associates who went away."""
        now = self._now()
        for one in await self.standing():
            gone_since = self._presence.gone_since_utc_ms(one.device_id)
            is_gone = gone_since is not None and now - gone_since > MAX_PC_GONE_MS
            is_old = now - one.queued_utc_ms > MAX_AGE_MS and one.state is not RequestState.IN_SESSION
            if is_gone or is_old:
                cause = "agent_lost" if is_gone else "too_long"
                await self._ledger.record(session_stream(one.id), EventKind.REQUEST_EXPIRED, EventDetails(cause=cause))
                await self._end(one.id, RequestEvent.EXPIRE, cause=cause)
                self._bus.publish(ToDevice(one.device_id, RequestCancelled(request_id=one.id, reason="expired")))
                self._bus.publish(SessionCut(one.id))  # its PC cannot hear us, and nobody looks after it from now on
            elif one.claimed_by is not None and one.state is RequestState.CLAIMED and self._is_lost(one):
                try:
                    await self.release(one.claimed_by, one.id)
                except RefusedError:
                    continue  # it changed meanwhile

    async def cut(self, one: Standing) -> None:
        """End a session whose associate may not go on, at both ends and in between."""
        details = EventDetails(associate=one.claimed_by)
        await self._ledger.record(session_stream(one.id), ServerKind.ASSOCIATE_OUT, details)
        await self._end(one.id, RequestEvent.EXPIRE, cause="associate_out")
        self._bus.publish(ToDevice(one.device_id, RequestCancelled(request_id=one.id, reason="associate_out")))
        self._bus.publish(SessionCut(one.id))

    async def cut_device(self, device_id: bytes, cause: str) -> None:
        """End whatever is open of a device, at the relay too."""
        for request_id in await self.open_of_device(device_id):
            await self._end(request_id, RequestEvent.EXPIRE, cause=cause)
            self._bus.publish(SessionCut(request_id))

    async def facts(self, request_id: bytes) -> RequestFacts | None:
        """What is known of a request, open or over."""
        async with self._database.read() as rows:
            row = await rows.get(Request, request_id)
        device = await self._register.device(row.device_id) if row is not None else None
        return self._facts(row, device) if row is not None and device is not None else None

    async def all_open(self) -> list[RequestFacts]:
        """All open requests, the longest waiting first."""
        async with self._database.read() as rows:
            found = list(
                await rows.scalars(
                    select(Request).where(Request.state.in_(OPEN)).order_by(Request.queued_utc_ms, Request.id)
                )
            )
        devices = await self._register.facts_of({row.device_id for row in found})
        return [self._facts(row, devices[row.device_id]) for row in found if row.device_id in devices]

    async def standing(self) -> list[Standing]:
        """The same, as far as it decides whether they may go on."""
        async with self._database.read() as rows:
            return await read_standing(rows)

    async def open_of_device(self, device_id: bytes) -> list[bytes]:
        """The ids of a device's open requests."""
        async with self._database.read() as rows:
            return list(
                await rows.scalars(select(Request.id).where(Request.device_id == device_id, Request.state.in_(OPEN)))
            )

    async def tell_presence(self, device_id: bytes) -> None:
        """The device came or left: its requests look different now."""
        for request_id in await self.open_of_device(device_id):
            self._bus.publish(RequestChanged(request_id))

    def _is_lost(self, one: Standing) -> bool:
        """Whether a claim is worth nothing: its associate went away, or may not help there any more."""
        account = one.claimed_by or ""
        if self._consoles.gone_for_ms(account) > MAX_CONSOLE_GONE_MS:
            return True
        return may_go_on(account, one.place, self._keeper.policy, self._now()) is not None

    def _facts(self, row: Request, device: DeviceFacts) -> RequestFacts:
        return RequestFacts(
            id=row.id,
            device=device,
            technician=row.technician,
            reason=row.reason,
            condition=read(row.condition),
            instrument=instrument_of(device, row.instrument),
            queued_utc_ms=row.queued_utc_ms,
            state=RequestState(row.state),
            claimed_by=row.claimed_by,
            claimed_key=row.claimed_key,
            is_online=self._presence.is_online(device.id),
        )

    async def _refusal_to_open(self, device: DeviceFacts | None, device_id: bytes) -> Refusal | None:
        if device is None or device.is_revoked:
            return Refusal.NO_REQUEST
        if device.is_held:
            return Refusal.HELD
        if not device.has_it_review:
            return Refusal.NO_IT_REVIEW
        if not device.has_terms:
            return Refusal.NO_TERMS
        async with self._database.read() as rows:
            recent = await rows.scalar(
                select(func.count())
                .select_from(Request)
                .where(Request.device_id == device_id, Request.queued_utc_ms > self._now() - 3600_000)
            )
        return Refusal.WAIT if (recent or 0) >= MAX_REQUESTS_AN_HOUR else None

    async def _replace_older(self, device_id: bytes) -> None:
        # a PC has one request at a time: an open one that it does not know any more is over
        for request_id in await self.open_of_device(device_id):
            await self._end(request_id, RequestEvent.CANCEL, cause="replaced", device_id=device_id)

    async def _join(self, device_id: bytes, request_id: bytes) -> None:
        async with self._database.write() as rows:
            row = await self._own(rows, request_id, device_id)
            target = after(RequestState(row.state), RequestEvent.JOIN) if row is not None else None
            if row is None or target is None:
                if row is not None:
                    row.reported_utc_ms = None  # the PC tells it late: there is a session to report after all
                return
            row.state = target.value
        await self._sessions.change(request_id, state=target.value)
        self._bus.publish(RequestChanged(request_id))

    async def _end(self, request_id: bytes, event: RequestEvent, *, cause: str, device_id: bytes | None = None) -> None:
        now = self._now()
        async with self._database.write() as rows:
            row = await self._own(rows, request_id, device_id)
            target = after(RequestState(row.state), event) if row is not None else None
            if row is None or target is None:
                return
            row.state, row.ended_utc_ms, row.cause = target.value, now, cause[:64]
        await self._sessions.change(request_id, state=target.value, ended_utc_ms=now, outcome=cause[:64])
        self._bus.publish(RequestChanged(request_id))

    async def _close_unseen(self, device_id: bytes, request_id: bytes, cause: str, at_utc_ms: int) -> None:
        """The session of a request that was never in the queue is over, too."""
        session = await self._sessions.get(request_id)
        if session is None or session.device_id != device_id or session.ended_utc_ms is not None:
            return
        state = RequestState.CANCELLED.value
        async with self._database.write() as rows:
            if await rows.get(Request, request_id) is None:
                rows.add(
                    Request(
                        id=request_id,
                        device_id=device_id,
                        technician=session.technician,
                        reason=session.reason,
                        instrument=session.instrument_id or "",
                        queued_utc_ms=session.opened_utc_ms,
                        state=state,
                        ended_utc_ms=at_utc_ms,
                        cause=cause[:64],
                    )
                )
        await self._sessions.change(request_id, state=state, ended_utc_ms=at_utc_ms, outcome=cause[:64])

    async def _own(self, rows: AsyncSession, request_id: bytes, device_id: bytes | None) -> Request | None:
        row = await rows.get(Request, request_id, with_for_update=True)
        if row is not None and device_id is not None and row.device_id != device_id:
            logger.warning("a device spoke of another's request", extra={"device": device_id.hex()})
            return None
        return row
