"""The links that go out: made, counted against a limit, looked up, and spent once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.server.accounts.sign_ins import CONFIRM_MS
from benchside.server.clock import NowUtcMs
from benchside.server.location.model import LocationLink
from benchside.server.store.database import Database

__all__ = ["LINK_MS", "LinkStanding", "LocationLinks", "NoLink"]

LINK_MS = 10 * 60_000
"""Long enough for a slow mail server and a telephone in another room."""
KEEP_MS = 24 * 3600_000
"""So late somebody who finds the mail the next morning can still say that it was not them."""
PAUSE_MS = 60_000
HOUR_MS = 3600_000
MAX_IN_HOUR = 5
"""Mails of one account, at most one in PAUSE_MS: beyond, somebody who has its password fills its owner's letter box."""


class NoLink(StrEnum):
    """Why a sign-in has no link that is good."""

    EXPIRED = "expired"
    """The one that it had is too old, and the sign-in waits for longer than that."""
    OTHERS = "others"
    """None of its own went out, and some of other sign-ins of the account did before."""
    NO_MAIL = "no_mail"
    """None went out of the account at all: the mail was not taken in."""


@dataclass(frozen=True)
class LinkStanding:
    """Of one sign-in: why it has no link of its own that is good, None when it has, and when another one may go out."""

    why: NoLink | None
    wait_ms: int


class LocationLinks:
    """Only hashes of their tokens rest here."""

    def __init__(self, database: Database, now: NowUtcMs) -> None:
        self._database = database
        self._now = now

    async def make(self, account: str, sign_in: bytes) -> str | None:
        """Return the token of a fresh link for this sign-in, 256 bits; None when the account has had enough mails."""
        token, now = secrets.token_urlsafe(32), self._now()
        async with self._database.write() as rows:
            if await self._wait_ms(rows, account):
                return None
            rows.add(
                LocationLink(token_hash=_hash(token), account=account, sign_in=sign_in, made_utc_ms=now, is_spent=False)
            )
        return token

    async def drop(self, token: str) -> None:
        """Forget a link whose mail did not go out; it counts for nothing."""
        async with self._database.write() as rows:
            await rows.execute(delete(LocationLink).where(LocationLink.token_hash == _hash(token)))

    async def standing(self, account: str, sign_in: bytes) -> LinkStanding:
        """How it stands with the links of a sign-in of this account."""
        async with self._database.read() as rows:
            return LinkStanding(await self._why_none(rows, account, sign_in), await self._wait_ms(rows, account))

    async def _why_none(self, rows: AsyncSession, account: str, sign_in: bytes) -> NoLink | None:
        made = LocationLink.made_utc_ms
        own = (LocationLink.sign_in == sign_in) & ~LocationLink.is_spent
        newest = await rows.scalar(select(made).where(own).order_by(made.desc()).limit(1))
        if newest is not None:
            return None if newest >= self._now() - LINK_MS else NoLink.EXPIRED
        # whatever the limits counted when it began
        others = (LocationLink.account == account) & (made >= self._now() - HOUR_MS - CONFIRM_MS)
        has_others = await rows.scalar(select(made).where(others).limit(1)) is not None
        return NoLink.OTHERS if has_others else NoLink.NO_MAIL

    async def _wait_ms(self, rows: AsyncSession, account: str) -> int:
        """Until the account may be sent another one; 0: now."""
        now = self._now()
        newest = select(LocationLink.made_utc_ms).where(LocationLink.account == account)
        # what a clock that was ahead has made counts for nothing once it is set right, or it would for years
        newest = newest.where(LocationLink.made_utc_ms <= now).order_by(LocationLink.made_utc_ms.desc())
        newest = newest.limit(MAX_IN_HOUR)
        made = list(await rows.scalars(newest))
        within = ((PAUSE_MS, 1), (HOUR_MS, MAX_IN_HOUR))
        return max([0, *(made[most - 1] + period_ms - now for period_ms, most in within if len(made) >= most)])

    async def find(self, token: str) -> LocationLink | None:
        """The link of this token that was made within a day, spent or not."""
        async with self._database.read() as rows:
            row = await rows.get(LocationLink, _hash(token))
        return row if row is not None and self._now() - row.made_utc_ms <= KEEP_MS else None

    def is_good(self, link: LocationLink | None, sign_in: bytes) -> bool:
        """Whether it lets this sign-in in: of this very one, within ten minutes, for the first time."""
        if link is None or link.is_spent or link.sign_in != sign_in:
            return False
        return 0 <= self._now() - link.made_utc_ms <= LINK_MS

    async def spend_within(self, rows: AsyncSession, sign_in: bytes, *, renewed: bytes) -> None:
        """All links of a sign-in are spent; they belong to the one that takes its place (or to none)."""
        which = LocationLink.sign_in == sign_in
        await rows.execute(update(LocationLink).where(which).values(is_spent=True, sign_in=renewed))

    async def forget_old(self) -> None:
        """Delete those that are a day old."""
        async with self._database.write() as rows:
            now, made = self._now(), LocationLink.made_utc_ms
            await rows.execute(delete(LocationLink).where((made < now - KEEP_MS) | (made > now + KEEP_MS)))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
