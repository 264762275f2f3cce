"""Looks at where each sign-in comes from, asks for the link where that is new, and confirms, denies or ends it."""

from __future__ import annotations

import datetime
import logging
import secrets
from dataclasses import dataclass

from sqlalchemy import select

from benchside.protocol.errors import Refusal, RefusedError, UnavailableError
from benchside.protocol.wire.audit import EventDetails
from benchside.server.access.delays import Delays, Subject, account_delay_ms, source_delay_ms
from benchside.server.access.turns import Turns
from benchside.server.accounts.addresses import Addresses
from benchside.server.accounts.model import Account, SignIn
from benchside.server.accounts.sign_ins import CONFIRM_MS, SignedIn, SignIns, hash_of
from benchside.server.audit.kind import ServerKind, account_stream
from benchside.server.audit.ledger import Ledger
from benchside.server.audit.refusals import Refusals
from benchside.server.clock import NowUtcMs
from benchside.server.location.known import KnownLocations, forget_locations
from benchside.server.location.links import LINK_MS, LinkStanding, LocationLinks
from benchside.server.location.model import LocationLink, NewLocation
from benchside.server.location.visit import UNKNOWN, Visit, network_of
from benchside.server.mail.address import masked
from benchside.server.mail.outbox import Outbox
from benchside.server.store.database import Database

__all__ = ["DENIAL", "PAGE", "Confirmed", "Locations"]

logger = logging.getLogger(__name__)

PAGE = "/location"
"""The console's page that a link opens.  The token stands behind a #, which browsers tell no server and no proxy."""
DENIAL = "/not-me"
"""The server's own page (http/denial.py), for the owner in any browser."""


@dataclass(frozen=True)
class Confirmed:
    """What the browser is given once: its sign-in's new token, and its own as a known browser."""

    token: str
    browser: str


class Locations:
    """An extra step behind password and second factor, or behind the provider; it takes the place of neither."""

    def __init__(
        self,
        *,
        database: Database,
        known: KnownLocations,
        addresses: Addresses,
        outbox: Outbox,
        sign_ins: SignIns,
        ledger: Ledger,
        refusals: Refusals,
        delays: Delays,
        server_name: str,
        now: NowUtcMs,
    ) -> None:
        self._database = database
        self._known = known
        self._addresses = addresses
        self._outbox = outbox
        self._sign_ins = sign_ins
        self._ledger = ledger
        self._refusals = refusals
        self._delays = delays
        self._server_name = server_name
        self._now = now
        self._links = LocationLinks(database, now)
        self._turns = Turns()

    async def look(self, token: str, visit: Visit) -> bool:
        """Admit a sign-in that just began where browser and network are known, else send a link; True when admitted.

        RefusedError(NO_ADDRESS) where nobody knows to which address: the sign-in is ended.
        """
        token_hash = hash_of(token)
        async with self._database.read() as rows:
            row = await rows.get(SignIn, token_hash)
        if row is None:
            raise RefusedError(Refusal.SIGN_IN, "expected a sign-in, got one that has ended meanwhile")
        account = row.account
        new = await self._known.new_of(account, visit)
        if not new:
            await self._known.see(account, visit)
            await self._sign_ins.admit(token_hash)
            return True
        if await self._addresses.of(account) is None:
            await self._refuse(account, visit.source, Refusal.NO_ADDRESS)
            await self._sign_ins.end(SignIn.token_hash == token_hash)
            raise RefusedError(Refusal.NO_ADDRESS, "expected an account with an address, got one without")
        details = EventDetails(associate=account, scope=" ".join(new))
        await self._ledger.record(account_stream(account), ServerKind.LOCATION_NEW, details)
        network = network_of(visit.source) or UNKNOWN
        async with self._database.write() as rows:
            rows.add(NewLocation(token_hash=token_hash, network=network, family=visit.family))
        await self._send(account, token_hash, visit.language, visit)
        return False

    async def masked_address(self, account: str) -> str:
        """To which address the link goes, for who knows it anyway."""
        return masked(await self._addresses.of(account) or "")

    async def is_network_known(self, account: str, source: str) -> bool:
        """Whether the account was confirmed in the network of this address."""
        return await self._known.is_network_known(account, source)

    async def send_again(self, signed_in: SignedIn, language: str, visit: Visit) -> bool:
        """Send another link, within the limits of an account; whether one went out."""
        if not signed_in.needs_location:
            return False
        return await self._send(signed_in.account, signed_in.token_hash, language, visit)

    async def link_of(self, signed_in: SignedIn) -> LinkStanding:
        """Whether this sign-in has a link of its own that is good, why not, and when another may go out.

        It may have none: those of a sign-in that was given up count for the account too, and let in no other.
        """
        return await self._links.standing(signed_in.account, signed_in.token_hash)

    async def confirm(self, signed_in: SignedIn, token: str, visit: Visit) -> Confirmed:
        """Let this sign-in in by the token of its link; a fresh one takes its place.

        RefusedError(LINK_EXPIRED) when it is not of this sign-in, too old or spent, which counts like a wrong
        password; (WAIT) after too many.
        """
        account, present = signed_in.account, signed_in.token_hash
        subjects = (
            Subject("location-account", account, account_delay_ms),
            Subject("location-source", visit.source, source_delay_ms),
        )
        async with self._turns.of(*subjects):
            await self._wait(*subjects)
            if not self._links.is_good(await self._links.find(token), present):
                await self._delays.count_wrong(subjects)
                await self._refuse(account, visit.source, Refusal.LINK_EXPIRED)
                raise _link_expired()
            details = EventDetails(associate=account)
            await self._ledger.record(account_stream(account), ServerKind.LOCATION_CONFIRMED, details)
            confirmed = await self._renew(account, present, visit)
        for subject in subjects:
            await self._delays.forget(subject)
        return confirmed

    async def deny(self, token: str, source: str) -> None:
        """Whoever has the mail says that it was not them: the sign-in ends, and the operator is told.

        Where it was let in by the link already, all of the account end: it may have been renewed since.
        RefusedError(LINK_EXPIRED) for a token of no mail of the last day, (WAIT) after too many.
        """
        subject = Subject("location-source", source, source_delay_ms)
        async with self._turns.of(subject):
            await self._wait(subject)
            link = await self._links.find(token)
            if link is None:
                await self._delays.count_wrong((subject,))
                raise _link_expired()
        if not link.sign_in:
            return  # said before
        account = link.account
        stream, details = account_stream(account), EventDetails(associate=account)
        await self._ledger.record(stream, ServerKind.LOCATION_DENIED, details)
        logger.warning("a sign-in was denied by the account's owner: `benchside admin account list` says whose")
        async with self._database.write() as rows:
            link = await rows.get_one(LocationLink, link.token_hash)  # as it is now: it may have let somebody in
            which = SignIn.account == account if link.is_spent else SignIn.token_hash == link.sign_in
            ended = await self._sign_ins.end_within(rows, which)
            await self._links.spend_within(rows, link.sign_in, renewed=b"")
            await forget_locations(rows, account)
            (await rows.get_one(Account, account)).denied_utc_ms = self._now()
        self._sign_ins.tell(ended)

    async def expire(self) -> None:
        """End sign-ins that nobody confirmed in time."""
        async with self._database.read() as rows:
            old = SignIn.needs_location.is_(True) & (SignIn.opened_utc_ms < self._now() - CONFIRM_MS)
            found = list(await rows.scalars(select(SignIn).where(old)))
        for one in found:
            details = EventDetails(associate=one.account)
            await self._ledger.record(account_stream(one.account), ServerKind.LOCATION_EXPIRED, details)
            await self._sign_ins.end(SignIn.token_hash == one.token_hash)

    async def forget_old(self) -> None:
        """Delete what was not seen for half a year, and the links of yesterday."""
        await self._known.forget_old()
        await self._links.forget_old()

    async def _renew(self, account: str, present: bytes, visit: Visit) -> Confirmed:
        browser = secrets.token_urlsafe(32)
        async with self._database.write() as rows:
            # looked at once more within: another process may have spent or ended it meanwhile
            row = await rows.get(SignIn, present, with_for_update=True)
            new = await rows.get(NewLocation, present)
            unspent = select(LocationLink.token_hash).where(LocationLink.sign_in == present, ~LocationLink.is_spent)
            if row is None or new is None or (await rows.scalars(unspent)).first() is None:
                raise _link_expired()
            network = "" if new.network == UNKNOWN else new.network  # of the sign-in, as the mail said it
            await self._known.remember_within(rows, account, network=network, before=visit.browser, browser=browser)
            token = await self._sign_ins.confirm_within(rows, row)
            await self._links.spend_within(rows, present, renewed=hash_of(token))
            ended = await self._sign_ins.end_within(rows, SignIn.token_hash == present)
        self._sign_ins.tell(ended)
        return Confirmed(token, browser)

    async def _send(self, account: str, sign_in: bytes, language: str, visit: Visit) -> bool:
        address = await self._addresses.of(account)
        async with self._database.read() as rows:
            row, new = await rows.get(SignIn, sign_in), await rows.get(NewLocation, sign_in)
        token = await self._links.make(account, sign_in) if address and row and new else None
        if token is None or row is None or new is None or address is None:
            return False
        opened = datetime.datetime.fromtimestamp(row.opened_utc_ms / 1000, datetime.UTC)
        values = {
            "server": self._server_name,
            "when": opened.strftime("%Y-%m-%d %H:%M UTC"),
            "browser": new.family,
            "network": new.network,
            "minutes": str(LINK_MS // 60_000),
            "link": f"{visit.home}{PAGE}#{token}",
            "denial": f"{visit.web_url}{DENIAL}#{token}",
        }
        try:
            await self._outbox.put(address, "location", values, language, good_for_ms=LINK_MS)
        except UnavailableError as error:
            logger.warning("a link for a new location was not sent", extra={"why": str(error)})
            await self._links.drop(token)
            return False
        return True

    async def _wait(self, *subjects: Subject) -> None:
        wait_ms = await self._delays.wait_ms(subjects)
        if wait_ms:
            raise RefusedError(Refusal.WAIT, "expected a later try, got one within the delay", wait_s=wait_ms / 1000)

    async def _refuse(self, account: str, source: str, why: Refusal) -> None:
        details = EventDetails(associate=account, cause=why.value)
        await self._refusals.note(ServerKind.SIGN_IN_REFUSED, source, account_stream(account), details)


def _link_expired() -> RefusedError:
    return RefusedError(
        Refusal.LINK_EXPIRED, "expected the fresh link of this browser's sign-in, got another or a spent one"
    )
