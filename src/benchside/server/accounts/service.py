"""Accounts: made by an operator, used by an associate; sign-in, password and browser key."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.trust.keys import fingerprint, load_rsa_identity
from benchside.protocol.wire.audit import EventDetails
from benchside.server.access.delays import Delays, Subject, account_delay_ms, source_delay_ms
from benchside.server.access.turns import Turns
from benchside.server.accounts.model import Account, SignIn
from benchside.server.accounts.password import MAX_PASSWORD, Passwords, make_initial_password, password_fault
from benchside.server.audit.kind import SERVER, ServerKind, account_stream
from benchside.server.audit.ledger import Ledger
from benchside.server.audit.refusals import Refusals
from benchside.server.bus.contract import Bus, SignInEnded
from benchside.server.clock import NowUtcMs
from benchside.server.store.database import Database

__all__ = ["Accounts", "NewSignIn", "OldPasswordError", "PasswordFaultError", "SignedIn"]

IDLE_MS = 30 * 60_000
"""An unattended browser is signed out after this."""
ABSOLUTE_MS = 12 * 3600_000
"""A working day; then the password again."""
_TOUCH_MS = 60_000
"""The last use is written at most this often."""
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,63}\Z")


class PasswordFaultError(RefusedError):
    """The new password does not meet the rules; `fault` says which."""

    def __init__(self, fault: str) -> None:
        super().__init__(Refusal.CHANGE_PASSWORD, f"expected a password that meets the rules, got one that is {fault}")
        self.fault = fault


class OldPasswordError(RefusedError):
    """The present password was refused; the sign-in with which somebody asked is fine."""

    def __init__(self, refused: RefusedError) -> None:
        super().__init__(refused.reason, str(refused), wait_s=refused.wait_s)


@dataclass(frozen=True)
class SignedIn:
    """Who a request comes from; only `Accounts.check` makes one."""

    account: str
    must_change: bool
    key: bytes | None
    token_hash: bytes


@dataclass(frozen=True)
class NewSignIn:
    """What the browser is given once."""

    token: str
    must_change: bool


class Accounts:
    """All of it on the cloud plane; what happens is written to the session log first."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        refusals: Refusals,
        bus: Bus,
        passwords: Passwords,
        delays: Delays,
        now: NowUtcMs,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._refusals = refusals
        self._bus = bus
        self._passwords = passwords
        self._delays = delays
        self._now = now
        self._turns = Turns()

    async def add(self, account: str) -> str:
        """Make an account; return its initial password, which is kept nowhere."""
        if not _ACCOUNT.match(account):
            raise RefusedError(
                Refusal.NOT_AUTHORISED, "expected an account of 1 to 64 letters, digits and . _ : @ / + -, got another"
            )
        password = make_initial_password()
        stored = await self._passwords.hash(password)
        async with self._database.read() as rows:
            if await rows.get(Account, account) is not None:
                raise RefusedError(Refusal.NOT_AUTHORISED, f"there is an account {account!r} already")
        await self._ledger.record(account_stream(account), ServerKind.ACCOUNT_ADDED, EventDetails(associate=account))
        async with self._database.write() as rows:
            rows.add(
                Account(id=account, password_hash=stored, must_change=True, disabled=False, created_utc_ms=self._now())
            )
        return password

    async def reset(self, account: str) -> str:
        """Give an account a new initial password and enable it; all its sign-ins end."""
        password = make_initial_password()
        stored = await self._passwords.hash(password)
        await self._change_by_operator(account, ServerKind.ACCOUNT_RESET, stored=stored, disabled=False)
        return password

    async def disable(self, account: str) -> None:
        """Shut an account; all its sign-ins end."""
        await self._change_by_operator(account, ServerKind.ACCOUNT_DISABLED, stored=None, disabled=True)

    async def all(self) -> Sequence[Account]:
        """All accounts in the order of their ids."""
        async with self._database.read() as rows:
            return list(await rows.scalars(select(Account).order_by(Account.id)))

    async def sign_in(self, account: str, password: str, source: str) -> NewSignIn:
        """Check a password; RefusedError(SIGN_IN, wait_s) when it is wrong or has to wait.

        `source`: the address that asks.  The answer never tells whether the account exists.
        """
        row = await self._try(account, password, source)
        await self._ledger.record(account_stream(account), ServerKind.SIGNED_IN, EventDetails(associate=account))
        await self._delays.forget(_of_account(account))
        await self._delays.make_known(_of_account_from(account, source))
        async with self._database.write() as rows:
            return NewSignIn(self._open(rows, account), row.must_change)

    async def check(self, token: str) -> SignedIn | None:
        """Return who holds this token, or None when it is unknown, idle for too long, too old or its account shut."""
        token_hash = hashlib.sha256(token.encode()).digest()
        now = self._now()
        async with self._database.read() as rows:
            found = (
                await rows.execute(
                    select(SignIn, Account)
                    .join(Account, Account.id == SignIn.account)
                    .where(SignIn.token_hash == token_hash)
                )
            ).first()
        if found is None:
            return None
        sign_in, account = found
        if account.disabled or now - sign_in.used_utc_ms > IDLE_MS or now - sign_in.opened_utc_ms > ABSOLUTE_MS:
            return None
        return SignedIn(account.id, account.must_change, account.key_fingerprint, token_hash)

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

    async def sign_out(self, signed_in: SignedIn) -> None:
        """End one sign-in."""
        await self._ledger.record(
            account_stream(signed_in.account), ServerKind.SIGNED_OUT, EventDetails(associate=signed_in.account)
        )
        async with self._database.write() as rows:
            await rows.execute(delete(SignIn).where(SignIn.token_hash == signed_in.token_hash))
        self._bus.publish(SignInEnded(signed_in.token_hash))

    async def change_password(self, signed_in: SignedIn, old: str, new: str, source: str) -> str:
        """Set a new password; all sign-ins end and a fresh one begins, whose token is returned.

        OldPasswordError when `old` is wrong (it counts like a wrong sign-in), PasswordFaultError when `new` does not
        meet the rules.
        """
        account = signed_in.account
        try:
            await self._try(account, old, source)
        except RefusedError as refused:
            raise OldPasswordError(refused) from refused
        fault = password_fault(new, account=account, old=old)
        if fault is not None:
            raise PasswordFaultError(fault)
        stored = await self._passwords.hash(new)
        await self._ledger.record(account_stream(account), ServerKind.PASSWORD_CHANGED, EventDetails(associate=account))
        async with self._database.write() as rows:
            changed = await rows.get_one(Account, account)
            changed.password_hash, changed.must_change = stored, False
            ended = await self._end_all(rows, account)
            token = self._open(rows, account)
        self._tell_ended(ended)
        return token

    async def set_key(self, signed_in: SignedIn, spki: bytes) -> bytes:
        """Register the browser's RSA-4096 key in place of an earlier one; return its fingerprint.

        PeerError when it is no such key; RefusedError when another account registered it.
        """
        load_rsa_identity(spki)
        digest = fingerprint(spki)
        async with self._database.read() as rows:
            owner = await rows.scalar(select(Account.id).where(Account.key_fingerprint == digest))
        if owner not in (None, signed_in.account):
            raise RefusedError(Refusal.NOT_AUTHORISED, "expected a key of one's own, got another account's")
        await self._ledger.record(
            account_stream(signed_in.account),
            ServerKind.KEY_REGISTERED,
            EventDetails(associate=signed_in.account, key=digest.hex()),
        )
        async with self._database.write() as rows:
            account = await rows.get_one(Account, signed_in.account)
            account.key_spki, account.key_fingerprint, account.key_set_utc_ms = spki, digest, self._now()
        return digest

    async def key_of(self, account: str) -> bytes | None:
        """The fingerprint of the key that is registered now."""
        async with self._database.read() as rows:
            return await rows.scalar(select(Account.key_fingerprint).where(Account.id == account))

    async def forget_old(self) -> None:
        """Delete sign-ins whose time is over."""
        now = self._now()
        async with self._database.write() as rows:
            await rows.execute(
                delete(SignIn).where((SignIn.used_utc_ms < now - IDLE_MS) | (SignIn.opened_utc_ms < now - ABSOLUTE_MS))
            )

    async def _try(self, account: str, password: str, source: str) -> Account:
        """Return the account that has this password; RefusedError(SIGN_IN, wait_s) when it is wrong or has to wait.

        Counted as wrong before it is looked at, and one at a time for an account and for an address: many tries at
        once, or tries that nobody waits for, get no further than one after the other.
        """
        of_account, of_source = _of_account(account[:256]), Subject("source", source, source_delay_ms)
        async with self._turns.of(of_account, of_source):
            known = _of_account_from(account[:256], source)
            # a stranger's wrong tries must not keep out the owner, who is counted apart where one signed in lately
            subjects = (known if await self._delays.is_known(known) else of_account, of_source)
            wait_ms = await self._delays.wait_ms(subjects)
            if wait_ms:
                raise RefusedError(
                    Refusal.SIGN_IN, "expected a later try, got one within the delay", wait_s=wait_ms / 1000
                )
            counted = await self._delays.count_first(subjects)
            async with self._database.read() as rows:
                row = await rows.get(Account, account)
            stored = None if row is None or row.disabled else row.password_hash
            right = await self._passwords.is_right(stored, password[: MAX_PASSWORD + 1])
            if row is not None and right:
                await self._delays.take_back(counted)
                return row
        await self._refusals.note(
            ServerKind.SIGN_IN_REFUSED,
            source,
            account_stream(account) if row is not None else SERVER,
            EventDetails(associate=account[:64] if row else None),
        )
        raise RefusedError(
            Refusal.SIGN_IN,
            "expected the right account and password",
            wait_s=counted.wait_ms / 1000 if counted.wait_ms else None,
        )

    def _open(self, rows: AsyncSession, account: str) -> str:
        token = secrets.token_urlsafe(32)
        now = self._now()
        rows.add(
            SignIn(
                token_hash=hashlib.sha256(token.encode()).digest(), account=account, opened_utc_ms=now, used_utc_ms=now
            )
        )
        return token

    async def _end_all(self, rows: AsyncSession, account: str) -> list[bytes]:
        ended = list(await rows.scalars(select(SignIn.token_hash).where(SignIn.account == account)))
        await rows.execute(delete(SignIn).where(SignIn.account == account))
        return ended

    def _tell_ended(self, ended: list[bytes]) -> None:
        for token_hash in ended:
            self._bus.publish(SignInEnded(token_hash))

    async def _change_by_operator(self, account: str, kind: ServerKind, *, stored: str | None, disabled: bool) -> None:
        async with self._database.read() as rows:
            if await rows.get(Account, account) is None:
                raise RefusedError(Refusal.NOT_AUTHORISED, f"there is no account {account!r}")
        await self._ledger.record(account_stream(account), kind, EventDetails(associate=account))
        async with self._database.write() as rows:
            row = await rows.get_one(Account, account)
            row.disabled = disabled
            if stored is not None:
                row.password_hash, row.must_change = stored, True
            ended = await self._end_all(rows, account)
        self._tell_ended(ended)


def _of_account(account: str) -> Subject:
    return Subject("account", account.casefold(), account_delay_ms)


def _of_account_from(account: str, source: str) -> Subject:
    # no account has a space in it
    return Subject("account-from", f"{account.casefold()} {source}", account_delay_ms)
