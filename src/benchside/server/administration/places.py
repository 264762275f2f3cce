"""Customers and their sites, with the laws that hold there and the sites' own rules."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.policy import SiteRules
from benchside.server.access.moment import time_zone
from benchside.server.administration.facts import CustomerFacts, SiteFacts, checked
from benchside.server.administration.model import Person
from benchside.server.administration.versions import Seen, refuse_changed
from benchside.server.audit.kind import SERVER, ServerKind
from benchside.server.audit.ledger import Ledger
from benchside.server.audit.sessions import Term
from benchside.server.clock import NowUtcMs
from benchside.server.enrolment.model import Customer, Device, FormerTerm, Site
from benchside.server.notices.model import KeptCondition
from benchside.server.store.database import Database

__all__ = ["Places"]


class Places:
    """Writes the cloud plane; each change is in the log before it is made, with who made it.

    `seen`: what whoever changes it had before them; RefusedError(CHANGED) when it is another by now.
    """

    def __init__(self, database: Database, ledger: Ledger, now: NowUtcMs) -> None:
        self._database = database
        self._ledger = ledger
        self._now = now

    async def customers(self) -> list[CustomerFacts]:
        """All customers, by id."""
        async with self._database.read() as rows:
            return [_customer(row) for row in await rows.scalars(select(Customer).order_by(Customer.id))]

    async def put_customers(self, by: str, customers: Sequence[CustomerFacts], seen: Seen = None) -> None:
        """Add customers, or change what is known of them, all or none."""
        customers = [checked(one) for one in customers]
        ids = [one.id for one in customers]
        async with self._database.write() as rows:
            if seen is not None:
                found = await rows.scalars(select(Customer))
                refuse_changed(seen, ids, {row.id: _customer(row) for row in found})
            for one in customers:
                await rows.merge(
                    Customer(id=one.id, name=one.name, it_mail=one.it_mail or None, mail_language=one.mail_language)
                )
            # nothing is made before the transaction ends; a change that is refused leaves no word of it
            changed = [EventDetails(associate=by, scope=each) for each in ids]
            await self._ledger.record_all(SERVER, ServerKind.CUSTOMER_CHANGED, changed)

    async def remove_customer(self, by: str, customer: str, seen: Seen = None) -> None:
        """Forget a customer and which sites were its own; RefusedError(IN_USE) while it has sites or officers."""
        async with self._database.write() as rows:
            row = await rows.get(Customer, customer)
            refuse_changed(seen, (customer,), {row.id: _customer(row)} if row else {})
            has_site = await rows.scalar(select(Site.id).where(Site.customer == customer).limit(1))
            has_officer = await rows.scalar(select(Person.id).where(Person.officer_of == customer).limit(1))
            if has_site or has_officer:
                raise RefusedError(Refusal.IN_USE, "expected a customer without sites and officers, got one with")
            await self._ledger.record(
                SERVER, ServerKind.CUSTOMER_CHANGED, EventDetails(associate=by, scope=customer, cause="removed")
            )
            # nobody may read its past any more, least of all another customer that is given the same id
            await rows.execute(delete(FormerTerm).where(FormerTerm.customer == customer))
            await rows.execute(delete(Customer).where(Customer.id == customer))

    async def sites(self) -> list[SiteFacts]:
        """All sites, by id."""
        async with self._database.read() as rows:
            return [_site(row) for row in await rows.scalars(select(Site).order_by(Site.id))]

    async def sites_of(self, customer: str) -> list[SiteFacts]:
        """The sites of one customer, by id."""
        query = select(Site).where(Site.customer == customer).order_by(Site.id)
        async with self._database.read() as rows:
            return [_site(row) for row in await rows.scalars(query)]

    async def terms_of(self, customer: str) -> list[Term]:
        """When which sites were this customer's, and are: what happened there then is theirs to read."""
        async with self._database.read() as rows:
            now = select(Site.id, Site.customer_since_utc_ms).where(Site.customer == customer)
            then = select(FormerTerm.site, FormerTerm.from_utc_ms, FormerTerm.until_utc_ms)
            return [
                *(Term(*row) for row in await rows.execute(now)),
                *(Term(*row) for row in await rows.execute(then.where(FormerTerm.customer == customer))),
            ]

    async def whose(self, site: str, at_utc_ms: int) -> str | None:
        """The customer that a site had at a moment."""
        former = select(FormerTerm.customer).where(
            FormerTerm.site == site, FormerTerm.from_utc_ms <= at_utc_ms, FormerTerm.until_utc_ms > at_utc_ms
        )
        async with self._database.read() as rows:
            row, before = await rows.get(Site, site), await rows.scalar(former.limit(1))
        return before or (row.customer if row is not None and at_utc_ms >= row.customer_since_utc_ms else None)

    async def put_sites(self, by: str, sites: Sequence[SiteFacts], seen: Seen = None) -> None:
        """Add sites, or change them, all or none; UnavailableError for an unknown time zone.

        RefusedError for a customer of none.  A site's rules hold on the PC once the authority signed them.
        """
        sites = [checked(one) for one in sites]
        ids = [one.id for one in sites]
        for one in sites:
            time_zone(one.time_zone)
        async with self._database.write() as rows:
            await _refuse_unknown(rows, sites)
            known = {row.id: row for row in await rows.scalars(select(Site))}
            refuse_changed(seen, ids, {row.id: _site(row) for row in known.values()})
            for one in sites:
                row = known.get(one.id)
                if row is None:
                    row = known[one.id] = Site(id=one.id, created_utc_ms=self._now())
                    rows.add(row)
                elif row.customer != one.customer:
                    await self._hand_over(rows, row)
                row.name, row.customer, row.laws = one.name, one.customer, ",".join(one.laws)
                row.time_zone, row.rules = one.time_zone, msgspec.json.encode(one.rules).decode()
                row.silent_after_min = one.silent_after_min
            await rows.flush()
            changed = [EventDetails(associate=by, scope=each) for each in ids]
            await self._ledger.record_all(SERVER, ServerKind.SITE_CHANGED, changed)

    async def _hand_over(self, rows: AsyncSession, row: Site) -> None:
        """Technicians, reasons and notices of the customer before stay theirs, and are no business of the next one."""
        now = self._now()
        if row.customer is not None:
            began = row.customer_since_utc_ms
            rows.add(FormerTerm(site=row.id, customer=row.customer, from_utc_ms=began, until_utc_ms=now))
            devices = select(Device.id).where(Device.site == row.id)
            named = update(KeptCondition).where(KeptCondition.device_id.in_(devices))
            await rows.execute(named.values(personal=None))
            row.customer_since_utc_ms = now
        elif row.customer_since_utc_ms:
            row.customer_since_utc_ms = now


async def _refuse_unknown(rows: AsyncSession, sites: Sequence[SiteFacts]) -> None:
    customers = set(await rows.scalars(select(Customer.id)))
    for one in sites:
        if one.customer is not None and one.customer not in customers:
            raise RefusedError(Refusal.UNKNOWN, f"expected a customer that there is for {one.id}, got another")


def _customer(row: Customer) -> CustomerFacts:
    return CustomerFacts(id=row.id, name=row.name, it_mail=row.it_mail or "", mail_language=row.mail_language)


def _site(row: Site) -> SiteFacts:
    return SiteFacts(
        id=row.id,
        name=row.name[:80],
        customer=row.customer,
        laws=tuple(row.laws.split(",")) if row.laws else (),
        time_zone=row.time_zone,
        rules=msgspec.json.decode(row.rules, type=SiteRules),
        silent_after_min=row.silent_after_min,
    )
