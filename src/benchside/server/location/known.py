"""Devices and networks that an account was seen with: looked up by hash, bounded, forgotten after half a year."""

from __future__ import annotations

import hmac

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.server.clock import NowUtcMs
from benchside.server.location.model import KnownLocation
from benchside.server.location.visit import Visit, network_of
from benchside.server.store.database import Database

__all__ = ["KNOWN_FOR_MS", "KnownLocations", "forget_locations"]

KNOWN_FOR_MS = 180 * 24 * 3600_000
"""Half a year since it was last seen: a laptop from the cupboard after the holidays is still known."""
MAX_KNOWN = {"browser": 20, "network": 50}
"""Of an account: more browsers than anybody uses, and the networks of somebody who travels to labs every week.  Those
not seen for longest go first."""


async def forget_locations(rows: AsyncSession, account: str) -> None:
    """Within the caller's transaction: everything of this account is new again."""
    await rows.execute(delete(KnownLocation).where(KnownLocation.account == account))


class KnownLocations:
    """Neither addresses nor tokens rest here."""

    def __init__(self, database: Database, lookup: bytes, now: NowUtcMs) -> None:
        """`lookup`: key under which networks are hashed."""
        self._database = database
        self._lookup = lookup
        self._now = now

    async def new_of(self, account: str, visit: Visit) -> list[str]:
        """What of it is new to the account: "browser", "network", both, or nothing."""
        found = {"browser": self._browser(visit.browser), "network": self._network(account, network_of(visit.source))}
        return [kind for kind, value in found.items() if not await self._is_known(account, kind, value)]

    async def is_network_known(self, account: str, source: str) -> bool:
        """Whether the account was seen in the network of this address."""
        return await self._is_known(account, "network", self._network(account, network_of(source)))

    async def see(self, account: str, visit: Visit) -> None:
        """It was seen again now."""
        hashes = (self._browser(visit.browser), self._network(account, network_of(visit.source)))
        async with self._database.write() as rows:
            which = (KnownLocation.account == account) & KnownLocation.hash.in_([one for one in hashes if one])
            await rows.execute(update(KnownLocation).where(which).values(seen_utc_ms=self._now()))

    async def remember_within(
        self, rows: AsyncSession, account: str, *, network: str, before: str, browser: str
    ) -> None:
        """Remember both within the caller's transaction.

        `browser`: the browser's fresh token; what other accounts were seen with under its token `before` goes with it,
        so that a token which somebody else put there is worth nothing afterwards.
        """
        fresh = self._browser(browser)
        if before:
            which = (KnownLocation.kind == "browser") & (KnownLocation.hash == self._browser(before))
            await rows.execute(update(KnownLocation).where(which).values(hash=fresh))
        for kind, value in (("browser", fresh), ("network", self._network(account, network))):
            if value:
                seen = KnownLocation(account=account, kind=kind, hash=value, seen_utc_ms=self._now())
                await rows.merge(seen)
                await rows.flush()
                await self._bound(rows, account, kind)

    async def forget_old(self) -> None:
        """Forget what was not seen for half a year."""
        async with self._database.write() as rows:
            old = KnownLocation.seen_utc_ms < self._now() - KNOWN_FOR_MS
            await rows.execute(delete(KnownLocation).where(old))

    async def _bound(self, rows: AsyncSession, account: str, kind: str) -> None:
        which = (KnownLocation.account == account) & (KnownLocation.kind == kind)
        newest = select(KnownLocation.hash).where(which).order_by(KnownLocation.seen_utc_ms.desc())
        kept = list(await rows.scalars(newest.limit(MAX_KNOWN[kind])))
        await rows.execute(delete(KnownLocation).where(which, KnownLocation.hash.not_in(kept)))

    async def _is_known(self, account: str, kind: str, value: bytes) -> bool:
        async with self._database.read() as rows:
            row = await rows.get(KnownLocation, (account, kind, value))
        return row is not None and self._now() - row.seen_utc_ms <= KNOWN_FOR_MS

    def _browser(self, token: str) -> bytes:
        return hmac.digest(self._lookup, b"browser " + token.encode(), "sha256") if token else b""

    def _network(self, account: str, network: str) -> bytes:
        # with the account in it, nobody sees in the database who shares a network with whom
        return hmac.digest(self._lookup, f"network {account} {network}".encode(), "sha256") if network else b""
