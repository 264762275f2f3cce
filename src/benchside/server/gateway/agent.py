"""One agent's connection: proofs both ways, then its asks and the server's news."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchside.protocol.errors import PeerError, PeerFault, RefusedError, UnavailableError
from benchside.protocol.wire.audit import PcEvent
from benchside.protocol.wire.link import (
    AskTicket,
    Described,
    EventsKept,
    EventsReported,
    HereIAm,
    LinkMessage,
    LinkPing,
    LinkPong,
    LinkWelcome,
    NextKeyProved,
    NextKeyShare,
    NoticesAsked,
    NoticesReported,
    OfferedState,
    PolicyWanted,
    RequestCancelled,
    RequestClaimed,
    RequestOpened,
    RequestQueued,
    RequestUnknown,
    StateKept,
    TicketIssued,
    TicketRefused,
    WatchTold,
)
from benchside.server.audit.kind import ServerKind
from benchside.server.audit.ledger import Ledger
from benchside.server.broker.queue import Broker
from benchside.server.bus.contract import Bus, News, PolicyChanged, Subscription, ToDevice, ToDevices
from benchside.server.clock import NowUtcMs
from benchside.server.enrolment.register import Register
from benchside.server.gateway.following import Following
from benchside.server.gateway.holds import Holds
from benchside.server.gateway.links import Links
from benchside.server.gateway.meeting import HELLO_WITHIN_S, Meeting, Met
from benchside.server.gateway.note import Notes
from benchside.server.gateway.rotation import GatewayRotation
from benchside.server.gateway.sealed import SealedLink
from benchside.server.gateway.telling import Telling
from benchside.server.identity.keeper import DeviceKeeper
from benchside.server.policy.keeper import PolicyKeeper
from benchside.server.presence.watch import Presence
from benchside.server.tickets.office import TicketOffice
from benchside.transport.serve import Served, ServedLimits

__all__ = ["LIMITS", "Gateway", "LinkFacts"]

logger = logging.getLogger(__name__)

LIMITS = ServedLimits(max_message_bytes=512 * 1024)
"""The largest record from an agent: a hundred journal entries."""
PING_AFTER_S = 20.0
LOST_AFTER_S = 45.0
"""Both as the wire says (protocol/wire/link.py, LinkPing)."""
MAX_NEWS_WAITING = 64
"""News for one agent; each is sent at once, so a full queue means that it does not read."""


@dataclass(frozen=True)
class LinkFacts:
    """What the welcome tells besides: how the relay is called and reached, and the vendor's telephone."""

    relay: str
    relay_url: str
    phone: str


class Gateway:
    """Runs each agent's connection."""

    def __init__(
        self,
        register: Register,
        identities: DeviceKeeper,
        ledger: Ledger,
        presence: Presence,
        keeper: PolicyKeeper,
        broker: Broker,
        office: TicketOffice,
        following: Following,
        links: Links,
        bus: Bus,
        telling: Telling,
        facts: LinkFacts,
        now: NowUtcMs,
    ) -> None:
        self._register = register
        self._ledger = ledger
        self._now = now
        self._presence = presence
        self._keeper = keeper
        self._broker = broker
        self._office = office
        self._links = links
        self._bus = bus
        self._telling = telling
        self._facts = facts
        self._identities = identities
        self._notes = Notes(ledger, now)
        self._meeting = Meeting(identities, links, self._notes, now)
        self._holds = Holds(identities, links, broker, presence)
        self._following = following
        self.follow = self._holds.follow

    async def run(self, served: Served) -> None:
        """Serve one connection until it ends; the owner that `Served` wants."""
        if not self._links.add(served):
            served.close(4429)
            return
        try:
            met = await self._meeting.meet(served)
            if met is None:
                return
            if met.offer is not None:
                await self._serve(met)
            else:
                await self._welcome(met)
                if await self._identities.is_held(met.device_id):
                    await self._holds.begin(met.device_id)
                await self._holds.serve(met.link, met.device_id, ping_after_s=PING_AFTER_S, lost_after_s=LOST_AFTER_S)
        finally:
            self._links.remove(served)

    async def _welcome(self, met: Met) -> None:
        offer = met.offer
        sequence, head = await self._ledger.journal_head(met.device_id)
        welcome = LinkWelcome(
            now_utc_ms=self._now(),
            held=offer is None,
            offer=None if offer is None else OfferedState(step=offer.step, value=offer.value),
            policy_version=self._keeper.version,
            journal_sequence=sequence,
            journal_head=head,
            relay=self._facts.relay,
            relay_url=self._facts.relay_url,
            phone=self._facts.phone,
        )
        met.link.send(welcome)

    async def _serve(self, met: Met) -> None:
        device_id, link = met.device_id, met.link
        news = self._bus.subscribe(lambda one: _is_for(one, device_id), limit=MAX_NEWS_WAITING)
        fault: PeerError | None = None
        try:
            # within: who goes away while it waits for the one before must not stay the one that speaks for the device
            if met.replaced is not None:
                met.replaced.close(4409)
                await met.replaced.finished()
                if met.replaced.decisions != link.decisions:
                    await self._holds.overrule(device_id, met.replaced)
            await self._welcome(met)
            await self._keep_state(met)
            await self._following.catch_up(device_id)
            await self._presence.came(device_id)
            logger.info("device online", extra={"device": device_id.hex()})
            await self._broker.tell_presence(device_id)
            async with asyncio.TaskGroup() as tasks:
                teller = tasks.create_task(self._tell(link, news), name="link news")
                try:
                    await self._listen(met)
                finally:
                    teller.cancel()
        except* UnavailableError as gone:
            logger.debug("link over", extra={"device": device_id.hex(), "why": str(gone.exceptions[0])})
        except* PeerError as broken:
            # raised below: Python 3.11.2 puts what is raised in here into a group again
            fault = next((one for one in broken.exceptions if isinstance(one, PeerError)), None)
        finally:
            news.close()
            if self._links.give_up(device_id, link) and not self._holds.has(device_id):
                await self._presence.left(device_id)
                logger.info("device offline", extra={"device": device_id.hex()})
                await self._broker.tell_presence(device_id)
        if fault is not None:
            raise fault

    async def _keep_state(self, met: Met) -> None:
        message = await met.link.receive(HELLO_WITHIN_S)
        if met.offer is None or not isinstance(message, StateKept) or message.step != met.offer.step:
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected the offered state to be kept first, got another message")
        await self._identities.kept(met.device_id, met.offer)

    async def _listen(self, met: Met) -> None:
        device_id, link, rotation = met.device_id, met.link, GatewayRotation(self._identities, met)
        while True:
            try:
                message = await link.receive(PING_AFTER_S)
            except UnavailableError:
                if link.is_closed or await self._register.device_key(device_id) is None:
                    raise
                link.send(LinkPing())
                message = await link.receive(LOST_AFTER_S - PING_AFTER_S)
            match message:
                case HereIAm():
                    self._meeting.answered(link, message)
                case NextKeyProved():
                    self._holds.key_changed(link)
                    link.send(await rotation.answer(message))
                case NextKeyShare():
                    link.send(await rotation.answer(message))
                case _:
                    for answer in await self._answer(device_id, message):
                        link.send(answer)

    async def _tell(self, link: SealedLink, news: Subscription) -> None:
        while True:
            if news.has_overflowed:
                raise UnavailableError("expected an agent that takes its news, got one that does not")
            match await news.next(LOST_AFTER_S):
                case ToDevice(message=message) | ToDevices(message=message):
                    link.send(message)
                case PolicyChanged():
                    offer = self._keeper.offer()
                    if offer is not None:
                        link.send(offer)

    async def _answer(self, device_id: bytes, message: LinkMessage) -> Sequence[LinkMessage]:
        match message:
            case LinkPing():
                return (LinkPong(),)
            case LinkPong():
                return ()
            case Described():
                return await self._described(device_id, message)
            case PolicyWanted():
                offer = self._keeper.offer()
                return (offer,) if offer else ()
            case RequestOpened():
                return await self._opened(device_id, message)
            case RequestCancelled():
                await self._broker.cancel_by_pc(device_id, message.request_id, message.reason)
                return ()
            case AskTicket():
                return (await self._ticket(device_id, message),)
            case EventsReported():
                return (await self._events(device_id, message.events),)
            case NoticesAsked() | NoticesReported() | WatchTold():
                return await self._telling.answer(device_id, message)
            case _:
                raise PeerError(
                    PeerFault.OUT_OF_ORDER, "expected a message that an agent sends, got one of the gateway's"
                )

    async def _described(self, device_id: bytes, message: Described) -> Sequence[LinkMessage]:
        await self._register.describe(device_id, message)
        await self._identities.note_sealing(device_id, message.sealing)
        await self._broker.tell_presence(device_id)
        offer = self._keeper.offer()
        advisories = await self._telling.advisories(device_id)
        return (offer, *advisories) if offer and message.policy_version < self._keeper.version else advisories

    async def _opened(self, device_id: bytes, message: RequestOpened) -> Sequence[LinkMessage]:
        try:
            facts = await self._broker.open(device_id, message)
        except RefusedError as refused:
            return (RequestUnknown(request_id=message.request_id, reason=refused.reason),)
        queued = RequestQueued(request_id=facts.id)
        if facts.claimed_by is None:
            return (queued,)
        return (queued, RequestClaimed(request_id=facts.id, associate=facts.claimed_by))

    async def _ticket(self, device_id: bytes, message: AskTicket) -> LinkMessage:
        try:
            ticket = await self._office.for_pc(device_id, message.request_id, message.channel)
        except RefusedError as refused:
            wait_s = None if refused.wait_s is None else math.ceil(refused.wait_s)
            return TicketRefused(ask=message.ask, reason=refused.reason, wait_s=wait_s)
        return TicketIssued(ask=message.ask, ticket=ticket)

    async def _events(self, device_id: bytes, events: Sequence[PcEvent]) -> LinkMessage:
        await self._broker.expect_journal(device_id, events)
        await self._following.begin(device_id)
        try:
            sequence = await self._ledger.keep_journal(device_id, events)
        except PeerError as error:
            await self._notes.note(device_id, ServerKind.JOURNAL_REFUSED, error.fault)
            raise
        await self._following.catch_up(device_id)
        return EventsKept(sequence=sequence)


def _is_for(news: News, device_id: bytes) -> bool:
    if isinstance(news, ToDevices):
        return device_id in news.device_ids
    return isinstance(news, PolicyChanged) or (isinstance(news, ToDevice) and news.device_id == device_id)
