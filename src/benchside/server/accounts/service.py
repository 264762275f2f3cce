"""Accounts: made by an operator, used by an associate; sign-in, password and browser key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.trust.keys import fingerprint, load_rsa_identity
from benchside.protocol.wire.audit import EventDetails
from benchside.server.access.delays import Delays, Subject, account_delay_ms, source_delay_ms
from benchside.server.access.turns import Turns
from benchside.server.accounts.factor import Offer, make_secret, offer_of, right_step
from benchside.server.accounts.key_mails import KeyMails
from benchside.server.accounts.model import Account, SignIn
from benchside.server.accounts.password import MAX_PASSWORD, Passwords, make_initial_password, password_fault
from benchside.server.accounts.sign_ins import SignedIn, SignIns, hash_of
from benchside.server.audit.kind import SERVER, ServerKind, account_stream
from benchside.server.audit.ledger import Ledger
from benchside.server.audit.refusals import Refusals
from benchside.server.clock import NowUtcMs
from benchside.server.location.known import forget_locations
from benchside.server.location.visit import Visit
from benchside.server.store.database import Database

__all__ = ["ACCOUNT", "Accounts", "NewSignIn", "OldPasswordError", "PasswordFaultError"]

ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,63}\Z")
"""Of a new one.  Those of before may have slashes, which are not to be mistaken for parts of a path."""


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
class NewSignIn:
    """What the browser is given once."""

    token: str
    must_change: bool
    needs_factor: bool


class Accounts:
    """All of it on the cloud plane; what happens is written to the session log first."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        refusals: Refusals,
        sign_ins: SignIns,
        passwords: Passwords,
        delays: Delays,
        now: NowUtcMs,
        key_mails: KeyMails | None = None,
    ) -> None:
        """`key_mails`: None where no mail goes out."""
        self._database = database
        self._ledger = ledger
        self._refusals = refusals
        self._sign_ins = sign_ins
        self._passwords = passwords
        self._delays = delays
        self._now = now
        self._key_mails = key_mails
        self._turns = Turns()

    async def add(self, account: str) -> str:
        """Make an account; return its initial password, which is kept nowhere."""
        if not ACCOUNT.match(account):
            raise RefusedError(
                Refusal.NOT_AUTHORISED, "expected an account of 1 to 64 letters, digits and . _ : @ + -, got another"
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
        """Give an account a new initial password and enable it; all its sign-ins end.

        RefusedError for one of a provider: a password would make it another person's.
        """
        async with self._database.read() as rows:
            row = await rows.get(Account, account)
        if row is not None and not row.password_hash:
            raise RefusedError(Refusal.NOT_AUTHORISED, f"{account!r} signs in at the provider and has no password here")
        password = make_initial_password()
        stored = await self._passwords.hash(password)
        await self._change_by_operator(account, ServerKind.ACCOUNT_RESET, stored=stored, disabled=False)
        return password

    async def enable(self, account: str) -> None:
        """Open an account again that was shut."""
        await self._change_by_operator(account, ServerKind.ACCOUNT_ENABLED, stored=None, disabled=False)

    async def disable(self, account: str) -> None:
        """Shut an account; all its sign-ins end."""
        await self._change_by_operator(account, ServerKind.ACCOUNT_DISABLED, stored=None, disabled=True)

    async def all(self) -> Sequence[Account]:
        """All accounts in the order of their ids."""
        async with self._database.read() as rows:
            return list(await rows.scalars(select(Account).order_by(Account.id)))

    async def sign_in(self, account: str, password: str, source: str, code: str = "") -> NewSignIn:
        """Check password and code; RefusedError(SIGN_IN, wait_s) when they are wrong or have to wait.

        RefusedError(SECOND_FACTOR): the password is right and a code is wanted beside it.  `source`: the address that
        asks.  Without the password the answer never tells whether the account exists.
        """
        row = await self._try(account, password, source, code)
        await self._ledger.record(account_stream(account), ServerKind.SIGNED_IN, EventDetails(associate=account))
        await self._delays.forget(_of_account(account))
        await self._delays.make_known(_of_account_from(account, source))
        async with self._database.write() as rows:
            return NewSignIn(self._sign_ins.begin(rows, account), row.must_change, row.factor is None)

    async def sign_out(self, signed_in: SignedIn) -> None:
        """End one sign-in."""
        await self._ledger.record(
            account_stream(signed_in.account), ServerKind.SIGNED_OUT, EventDetails(associate=signed_in.account)
        )
        await self._sign_ins.end(SignIn.token_hash == signed_in.token_hash)

    async def change_password(self, signed_in: SignedIn, old: str, new: str, source: str) -> str:
        """Set a new password; all sign-ins end and a fresh one begins, whose token is returned.

        OldPasswordError when `old` is wrong (it counts like a wrong sign-in), PasswordFaultError when `new` does not
        meet the rules.
        """
        account = signed_in.account
        try:
            await self._try(account, old, source, None)
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
            present = await rows.get(SignIn, signed_in.token_hash)
            if present is None:
                raise RefusedError(Refusal.SIGN_IN, "expected a sign-in, got one that has ended meanwhile")
            # the password alone is no whole proof: it makes no older one younger, and no sign-in last longer
            token = self._sign_ins.begin(
                rows,
                account,
                opened_utc_ms=present.opened_utc_ms,
                proved_utc_ms=present.proved_utc_ms,
                is_confirmed=not present.needs_location,
            )
            fresh = SignIn.token_hash == hash_of(token)
            ended = await self._sign_ins.end_within(rows, (SignIn.account == account) & ~fresh)
        self._sign_ins.tell(ended)
        return token

    async def offer_factor(self, signed_in: SignedIn, server_name: str) -> Offer:
        """Return a fresh secret for the application; RefusedError when the account has one already."""
        secret = make_secret()
        async with self._database.write() as rows:
            row = await rows.get_one(Account, signed_in.account)
            if row.factor is not None or not row.password_hash:
                text = "expected an account without a second factor, got one that has it or needs none"
                raise RefusedError(Refusal.NOT_AUTHORISED, text)
            row.factor_offered = secret
        return offer_of(secret, account=signed_in.account, server_name=server_name)

    async def set_factor(self, signed_in: SignedIn, code: str, source: str) -> str:
        """Take the secret that was offered once its first code comes; all sign-ins end, a fresh one begins.

        RefusedError(SECOND_FACTOR) when the code is not of the secret; it counts like a wrong sign-in.
        """
        account = signed_in.account
        subjects = (_of_account(account), Subject("source", source, source_delay_ms))
        async with self._turns.of(*subjects):
            wait_ms = await self._delays.wait_ms(subjects)
            if wait_ms:
                raise RefusedError(
                    Refusal.WAIT, "expected a later try, got one within the delay", wait_s=wait_ms / 1000
                )
            async with self._database.read() as rows:
                row = await rows.get_one(Account, account)
            step = right_step(row.factor_offered, code, self._now(), 0) if row.factor_offered else None
            if step is None or row.factor is not None:
                await self._delays.count_wrong(subjects)
                raise RefusedError(Refusal.SECOND_FACTOR, "expected a code of the secret that was offered, got another")
        await self._ledger.record(account_stream(account), ServerKind.FACTOR_SET, EventDetails(associate=account))
        async with self._database.write() as rows:
            changed = await rows.get_one(Account, account, with_for_update=True)
            if changed.factor is not None or changed.factor_offered != row.factor_offered:
                text = "expected the secret that the code is of, got another meanwhile"
                raise RefusedError(Refusal.SECOND_FACTOR, text)
            changed.factor, changed.factor_offered, changed.factor_step = row.factor_offered, None, step
            ended = await self._sign_ins.end_within(rows, SignIn.account == account)
            token = self._sign_ins.begin(rows, account, is_confirmed=not signed_in.needs_location)
        self._sign_ins.tell(ended)
        return token

    async def confirm(self, signed_in: SignedIn, password: str, code: str, source: str) -> str:
        """Prove once more who sits there: a fresh sign-in takes the place of this one, its token is returned.

        OldPasswordError when password or code is wrong; it counts like a wrong sign-in.
        """
        account = signed_in.account
        try:
            await self._try(account, password, source, code)
        except RefusedError as refused:
            raise OldPasswordError(refused) from refused
        await self._ledger.record(account_stream(account), ServerKind.SIGNED_IN, EventDetails(associate=account))
        async with self._database.write() as rows:
            ended = await self._sign_ins.end_within(rows, SignIn.token_hash == signed_in.token_hash)
            token = self._sign_ins.begin(rows, account)
        self._sign_ins.tell(ended)
        return token

    async def set_key(self, signed_in: SignedIn, spki: bytes, visit: Visit) -> bytes:
        """Register the browser's RSA-4096 key in place of the one that `signed_in` knew of; return its fingerprint.

        The owner is told by mail when it takes another's place: for that the caller asked for a fresh proof.
        PeerError when it is no such key; RefusedError when another account registered it, or this one another since.
        """
        load_rsa_identity(spki)
        account, digest = signed_in.account, fingerprint(spki)
        async with self._database.write() as rows:
            owner = await rows.scalar(select(Account.id).where(Account.key_fingerprint == digest))
            if owner not in (None, account):
                raise _another_accounts_key()
            row = await rows.get_one(Account, account, with_for_update=True)
            before = row.key_fingerprint
            if before not in (signed_in.key, digest):
                raise RefusedError(Refusal.CHANGED, "expected the key that there was just now, got another since")
            row.key_spki, row.key_fingerprint, row.key_set_utc_ms = spki, digest, self._now()
            try:
                await rows.flush()
            except IntegrityError as error:  # two processes at once: the table takes one
                raise _another_accounts_key() from error
            # nothing is made before the transaction ends; a key that is refused leaves no word of it
            is_replaced = before not in (None, digest)
            details = EventDetails(associate=account, key=digest.hex(), cause="replaced" if is_replaced else None)
            await self._ledger.record(account_stream(account), ServerKind.KEY_REGISTERED, details)
        if is_replaced and self._key_mails is not None:
            await self._key_mails.replaced(account, digest, visit, self._now())
        return digest

    async def spki_of(self, account: str) -> bytes | None:
        """The key that is registered now (SubjectPublicKeyInfo)."""
        async with self._database.read() as rows:
            return await rows.scalar(select(Account.key_spki).where(Account.id == account))

    async def key_of(self, account: str) -> bytes | None:
        """The fingerprint of the key that is registered now."""
        async with self._database.read() as rows:
            return await rows.scalar(select(Account.key_fingerprint).where(Account.id == account))

    async def _try(self, account: str, password: str, source: str, code: str | None) -> Account:
        """Return the account that has this password; RefusedError(SIGN_IN, wait_s) when it is wrong or has to wait.

        `code`: of the second factor, where the account has one; None where the password alone is asked.

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
            stored = None if row is None or row.disabled else row.password_hash or None  # none at the provider's
            right = await self._passwords.is_right(stored, password[: MAX_PASSWORD + 1])
            if row is not None and right:
                step = self._factor_step(row, code)
                if step is not None:
                    await self._delays.take_back(counted)
                    await self._use_up(row, step)
                    return row
                if not code:
                    await self._delays.take_back(counted)
                    raise RefusedError(Refusal.SECOND_FACTOR, "expected a code beside the password, got none")
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

    def _factor_step(self, row: Account, code: str | None) -> int | None:
        """The step whose code this is, 0 where none is asked for; None when it is wrong or missing."""
        if row.factor is None or code is None:
            return 0
        return right_step(row.factor, code, self._now(), row.factor_step)

    async def _use_up(self, row: Account, step: int) -> None:
        if step:
            async with self._database.write() as rows:
                (await rows.get_one(Account, row.id)).factor_step = step

    async def _change_by_operator(self, account: str, kind: ServerKind, *, stored: str | None, disabled: bool) -> None:
        async with self._database.read() as rows:
            if await rows.get(Account, account) is None:
                raise RefusedError(Refusal.NOT_AUTHORISED, f"there is no account {account!r}")
        await self._ledger.record(account_stream(account), kind, EventDetails(associate=account))
        async with self._database.write() as rows:
            row = await rows.get_one(Account, account)
            row.disabled, row.denied_utc_ms = disabled, None
            if kind is not ServerKind.ACCOUNT_ENABLED:
                await forget_locations(rows, account)  # whoever was let in before has to use a link again
            if stored is not None:
                row.password_hash, row.must_change = stored, True
                row.factor = row.factor_offered = None
            ended = await self._sign_ins.end_within(rows, SignIn.account == account)
        self._sign_ins.tell(ended)


def _another_accounts_key() -> RefusedError:
    return RefusedError(Refusal.NOT_AUTHORISED, "expected a key of one's own, got another account's")


def _of_account(account: str) -> Subject:
    return Subject("account", account.casefold(), account_delay_ms)


def _of_account_from(account: str, source: str) -> Subject:
    # no account has a space in it
    return Subject("account-from", f"{account.casefold()} {source}", account_delay_ms)
