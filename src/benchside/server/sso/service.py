"""Single sign-on: begins an attempt, finishes it, and follows what the provider says afterwards."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError

from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError, UnavailableError
from benchside.protocol.wire.audit import EventDetails
from benchside.server.access.delays import Delays, Subject, source_delay_ms
from benchside.server.accounts.addresses import Addresses
from benchside.server.accounts.model import Account, SignIn
from benchside.server.accounts.service import ACCOUNT
from benchside.server.accounts.sign_ins import ABSOLUTE_MS, SignedIn, SignIns, hash_of
from benchside.server.audit.kind import SERVER, ServerKind, account_stream
from benchside.server.audit.ledger import Ledger
from benchside.server.audit.refusals import Refusals
from benchside.server.clock import NowUtcMs
from benchside.server.mail.address import is_address
from benchside.server.sso.asking import Asking
from benchside.server.sso.attempt import Attempt, make_attempt, open_attempt, seal_attempt
from benchside.server.sso.logouts import MAX_LOGOUTS, Logouts
from benchside.server.sso.model import ProviderIdentity, ProviderSession
from benchside.server.sso.provider import Provider, Signed, Tokens
from benchside.server.store.database import Database
from benchside.server.store.keyring import DataKeys
from benchside.transport.web.package import SSO_CALLBACK

__all__ = ["CALLBACK", "Answer", "Begun", "SingleSignOn"]

CALLBACK = SSO_CALLBACK
PROOF_LATE_S = 120
"""By how much the provider's clock may be behind ours."""


@dataclass(frozen=True)
class Begun:
    """Where the browser goes, and what it keeps meanwhile."""

    url: str
    cookie: str


@dataclass(frozen=True)
class Answer:
    """What the browser brings back from the provider (RFC 6749, 4.1.2; RFC 9207)."""

    state: str
    code: str
    issuer: str | None
    error: str


class SingleSignOn:
    """One provider.  A subject of it is one account, for ever."""

    def __init__(
        self,
        provider: Provider,
        *,
        scope: str,
        account_claim: str,
        addresses: Addresses | None,
        database: Database,
        keys: DataKeys,
        sign_ins: SignIns,
        ledger: Ledger,
        refusals: Refusals,
        delays: Delays,
        now: NowUtcMs,
    ) -> None:
        """`account_claim`: which claim names the account at the first sign-in.

        `addresses`: where the address that the provider vouches for is kept; None when nobody needs it.
        """
        self._addresses = addresses
        self._provider = provider
        self._scope = scope
        self._account_claim = account_claim
        self._database = database
        self._keys = keys
        self._sign_ins = sign_ins
        self._ledger = ledger
        self._refusals = refusals
        self._delays = delays
        self._now = now
        self._asking = Asking(provider, database, lambda which: self._end(which, cause="provider_refused"), now)
        self._logouts = Logouts(database, now)
        self._told: OrderedDict[str, None] = OrderedDict()
        """Ids of logout tokens, so that none counts twice."""

    async def begin(self, redirect_uri: str, *, again: bool, present: SignedIn | None) -> Begun:
        """Begin an attempt, which replaces the sign-in `present`.

        `again`: the provider must ask for a proof even of somebody who is in there already.
        """
        attempt = make_attempt(self._now(), again=again, present=present.token_hash if present else b"")
        query = self._provider.authorization_query(
            redirect_uri=redirect_uri, state=attempt.state, nonce=attempt.nonce, verifier=attempt.verifier
        )
        query["scope"] = self._scope
        prompts = ["login"] if again else []
        if "offline_access" in self._scope.split():
            prompts.append("consent")  # OpenID Connect Core 1.0, section 11: or there is no refresh token
        if prompts:
            query["prompt"] = " ".join(prompts)
        # With it the provider has to say when the proof was given (section 2, auth_time).
        query["max_age"] = "0" if again else str(ABSOLUTE_MS // 1000)
        where = (await self._provider.metadata()).authorization
        joint = "&" if "?" in where else "?"
        return Begun(where + joint + urlencode(query), seal_attempt(attempt, self._keys))

    async def finish(self, answer: Answer, cookie: str, redirect_uri: str, source: str) -> str:
        """Sign the person in; return the token of the new sign-in, which takes the place of the attempt's present one.

        RefusedError(TICKET_EXPIRED) when this browser began no such attempt within ten minutes, (SIGN_IN) when the
        provider or we say no, or it ended that session meanwhile, (NOT_AUTHORISED) when the account is shut or
        another's; PeerError when the provider says what cannot be; UnavailableError.
        """
        subject = Subject("sso-source", source, source_delay_ms)
        wait_ms = await self._delays.wait_ms((subject,))
        if wait_ms:
            raise RefusedError(Refusal.WAIT, "expected a later try, got one within the delay", wait_s=wait_ms / 1000)
        attempt = self._attempt(answer, cookie)  # not counted: any page may send any browser here
        try:
            tokens, signed = await self._ask(answer, attempt, redirect_uri)
            account = await self._account(tokens, signed)
            await self._keep_address(account, tokens, signed)
        except UnavailableError:
            raise
        except (PeerError, RefusedError) as error:
            await self._delays.count_wrong((subject,))
            cause = error.fault.value if isinstance(error, PeerError) else error.reason.value
            await self._refusals.note(ServerKind.SIGN_IN_REFUSED, source, SERVER, EventDetails(cause=cause))
            raise
        await self._delays.forget(subject)
        await self._ledger.record(account_stream(account), ServerKind.SIGNED_IN, EventDetails(associate=account))
        return await self._open(account, tokens, signed, attempt)

    async def logout(self, logout_token: str) -> None:
        """The provider says that a session there, or a person, is out.  PeerError when it is not the provider."""
        subject, sid, token_id = await self._provider.read_logout(logout_token)
        if token_id in self._told:
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected a logout token once, got it again")
        # first: a sign-in that is being opened is either ended below, or looks there when it is open
        await self._logouts.keep(token_id, subject=subject, sid=sid)
        which = select(ProviderSession.token_hash)
        if sid is not None:
            which = which.where(ProviderSession.sid == sid)
        if subject is not None:
            ours = select(ProviderIdentity.account).where(
                ProviderIdentity.issuer == self._provider.issuer, ProviderIdentity.subject == subject
            )
            which = which.join(SignIn, SignIn.token_hash == ProviderSession.token_hash).where(SignIn.account.in_(ours))
        await self._end(SignIn.token_hash.in_(which), cause="provider_logout")
        self._told[token_id] = None  # now: where this failed, the provider tells it again
        while len(self._told) > MAX_LOGOUTS:
            self._told.popitem(last=False)

    async def ask_again(self) -> None:
        """Ask the provider of those who are signed in (`Asking.ask_due`)."""
        await self._asking.ask_due()

    async def forget_old(self) -> None:
        """Delete the log-outs of which nobody can be on the way back any more."""
        await self._logouts.forget_old()

    def _attempt(self, answer: Answer, cookie: str) -> Attempt:
        attempt = open_attempt(cookie, self._keys, self._now())
        if attempt is None or not hmac.compare_digest(attempt.state.encode(), answer.state.encode()):
            raise RefusedError(Refusal.TICKET_EXPIRED, "expected the answer to this browser's attempt, got another")
        return attempt

    async def _ask(self, answer: Answer, attempt: Attempt, redirect_uri: str) -> tuple[Tokens, Signed]:
        metadata = await self._provider.metadata()
        # first, or a mixed-up answer's code would be given to the wrong provider (RFC 9207, 2.4)
        if (answer.issuer is None and metadata.names_itself) or answer.issuer not in (None, self._provider.issuer):
            raise PeerError(PeerFault.NOT_AUTHENTIC, "expected an answer of this issuer, got another's")
        if answer.error or not answer.code:
            raise RefusedError(Refusal.SIGN_IN, "expected a code of the provider, got an error")
        tokens = await self._provider.exchange(answer.code, verifier=attempt.verifier, redirect_uri=redirect_uri)
        signed = await self._provider.read_identity(tokens, nonce=attempt.nonce)
        if attempt.again:
            proved_s = signed.claims.get("auth_time")
            if not isinstance(proved_s, int | float) or proved_s < attempt.begun_utc_ms / 1000 - PROOF_LATE_S:
                raise RefusedError(Refusal.SIGN_IN, "expected a proof of just now, got an older one")
        return tokens, signed

    async def _account(self, tokens: Tokens, signed: Signed) -> str:
        """The account of this subject; made at the first sign-in, when nobody has its name yet."""
        async with self._database.read() as rows:
            identity = await rows.get(ProviderIdentity, (self._provider.issuer, signed.subject))
            row = await rows.get(Account, identity.account) if identity is not None else None
        if row is not None:
            if row.disabled:
                raise RefusedError(Refusal.NOT_AUTHORISED, "expected an account that is open, got one that is shut")
            return row.id
        claims = signed.claims
        if self._account_claim not in claims:
            claims = await self._provider.more_of(signed, tokens)
        account = claims.get(self._account_claim)
        if self._account_claim == "email" and claims.get("email_verified") is not True:
            account = None  # an address that anybody can claim names nobody
        if isinstance(account, str) and "/" in account and ACCOUNT.match(account.replace("/", "-")):
            text = f"expected an account without a slash in the claim {self._account_claim}, got one with"
            raise RefusedError(Refusal.UNKNOWN, text)
        if not isinstance(account, str) or not ACCOUNT.match(account):
            text = f"expected an account in the claim {self._account_claim}, got none that can be one"
            raise RefusedError(Refusal.NOT_AUTHORISED, text)
        async with self._database.read() as rows:
            if await rows.get(Account, account) is not None:
                raise RefusedError(Refusal.NOT_AUTHORISED, "expected an account of this subject, got somebody else's")
        await self._ledger.record(account_stream(account), ServerKind.ACCOUNT_ADDED, EventDetails(associate=account))
        try:
            async with self._database.write() as rows:
                rows.add(
                    Account(id=account, password_hash="", must_change=False, disabled=False, created_utc_ms=self._now())
                )
                await rows.flush()
                rows.add(ProviderIdentity(issuer=self._provider.issuer, subject=signed.subject, account=account))
        except IntegrityError as error:  # the same person in two tabs, or two of one name at the same moment
            raise UnavailableError("expected one first sign-in at a time, got two", retry_after_s=1.0) from error
        return account

    async def _keep_address(self, account: str, tokens: Tokens, signed: Signed) -> None:
        """The provider's word counts more than an older one; where it gives none, the older one stays."""
        if self._addresses is None:
            return
        claims = signed.claims if "email" in signed.claims else await self._provider.more_of(signed, tokens)
        address = claims.get("email")
        if claims.get("email_verified") is True and isinstance(address, str) and is_address(address):
            await self._addresses.set(account, address)

    async def _open(self, account: str, tokens: Tokens, signed: Signed, attempt: Attempt) -> str:
        async with self._database.write() as rows:
            ended = await self._sign_ins.end_within(rows, SignIn.token_hash == bytes.fromhex(attempt.present))
            token = self._sign_ins.begin(rows, account, proved_utc_ms=_proved_utc_ms(signed, self._now()))
            await rows.flush()
            rows.add(
                ProviderSession(
                    token_hash=hash_of(token),
                    sid=signed.sid,
                    refresh_token=tokens.refresh_token,
                    checked_utc_ms=self._now(),
                )
            )
        self._sign_ins.tell(ended)
        # After that transaction and not within it: a log-out, perhaps of another process, is kept before it looks for
        # sign-ins, so whichever of the two comes later sees the other.  Nobody has the token yet.
        if await self._logouts.came_for(signed, since_utc_ms=attempt.begun_utc_ms):
            await self._end(SignIn.token_hash == hash_of(token), cause="provider_logout")
            text = "expected a session that goes on at the provider, got one that ended there meanwhile"
            raise RefusedError(Refusal.SIGN_IN, text)
        return token

    async def _end(self, which: ColumnElement[bool], *, cause: str) -> None:
        async with self._database.read() as rows:
            accounts = set(await rows.scalars(select(SignIn.account).where(which)))
        for account in accounts:
            details = EventDetails(associate=account, cause=cause)
            await self._ledger.record(account_stream(account), ServerKind.SIGNED_OUT, details)
        while await self._sign_ins.end(which):
            pass  # until there are none: one may have taken the place of another between look and end


def _proved_utc_ms(signed: Signed, now_utc_ms: int) -> int:
    """When the provider last saw a proof (`auth_time`), not when it was asked: its own session may be old."""
    proved_s = signed.claims.get("auth_time")
    return min(now_utc_ms, int(proved_s * 1000)) if isinstance(proved_s, int | float) and 0 < proved_s < 1e12 else 0
