"""A mail for each session to the hospital's IT: who was where, when, and what the technician allowed."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Sequence

from sqlalchemy import select, update

from benchside.protocol.wire.audit import EventKind
from benchside.server.access.moment import time_zone
from benchside.server.administration.facts import CustomerFacts, SiteFacts
from benchside.server.administration.places import Places
from benchside.server.audit.ledger import KeptEvent
from benchside.server.audit.model import Session
from benchside.server.broker.model import Request
from benchside.server.mail.address import is_address
from benchside.server.parts import Parts

__all__ = ["SessionMails"]

logger = logging.getLogger(__name__)

SETTLE_MS = 60_000
"""After the end: the PC's last entries are on their way until then."""
TOO_LATE_MS = 3 * 24 * 3600_000
"""Of a server that was off for longer nobody wants news; the log has it all."""
AT_ONCE = 50


class SessionMails:
    """Looks each half minute for sessions that are over, and puts a mail for each into the outbox, at least once."""

    def __init__(self, parts: Parts) -> None:
        self._database = parts.cloud
        self._sessions = parts.sessions
        self._ledger = parts.ledger
        self._places = Places(parts.cloud, parts.ledger, parts.now)
        self._keeper = parts.keeper
        self._outbox = parts.outbox
        self._server_name = parts.settings.server_name
        self._now = parts.now

    async def report(self) -> None:
        """Put in what has not been put in yet.  Requests that nobody entered are nothing to report."""
        now = self._now()
        due = (
            Request.reported_utc_ms.is_(None),
            Request.ended_utc_ms > now - TOO_LATE_MS,
            Request.ended_utc_ms <= now - SETTLE_MS,
        )
        async with self._database.read() as rows:
            over = list(await rows.scalars(select(Request.id).where(*due).limit(AT_ONCE)))
        if not over:
            return
        sites = {one.id: one for one in await self._places.sites()}
        customers = {one.id: one for one in await self._places.customers()}
        for request_id in over:
            session = await self._sessions.get(request_id)
            site = sites.get(session.site) if session else None
            # whose it was when it was opened: it may be another customer's since
            whose = await self._places.whose(session.site, session.opened_utc_ms) if session else None
            customer = customers.get(whose or "")
            if session and site and customer and customer.it_mail:
                if is_address(customer.it_mail):
                    await self._put(session, site, customer)
                else:  # of before they were checked: the others' mails do not wait for it
                    logger.warning("a customer's address is none, nobody is told", extra={"customer": customer.id})
            async with self._database.write() as rows:
                await rows.execute(update(Request).where(Request.id == request_id).values(reported_utc_ms=now))

    async def _put(self, session: Session, site: SiteFacts, customer: CustomerFacts) -> None:
        # these alone: whoever fills a session's log with refusals first must not keep the hospital from hearing of it
        events = await self._ledger.events_of(session.id, (EventKind.CODE_ACCEPTED, EventKind.CAPABILITY_GRANTED))
        entered = next((one for one in events if one.kind == EventKind.CODE_ACCEPTED), None)
        if entered is None:
            return
        who = (entered.details.associate if entered.details else None) or session.associate or "-"
        policy = self._keeper.policy
        entry = policy.associate(who) if policy else None
        language = customer.mail_language
        values = {
            "server": self._server_name,
            "site": site.name,
            "device": session.device,
            "engineer": f"{entry.name}, {entry.organisation}" if entry else who,
            "begin": _shown(entered.at_utc_ms, site.time_zone),
            "end": _shown(session.ended_utc_ms or entered.at_utc_ms, site.time_zone),
            "allowed": self._allowed(events, language),
            "session": session.id.hex()[:8],
        }
        await self._outbox.put(customer.it_mail, "session", values, language)

    def _allowed(self, events: Sequence[KeptEvent], language: str) -> str:
        granted = dict.fromkeys(
            one.details.capability
            for one in events
            if one.kind == EventKind.CAPABILITY_GRANTED and one.details and one.details.capability
        )
        words = [self._outbox.word(f"mail.capability.{capability}", language) for capability in granted]
        return ", ".join(words) or self._outbox.word("mail.capability.none", language)


def _shown(utc_ms: int, zone: str) -> str:
    here = datetime.datetime.fromtimestamp(utc_ms / 1000, time_zone(zone))
    return here.strftime("%Y-%m-%d %H:%M ") + zone
