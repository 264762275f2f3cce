"""The signed policy as this program believes it: who may help, and which key signs tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError
from benchside.protocol.trust.keys import fingerprint, load_ed25519
from benchside.protocol.trust.signed import POLICY_PURPOSE, ROTATION_PURPOSE, open_signed, sign
from benchside.protocol.wire.ids import Fingerprint
from benchside.protocol.wire.policy import (
    ANY,
    POLICY,
    ROTATION,
    AssociateEntry,
    PolicyPayload,
    RotationPayload,
)

__all__ = [
    "AuthorityPin",
    "Place",
    "Policy",
    "follow_rotations",
    "read_policy",
    "sign_policy",
    "sign_rotation",
]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where help is asked for: the PC's region and site, and the models of its instruments."""

    region: str
    site: str
    models: tuple[str, ...]


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

    def admit(self, key: Fingerprint, *, associate_id: str | None, place: Place, now_utc_ms: int) -> AssociateEntry:
        """Return who may help at `place` with this key; RefusedError with the first rule that says no.

        `associate_id`: whom the ticket names; must be the key's owner.
        """
        if now_utc_ms >= self.payload.expires_utc_ms:
            raise RefusedError(Refusal.OLD_POLICY, "expected a policy that is still valid, got one out of time")
        entry = self._by_key.get(key)
        if entry is None or (associate_id is not None and entry.id != associate_id):
            raise RefusedError(
                Refusal.NOT_IN_POLICY, "expected a key that the policy names for this associate, got another"
            )
        refuse_unless_admitted(entry, place, now_utc_ms)
        return entry


def refuse_unless_admitted(entry: AssociateEntry, place: Place, now_utc_ms: int) -> None:
    """Raise RefusedError unless `entry` covers all of `place` now: time, region, site and every model."""
    if now_utc_ms >= entry.expires_utc_ms:
        raise RefusedError(Refusal.EXPIRED_IN_POLICY, "expected an associate whose entry is valid, got one out of time")
    if place.region not in entry.regions:
        raise RefusedError(Refusal.WRONG_REGION, f"expected an associate for region {place.region}, got one for others")
    if ANY not in entry.sites and place.site not in entry.sites:
        raise RefusedError(Refusal.WRONG_SITE, "expected an associate for this site, got one for others")
    if ANY not in entry.models and (not place.models or any(model not in entry.models for model in place.models)):
        # the whole PC is seen, so each of its instruments must be covered
        raise RefusedError(Refusal.WRONG_MODEL, "expected an associate for every model on this PC, got one for others")


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
    for spki in payload.ticket_keys:
        load_ed25519(spki)
    return Policy(payload, by_key, by_id)


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
