"""The register of sites, models and devices, and the one-time tokens that make a PC a device."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.trust.admission import Place
from benchside.protocol.trust.keys import fingerprint
from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.enrolment import SealedEnrolment
from benchside.protocol.wire.link import Described
from benchside.protocol.wire.session import InstrumentInfo
from benchside.protocol.wire.text import clean
from benchside.server.audit.kind import OPERATOR, SERVER, ServerKind, device_stream
from benchside.server.audit.ledger import Ledger
from benchside.server.clock import NowUtcMs
from benchside.server.enrolment.model import Device, Instrument, KnownModel, Site, Token
from benchside.server.identity.model import DeviceChain
from benchside.server.store.database import Database

__all__ = ["DeviceFacts", "EnrolmentFault", "EnrolmentFaultError", "InstrumentFacts", "Register"]

MAX_TOKENS_SHOWN = 500
"""The newest; a vendor that rolls out faster than that makes tokens by command."""
MAX_TOKEN_HOURS = 30 * 24
"""A token is carried by a person to a PC; a month covers holidays."""

_SITE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,63}\Z")


class EnrolmentFault(StrEnum):
    """Why an enrolment is refused: the words of EnrolmentRefused."""

    TOKEN_UNKNOWN = "token_unknown"  # noqa: S105 - a reason
    TOKEN_USED = "token_used"  # noqa: S105 - a reason
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a reason
    WRONG_REGION = "wrong_region"
    MALFORMED = "malformed"


class EnrolmentFaultError(Exception):
    """An enrolment was refused."""

    def __init__(self, fault: EnrolmentFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True)
class InstrumentFacts:
    """An instrument as the server counts it."""

    id: str
    model: str
    serial: str
    patient_data: bool


@dataclass(frozen=True)
class DeviceFacts:
    """A device as the other parts of the server see it; its keys beside the fingerprint stay in the store."""

    id: bytes
    name: str
    site: str
    site_name: str
    region: str
    identity: bytes
    instruments: tuple[InstrumentFacts, ...]
    has_it_review: bool
    has_terms: bool
    is_held: bool = False
    is_revoked: bool = False

    @property
    def place(self) -> Place:
        """Where an associate must be allowed to help."""
        return Place(region=self.region, site=self.site, models=tuple(one.model for one in self.instruments))


class Register:
    """Writes the cloud plane; what happens is written to the session log first."""

    def __init__(self, database: Database, ledger: Ledger, region: str, now: NowUtcMs) -> None:
        self._database = database
        self._ledger = ledger
        self._region = region
        self._now = now

    async def add_site(self, site: str, name: str) -> None:
        """Add a lab; RefusedError when its id or name could not travel."""
        if not _SITE.match(site) or not name or name != clean(name, 200):
            raise RefusedError(
                Refusal.WRONG_SITE,
                "expected a site of 1 to 64 letters, digits and . _ : @ / + - and a name of one line, got others",
            )
        async with self._database.write() as rows:
            if await rows.get(Site, site) is not None:
                raise RefusedError(Refusal.WRONG_SITE, f"there is a site {site!r} already")
            rows.add(Site(id=site, name=name, created_utc_ms=self._now()))

    async def sites(self) -> Sequence[Site]:
        """All sites."""
        async with self._database.read() as rows:
            return list(await rows.scalars(select(Site).order_by(Site.id)))

    async def add_model(self, model: str, *, patient_data: bool, by: str = OPERATOR) -> None:
        """Say what is known of a model; again to change it.  Counts from a device's next description on."""
        if not model or model != clean(model, 200):
            raise RefusedError(Refusal.WRONG_MODEL, "expected a model of one line of at most 200 characters")
        details = EventDetails(associate=by, scope=model)
        await self._ledger.record(SERVER, ServerKind.MODEL_CHANGED, details)
        async with self._database.write() as rows:
            await rows.merge(KnownModel(model=model, patient_data=patient_data))

    async def models(self) -> Sequence[KnownModel]:
        """All known models."""
        async with self._database.read() as rows:
            return list(await rows.scalars(select(KnownModel).order_by(KnownModel.model)))

    async def make_token(self, site: str, hours: float, *, by: str = OPERATOR) -> tuple[bytes, int]:
        """Return the secret of a fresh one-time token, which is kept as a hash only, and when it expires."""
        if not 0 < hours <= MAX_TOKEN_HOURS:
            raise RefusedError(Refusal.NOT_AUTHORISED, f"expected more than 0 and at most {MAX_TOKEN_HOURS} hours")
        secret = os.urandom(32)
        expires = self._now() + int(hours * 3600_000)
        async with self._database.read() as rows:
            if await rows.get(Site, site) is None:
                raise RefusedError(
                    Refusal.WRONG_SITE, f"there is no site {site!r}; add it with `benchside admin site add`"
                )
        await self._ledger.record(SERVER, ServerKind.TOKEN_MADE, EventDetails(associate=by, scope=site))
        async with self._database.write() as rows:
            rows.add(
                Token(
                    secret_hash=hashlib.sha256(secret).digest(),
                    site=site,
                    created_utc_ms=self._now(),
                    expires_utc_ms=expires,
                )
            )
        return secret, expires

    async def tokens(self) -> Sequence[Token]:
        """Tokens that are not forgotten yet, the newest first."""
        async with self._database.read() as rows:
            return list(await rows.scalars(select(Token).order_by(Token.created_utc_ms.desc()).limit(MAX_TOKENS_SHOWN)))

    async def revoke_token(self, secret_hash: bytes, *, by: str) -> None:
        """Let a token be worth nothing; nothing happens when it was used, or there is none."""
        async with self._database.write() as rows:
            token = await rows.get(Token, secret_hash)
            if token is None or token.used_utc_ms is not None:
                return
            details = EventDetails(associate=by, scope=token.site)
            await self._ledger.record(SERVER, ServerKind.TOKEN_REVOKED, details)
            token.expires_utc_ms = min(token.expires_utc_ms, self._now())

    async def enrol(self, sealed: SealedEnrolment) -> DeviceFacts:
        """Make the PC a device and spend its token; EnrolmentFaultError when that cannot be.

        A PC whose answer was lost may ask again and is the device that it was made, until it was linked.
        """
        if sealed.region != self._region:
            raise EnrolmentFaultError(EnrolmentFault.WRONG_REGION)
        identity = fingerprint(sealed.identity_key)
        async with self._database.write() as rows:
            token = await rows.get(Token, hashlib.sha256(sealed.token_secret).digest())
            if token is None:
                raise EnrolmentFaultError(EnrolmentFault.TOKEN_UNKNOWN)
            row = await rows.scalar(select(Device).where(Device.identity_fingerprint == identity))
            if token.used_utc_ms is None:
                device_id = await self._spend(rows, token, sealed, identity, is_known=row is not None)
            elif row is not None and await _asks_again(rows, row, sealed):
                device_id = row.id
            else:
                raise EnrolmentFaultError(EnrolmentFault.TOKEN_USED)
        facts = await self.device(device_id)
        if facts is None:
            raise EnrolmentFaultError(EnrolmentFault.MALFORMED)
        return facts

    async def _spend(
        self, rows: AsyncSession, token: Token, sealed: SealedEnrolment, identity: bytes, *, is_known: bool
    ) -> bytes:
        now, device_id = self._now(), os.urandom(16)
        if now >= token.expires_utc_ms:
            raise EnrolmentFaultError(EnrolmentFault.TOKEN_EXPIRED)
        if is_known:
            raise EnrolmentFaultError(EnrolmentFault.MALFORMED)  # an identity is made for one enrolment
        # the log belongs to the other plane: written within this transaction, so before what it tells
        await self._ledger.record(
            device_stream(device_id), ServerKind.DEVICE_ENROLLED, EventDetails(scope=token.site, key=identity.hex())
        )
        token.used_utc_ms = now
        rows.add(
            Device(
                id=device_id,
                site=token.site,
                region=self._region,
                name=sealed.device,
                device_key=sealed.device_key,
                identity_spki=sealed.identity_key,
                identity_fingerprint=identity,
                registrant=sealed.registrant,
                registrant_email=sealed.registrant_email,
                enrolled_utc_ms=now,
                policy_version=0,
            )
        )
        await rows.flush()
        await self._write_instruments(rows, device_id, sealed.instruments)
        return device_id

    async def device_key(self, device_id: bytes) -> bytes | None:
        """The AES-256 key of a device that is enrolled and not revoked."""
        async with self._database.read() as rows:
            row = await rows.get(Device, device_id)
            return row.device_key if row is not None and row.revoked_utc_ms is None else None

    async def device(self, device_id: bytes) -> DeviceFacts | None:
        """What is known of a device."""
        return (await self.facts_of((device_id,))).get(device_id)

    async def facts_of(self, device_ids: Collection[bytes]) -> dict[bytes, DeviceFacts]:
        """What is known of some devices, in as many statements as of one; its sealed columns are not opened."""
        columns = (
            *(Device.id, Device.name, Device.site, Site.name.label("site_name"), Device.region),
            *(Device.identity_fingerprint, Device.it_review_utc_ms, Device.terms_version, Device.revoked_utc_ms),
            DeviceChain.hold,
        )
        query = select(*columns).join(Site, Site.id == Device.site)
        query = query.outerjoin(DeviceChain, DeviceChain.device_id == Device.id).where(Device.id.in_(device_ids))
        of_them = select(Instrument).where(Instrument.device_id.in_(device_ids)).order_by(Instrument.position)
        instruments: dict[bytes, list[InstrumentFacts]] = defaultdict(list)
        async with self._database.read() as rows:
            for one in await rows.scalars(of_them):
                facts = InstrumentFacts(one.id, one.model, one.serial, one.patient_data)
                instruments[one.device_id].append(facts)
            return {
                one.id: DeviceFacts(
                    id=one.id,
                    name=one.name,
                    site=one.site,
                    site_name=one.site_name,
                    region=one.region,
                    identity=one.identity_fingerprint,
                    instruments=tuple(instruments[one.id]),
                    has_it_review=one.it_review_utc_ms is not None,
                    has_terms=one.terms_version is not None,
                    is_held=one.hold is not None,
                    is_revoked=one.revoked_utc_ms is not None,
                )
                for one in await rows.execute(query)
            }

    async def devices(self) -> Sequence[Device]:
        """All devices, newest first."""
        async with self._database.read() as rows:
            return list(await rows.scalars(select(Device).order_by(Device.enrolled_utc_ms.desc())))

    async def devices_of(self, customer: str, device_id: bytes | None = None) -> Sequence[Device]:
        """The devices at a customer's sites, newest first; or the one of them with this id."""
        which = [Site.customer == customer, *([Device.id == device_id] if device_id is not None else [])]
        query = select(Device).join(Site, Site.id == Device.site).where(*which)
        async with self._database.read() as rows:
            return list(await rows.scalars(query.order_by(Device.enrolled_utc_ms.desc())))

    async def describe(self, device_id: bytes, said: Described) -> None:
        """Keep what a PC says of itself; its site and region stay what its enrolment made them."""
        async with self._database.write() as rows:
            row = await rows.get_one(Device, device_id)
            row.name = said.device or row.name
            row.software = said.software
            row.policy_version = said.policy_version
            row.it_review_utc_ms = said.it_review_utc_ms
            row.terms_version = said.terms_version or None
            if said.instruments:
                row.instruments.clear()
                await rows.flush()
                await self._write_instruments(rows, device_id, said.instruments)

    async def revoke(self, device_id: bytes, *, by: str = OPERATOR) -> None:
        """Let a device in no more; the gateway ends its link and what is open of it within a second or two."""
        await self._ledger.record(device_stream(device_id), ServerKind.DEVICE_REVOKED, EventDetails(associate=by))
        async with self._database.write() as rows:
            await rows.execute(update(Device).where(Device.id == device_id).values(revoked_utc_ms=self._now()))

    async def forget_old_tokens(self) -> None:
        """Delete tokens a month after they expired; until then the right reason can be given."""
        async with self._database.write() as rows:
            await rows.execute(delete(Token).where(Token.expires_utc_ms < self._now() - MAX_TOKEN_HOURS * 3600_000))

    async def _write_instruments(self, rows: AsyncSession, device_id: bytes, said: Sequence[InstrumentInfo]) -> None:
        known = {
            row.model: row.patient_data
            for row in await rows.scalars(select(KnownModel).where(KnownModel.model.in_([one.model for one in said])))
        }
        for position, one in enumerate(said):
            rows.add(
                Instrument(
                    device_id=device_id,
                    position=position,
                    id=one.id,
                    model=one.model,
                    serial=one.serial,
                    # a model nobody knows counts as holding patient data; a PC can only make it stricter
                    patient_data=known.get(one.model, True) or one.patient_data,
                )
            )


async def _asks_again(rows: AsyncSession, row: Device, sealed: SealedEnrolment) -> bool:
    """Whether it is the device that it was made, and has not been linked: then the answer to it was lost."""
    if row.revoked_utc_ms is not None or await rows.get(DeviceChain, row.id) is not None:
        return False
    return hmac.compare_digest(row.device_key, sealed.device_key)
