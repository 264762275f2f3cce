"""Keeps the newest policy that the authority signed, and the rotations that lead to its key."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.errors import PeerError, Refusal, RefusedError, UnavailableError
from benchside.protocol.trust.keys import fingerprint, load_ed25519
from benchside.protocol.trust.policy import AuthorityPin, Policy, follow_rotations, read_policy
from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.link import LINK, PolicyOffered
from benchside.server.audit.kind import SERVER, ServerKind
from benchside.server.audit.ledger import Ledger
from benchside.server.bus.contract import Bus, PolicyChanged
from benchside.server.clock import NowUtcMs
from benchside.server.policy.model import InstalledPolicy, InstalledRotation, PinnedAuthority
from benchside.server.store.database import Database

__all__ = ["PolicyKeeper", "pin_authority"]


async def pin_authority(database: Database, spki: bytes) -> None:
    """Remember the authority's public key; done once, when the server is initialised."""
    load_ed25519(spki)
    async with database.write() as rows:
        if await rows.scalar(select(func.count()).select_from(PinnedAuthority)):
            raise UnavailableError("an authority is pinned already and is not replaced")
        rows.add(PinnedAuthority(fingerprint=fingerprint(spki), spki=spki))


class PolicyKeeper:
    """The policy in force, in memory; the database is the truth and `refresh` follows it."""

    def __init__(self, database: Database, ledger: Ledger, bus: Bus, now: NowUtcMs) -> None:
        self._database = database
        self._ledger = ledger
        self._bus = bus
        self._now = now
        self._pin: AuthorityPin | None = None
        self._policy: Policy | None = None
        self._signed = b""
        self._rotations: tuple[bytes, ...] = ()

    @property
    def policy(self) -> Policy | None:
        """The policy in force, or None before the first is installed."""
        return self._policy

    @property
    def authority_key(self) -> bytes:
        """The authority's newest public key."""
        if self._pin is None:
            raise UnavailableError("no authority is pinned; run `benchside admin init` first")
        return self._pin.key

    @property
    def rotation_serial(self) -> int:
        """How many rotations led to the newest key."""
        return len(self._rotations)

    @property
    def version(self) -> int:
        """The version in force; 0 without a policy."""
        return self._policy.version if self._policy else 0

    def offer(self) -> PolicyOffered | None:
        """What an agent is given: the signed policy with all rotations."""
        return PolicyOffered(policy=self._signed, rotations=self._rotations) if self._policy else None

    async def refresh(self) -> bool:
        """Read the database again when another process installed something; True when it did."""
        async with self._database.read() as rows:
            newest = await rows.scalar(select(func.max(InstalledPolicy.version)))
            serial = await rows.scalar(select(func.max(InstalledRotation.serial))) or 0
            if self._pin is not None and (newest or 0) == self.version and serial == len(self._rotations):
                return False
            pinned = await self._pinned(rows)
            rotations = tuple(await rows.scalars(select(InstalledRotation.signed).order_by(InstalledRotation.serial)))
            pin = follow_rotations(AuthorityPin(key=pinned), rotations)
            row = await rows.get(InstalledPolicy, newest) if newest else None
        self._pin, self._rotations = pin, rotations
        if row is not None:
            self._policy, self._signed = read_policy(row.signed, pin, at_least_version=self.version), row.signed
            self._bus.publish(PolicyChanged(row.version))
        return True

    async def held(self, version: int) -> Policy | None:
        """The policy of a version that some PC says it holds; None for one that was never installed here."""
        if version == self.version:
            return self._policy
        async with self._database.read() as rows:
            row = await rows.get(InstalledPolicy, version)
            pinned = await self._pinned(rows)
        for count in range(len(self._rotations), -1, -1):  # signed with the key of its time
            pin = follow_rotations(AuthorityPin(key=pinned), self._rotations[:count])
            try:
                return None if row is None else read_policy(row.signed, pin, at_least_version=version)
            except PeerError:
                continue
        return None

    async def install(self, exported: bytes) -> int:
        """Take what `benchside authority export` wrote; return its version.

        PeerError when it is not signed by the pinned authority or a successor, RefusedError when it is not newer: than
        what was there before, or than what somebody else installed in the same moment.
        """
        offered = LINK.decode(exported)
        if not isinstance(offered, PolicyOffered):
            raise RefusedError(Refusal.NO_POLICY, "expected an exported policy, got another message")
        async with self._database.read() as rows:
            pinned = await self._pinned(rows)
            known = tuple(await rows.scalars(select(InstalledRotation.signed).order_by(InstalledRotation.serial)))
            newest = await rows.scalar(select(func.max(InstalledPolicy.version))) or 0
        if offered.rotations[: len(known)] != known:
            raise RefusedError(Refusal.OLD_POLICY, "expected the rotations that are known and perhaps more, got others")
        pin = follow_rotations(AuthorityPin(key=pinned), offered.rotations)
        policy = read_policy(offered.policy, pin, at_least_version=newest + 1)
        # read first and checked again within: reading a large one takes a second, in which others write
        async with self._database.write() as rows:
            rotations = await rows.scalar(select(func.count()).select_from(InstalledRotation)) or 0
            if rotations != len(known) or (await rows.scalar(select(func.max(InstalledPolicy.version))) or 0) > newest:
                raise _older()
            for serial, signed in enumerate(offered.rotations[len(known) :], start=len(known) + 1):
                rows.add(InstalledRotation(serial=serial, signed=signed))
            rows.add(InstalledPolicy(version=policy.version, signed=offered.policy, installed_utc_ms=self._now()))
            await _flush(rows)
            # nothing is made before the transaction ends; a policy that is refused leaves no word of it
            said = EventDetails(version=str(policy.version))
            await self._ledger.record(SERVER, ServerKind.POLICY_INSTALLED, said)
        await self.refresh()
        return policy.version

    async def _pinned(self, rows: AsyncSession) -> bytes:
        spki: bytes | None = await rows.scalar(select(PinnedAuthority.spki))
        if spki is None:
            raise UnavailableError("no authority is pinned; run `benchside admin init` first")
        return spki


async def _flush(rows: AsyncSession) -> None:
    try:
        await rows.flush()
    except IntegrityError as error:  # two processes at once: the table takes one
        raise _older() from error


def _older() -> RefusedError:
    return RefusedError(
        Refusal.OLD_POLICY, "expected a policy newer than the installed one, got one that came too late"
    )
