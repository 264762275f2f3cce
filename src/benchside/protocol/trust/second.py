"""The second associate's agreement to one session: what they sign, and believing it."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from benchside.protocol.errors import PeerError, Refusal, RefusedError
from benchside.protocol.trust.bytes import lp, u64
from benchside.protocol.trust.keys import fingerprint, load_rsa_identity, pss_sign, pss_verify, public_bytes
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.handshake import SecondSaid
from benchside.protocol.wire.ids import Fingerprint

__all__ = ["SECOND_LIFE_MS", "SECOND_SKEW_MS", "SecondFor", "check_second", "say_second", "second_content"]

SECOND_LIFE_MS = 30 * 60_000
"""From the agreement to the right code: the call to the lab lies between them."""
SECOND_SKEW_MS = 120_000
"""How far the clocks of the second's browser and of the PC may differ; nothing is won by agreeing a little early."""


@dataclass(frozen=True, kw_only=True)
class SecondFor:
    """Which session is agreed to: this request of this device, helped by this associate with this key."""

    request_id: bytes
    device_id: bytes
    associate: str
    key: Fingerprint


def second_content(about: SecondFor, second: str, issued_utc_ms: int) -> bytes:
    """Return what the second associate signs."""
    return lp(
        "benchside/1 second",
        u64(VERSION),
        about.request_id,
        about.device_id,
        about.associate,
        about.key,
        second,
        u64(issued_utc_ms),
    )


def say_second(about: SecondFor, second: str, key: RSAPrivateKey, issued_utc_ms: int) -> SecondSaid:
    """Return the agreement as it travels."""
    return SecondSaid(
        associate=second,
        key=public_bytes(key.public_key()),
        issued_utc_ms=issued_utc_ms,
        signature=pss_sign(key, second_content(about, second, issued_utc_ms)),
    )


def check_second(said: SecondSaid, about: SecondFor, now_utc_ms: int) -> Fingerprint:
    """Return the key that agreed to this very session lately; RefusedError(SECOND_EYES) otherwise.

    Whose key it is, and whether they may, is the policy's to say.
    """
    if said.associate == about.associate:
        raise RefusedError(Refusal.SECOND_EYES, "expected another associate's agreement, got one's own")
    if not -SECOND_SKEW_MS <= now_utc_ms - said.issued_utc_ms < SECOND_LIFE_MS:
        raise RefusedError(Refusal.SECOND_EYES, "expected an agreement of the last half hour, got another")
    key = fingerprint(said.key)
    if key == about.key:
        raise RefusedError(Refusal.SECOND_EYES, "expected an agreement by another key, got one by the same")
    try:
        pss_verify(
            load_rsa_identity(said.key), said.signature, second_content(about, said.associate, said.issued_utc_ms)
        )
    except PeerError as error:
        raise RefusedError(Refusal.SECOND_EYES, f"expected an agreement to this session: {error}") from error
    return key
