"""The signed policy as this program believes it: who may help, and which key signs tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError
from benchside.protocol.trust.admission import Act, Moment, Place, needs_second_eyes, reaches, why_not
from benchside.protocol.trust.keys import fingerprint, load_ed25519
from benchside.protocol.trust.second import SecondFor, check_second
from benchside.protocol.trust.signed import POLICY_PURPOSE, ROTATION_PURPOSE, open_signed, sign
from benchside.protocol.wire.handshake import SecondSaid
from benchside.protocol.wire.ids import Fingerprint
from benchside.protocol.wire.policy import (
    POLICY,
    ROTATION,
    AssociateEntry,
    PolicyPayload,
    RotationPayload,
    SiteEntry,
)

__all__ = [
    "AuthorityPin",
    "Policy",
    "follow_rotations",
    "read_policy",
    "sign_policy",
    "sign_rotation",
]


@dataclass(frozen=True, kw_only=True)
class AuthorityPin:
    """The authority's public key as a PC trusts it, and how many rotations led to it."""

    key: bytes
    rotation_serial: int = 0


@dataclass(frozen=True)
class Policy:
    """A policy whose signature was checked; only `read_policy` makes one."""

    payload: PolicyPayload
    _by_key: dict[Fingerprint, AssociateEntry] = field(repr=False)
    _by_id: dict[str, AssociateEntry] = field(repr=False)
    _sites: dict[str, SiteEntry] = field(repr=False)

    @property
    def version(self) -> int:
        """The version, which only rises."""
        return self.payload.version

    @property
    def ticket_keys(self) -> tuple[bytes, ...]:
        """The only keys whose tickets are believed."""
        return self.payload.ticket_keys

    def associate(self, associate_id: str) -> AssociateEntry | None:
        """Return the entry with this id, expired or not; None when nobody has it."""
        return self._by_id.get(associate_id)

    def site(self, site_id: str) -> SiteEntry | None:
        """Return what is said of a site; None when nothing is."""
        return self._sites.get(site_id)

    def sites_of(self, associate_id: str) -> frozenset[str]:
        """Return the sites that some scope of this associate names: beyond these nothing is for them."""
        entry = self._by_id.get(associate_id)
        return frozenset(one.id for one in self.payload.sites if entry is not None and reaches(entry, one))

    def why_not(self, act: Act, associate_id: str, *, place: Place, now: Moment) -> Refusal | None:
        """Return the first rule by which this associate, whatever the key, may not do `act` at `place` now, or None."""
        if now.utc_ms >= self.payload.expires_utc_ms:
            return Refusal.OLD_POLICY
        entry = self._by_id.get(associate_id)
        if entry is None:
            return Refusal.NOT_IN_POLICY
        return why_not(act, entry, self._sites.get(place.site), place, now)

    def admit(
        self, key: Fingerprint, *, associate_id: str | None, place: Place, now: Moment, act: Act = Act.HELP
    ) -> AssociateEntry:
        """Return who may do `act` at `place` with this key; RefusedError with the first rule that says no.

        `associate_id`: whom the ticket names; must be the key's owner.
        """
        if now.utc_ms >= self.payload.expires_utc_ms:
            raise RefusedError(Refusal.OLD_POLICY, "expected a policy that is in force, got one that ran out")
        entry = self._by_key.get(key)
        if entry is None:
            raise RefusedError(Refusal.NOT_IN_POLICY, "expected a key of the policy, got another")
        if associate_id is not None and entry.id != associate_id:
            raise RefusedError(Refusal.NOT_IN_POLICY, "expected a key of the associate who is named, got another's")
        refusal = self.why_not(act, entry.id, place=place, now=now)
        if refusal is not None:
            raise RefusedError(refusal, f"expected an associate who may {act} there with this key, got {refusal}")
        return entry

    def needs_second_eyes(self, place: Place) -> bool:
        """Whether a session at `place` needs a second associate's agreement."""
        return needs_second_eyes(self._sites.get(place.site), place)

    def check_second(self, said: SecondSaid | None, about: SecondFor, *, place: Place, now: Moment) -> str | None:
        """Return who agreed to a session beside its associate; None where nobody has to.

        RefusedError(SECOND_EYES) when somebody has to, and nobody who may did.
        """
        if not self.needs_second_eyes(place):
            return None
        if said is None:
            raise RefusedError(Refusal.SECOND_EYES, "expected a second associate's agreement, got none")
        key = check_second(said, about, now.utc_ms)
        try:
            return self.admit(key, associate_id=said.associate, place=place, now=now, act=Act.SECOND).id
        except RefusedError as error:
            raise RefusedError(Refusal.SECOND_EYES, f"expected the agreement of one who may: {error}") from error


def read_policy(signed: bytes, pin: AuthorityPin, *, at_least_version: int) -> Policy:
    """Return the policy when the pinned authority signed it and it is no older than `at_least_version`.

    PeerError for a wrong signature or form, RefusedError(OLD_POLICY) for an older version.
    """
    payload = POLICY.decode(open_signed(POLICY_PURPOSE, signed, (pin.key,)))
    if payload.version < at_least_version:
        raise RefusedError(
            Refusal.OLD_POLICY,
            f"expected a policy of version {at_least_version} or newer, got {payload.version}",
        )
    by_key: dict[Fingerprint, AssociateEntry] = {}
    by_id: dict[str, AssociateEntry] = {}
    for entry in payload.associates:
        if entry.id in by_id:
            raise PeerError(PeerFault.MALFORMED, "expected each associate once in a policy, got one twice")
        by_id[entry.id] = entry
        for key in entry.keys:
            if by_key.setdefault(key, entry) is not entry:
                raise PeerError(PeerFault.MALFORMED, "expected each key with one associate, got one key with two")
    sites = {site.id: site for site in payload.sites}
    if len(sites) != len(payload.sites):
        raise PeerError(PeerFault.MALFORMED, "expected each site once in a policy, got one twice")
    for spki in payload.ticket_keys:
        load_ed25519(spki)
    return Policy(payload, by_key, by_id, sites)


def sign_policy(payload: PolicyPayload, key: Ed25519PrivateKey) -> bytes:
    """Return the signed policy as it travels."""
    return sign(POLICY_PURPOSE, POLICY.encode(payload), key)


def sign_rotation(payload: RotationPayload, old_key: Ed25519PrivateKey) -> bytes:
    """Return the statement with which the old authority key names its successor."""
    return sign(ROTATION_PURPOSE, ROTATION.encode(payload), old_key)


def follow_rotations(pin: AuthorityPin, rotations: Sequence[bytes]) -> AuthorityPin:
    """Return the pin after all rotations that come after it, in order; PeerError when one does not fit.

    Rotations up to the pin's serial are passed over unread, so a server may send them all.
    """
    for signed in rotations:
        try:
            payload = ROTATION.decode(open_signed(ROTATION_PURPOSE, signed, (pin.key,)))
        except PeerError:
            if pin.rotation_serial:
                continue  # one from before the pin, signed by a key that is no longer trusted
            raise
        if payload.serial != pin.rotation_serial + 1 or payload.old_key != fingerprint(pin.key):
            raise PeerError(
                PeerFault.OUT_OF_ORDER, f"expected rotation {pin.rotation_serial + 1}, got {payload.serial}"
            )
        load_ed25519(payload.new_key)
        pin = AuthorityPin(key=payload.new_key, rotation_serial=payload.serial)
    return pin
