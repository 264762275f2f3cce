"""Browsers that are signed in: however a person proved who they are, this is what is left of it."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.server.accounts.model import Account, SignIn
from benchside.server.bus.contract import Bus, SignInEnded
from benchside.server.clock import NowUtcMs
from benchside.server.sso.model import ProviderSession
from benchside.server.store.database import Database

__all__ = ["ABSOLUTE_MS", "CONFIRM_MS", "IDLE_MS", "SignIns", "SignedIn", "hash_of"]

IDLE_MS = 30 * 60_000
"""An unattended browser is signed out after this."""
ABSOLUTE_MS = 12 * 3600_000
"""A working day; then the proof again."""
CONFIRM_MS = 20 * 60_000
"""A sign-in whose location was not confirmed ends after this: a link that is good for ten minutes, and a second one."""
_TOUCH_MS = 60_000
"""The last use is written at most this often."""


@dataclass(frozen=True)
class SignedIn:
    """Who a request comes from; only `SignIns.check` makes one."""

    account: str
    must_change: bool
    needs_factor: bool
    """The second factor has still to be set up."""
    key: bytes | None
    token_hash: bytes
    proved_utc_ms: int
    """When this person last proved who they are."""
    is_local: bool
    """By a password of this server's, not at the provider."""
    needs_location: bool
    """From a new browser or network, and not confirmed yet: nothing else works before."""


def hash_of(token: str) -> bytes:
    """What rests of a sign-in's token."""
    return hashlib.sha256(token.encode()).digest()


class SignIns:
    """Begins and ends them; the database is the truth, the bus tells open streams."""

    def __init__(self, database: Database, bus: Bus, now: NowUtcMs, *, asks_location: bool) -> None:
        """`asks_location`: each one begins unconfirmed, until its location turns out to be known or is confirmed."""
        self._asks_location = asks_location
        self._database = database
        self._bus = bus
        self._now = now

    def begin(
        self,
        rows: AsyncSession,
        account: str,
        *,
        opened_utc_ms: int | None = None,
        proved_utc_ms: int | None = None,
        is_confirmed: bool = False,
    ) -> str:
        """Begin one within the caller's transaction; return its token, which is kept nowhere but in the browser.

        `opened_utc_ms`: from when it lasts ABSOLUTE_MS at most; `proved_utc_ms`: when the person proved who they are;
        both now unless said otherwise.  `is_confirmed`: it takes the place of one whose location is not in question.
        """
        token, now = secrets.token_urlsafe(32), self._now()
        proved = now if proved_utc_ms is None else proved_utc_ms
        rows.add(
            SignIn(
                token_hash=hash_of(token),
                account=account,
                opened_utc_ms=now if opened_utc_ms is None else opened_utc_ms,
                used_utc_ms=now,
                proved_utc_ms=proved,
                needs_location=self._asks_location and not is_confirmed,
            )
        )
        return token

    async def admit(self, token_hash: bytes) -> None:
        """Its location is known: nothing is asked."""
        async with self._database.write() as rows:
            await rows.execute(update(SignIn).where(SignIn.token_hash == token_hash).values(needs_location=False))

    async def confirm_within(self, rows: AsyncSession, present: SignIn) -> str:
        """A sign-in whose location was just confirmed takes the place of `present`; return its token.

        It stays the provider's where it was.  The caller ends `present` afterwards.
        """
        token = self.begin(rows, present.account, proved_utc_ms=present.proved_utc_ms, is_confirmed=True)
        await rows.flush()
        of_present = ProviderSession.token_hash == present.token_hash
        await rows.execute(update(ProviderSession).where(of_present).values(token_hash=hash_of(token)))
        return token

    async def check(self, token: str) -> SignedIn | None:
        """Return who holds this token, or None when it is unknown, idle for too long, too old or its account shut."""
        token_hash = hash_of(token)
        async with self._database.read() as rows:
            found = (
                await rows.execute(
                    select(SignIn, Account)
                    .join(Account, Account.id == SignIn.account)
                    .where(SignIn.token_hash == token_hash, self._is_valid())
                )
            ).first()
        if found is None:
            return None
        row, account = found
        return SignedIn(
            account.id,
            account.must_change,
            bool(account.password_hash) and account.factor is None,
            account.key_fingerprint,
            token_hash,
            row.proved_utc_ms,
            is_local=bool(account.password_hash),
            needs_location=row.needs_location,
        )

    async def touch(self, signed_in: SignedIn) -> None:
        """Count the sign-in as used now."""
        now = self._now()
        async with self._database.read() as rows:
            row = await rows.get(SignIn, signed_in.token_hash)
            if row is None or now - row.used_utc_ms < _TOUCH_MS:
                return
        async with self._database.write() as rows:
            row = await rows.get(SignIn, signed_in.token_hash)
            if row is not None:
                row.used_utc_ms = now

    async def end(self, which: ColumnElement[bool]) -> int:
        """End all to which this applies; return how many."""
        async with self._database.write() as rows:
            ended = await self.end_within(rows, which)
        self.tell(ended)
        return len(ended)

    async def end_within(self, rows: AsyncSession, which: ColumnElement[bool]) -> list[bytes]:
        """The same within the caller's transaction, who calls `tell` with the result after it."""
        ended = list(await rows.scalars(select(SignIn.token_hash).where(which)))
        await rows.execute(delete(SignIn).where(SignIn.token_hash.in_(ended)))
        return ended

    def tell(self, ended: list[bytes]) -> None:
        """Let the streams of these end."""
        for token_hash in ended:
            self._bus.publish(SignInEnded(token_hash))

    async def are_in(self, accounts: set[str]) -> set[str]:
        """Which of these accounts are signed in anywhere.

        Also unconfirmed: who has moved to another network and proves it anew keeps a running session meanwhile.
        """
        if not accounts:
            return set()
        async with self._database.read() as rows:
            valid = exists().where(SignIn.account == Account.id, self._is_valid())
            return set(await rows.scalars(select(Account.id).where(Account.id.in_(accounts), valid)))

    async def forget_old(self) -> None:
        """Delete those whose time is over."""
        now = self._now()
        async with self._database.write() as rows:
            await rows.execute(
                delete(SignIn).where((SignIn.used_utc_ms < now - IDLE_MS) | (SignIn.opened_utc_ms < now - ABSOLUTE_MS))
            )

    def _is_valid(self) -> ColumnElement[bool]:
        now = self._now()
        in_time = (SignIn.used_utc_ms >= now - IDLE_MS) & (SignIn.opened_utc_ms >= now - ABSOLUTE_MS)
        settled = SignIn.needs_location.is_(False) | (SignIn.opened_utc_ms >= now - CONFIRM_MS)
        return in_time & settled & Account.disabled.is_(False)
