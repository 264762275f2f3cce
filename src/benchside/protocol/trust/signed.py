"""Payloads signed with Ed25519: bytes stay exactly as they were signed, and a purpose is signed with them."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust.bytes import lp
from benchside.protocol.trust.keys import load_ed25519
from benchside.protocol.wire.ticket import SIGNED, SignedBytes

__all__ = ["POLICY_PURPOSE", "ROTATION_PURPOSE", "TICKET_PURPOSE", "open_signed", "sign"]

TICKET_PURPOSE = "benchside/1 ticket"
POLICY_PURPOSE = "benchside/1 policy"
ROTATION_PURPOSE = "benchside/1 rotation"


def sign(purpose: str, payload: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return the signed bytes of `payload` for one purpose; a signature for another purpose never fits."""
    return SIGNED.encode(SignedBytes(payload, key.sign(lp(purpose, payload))))


def open_signed(purpose: str, signed: bytes, public_keys: Iterable[bytes]) -> bytes:
    """Return the payload when one of `public_keys` (SPKI) signed it for `purpose`; PeerError otherwise."""
    envelope = SIGNED.decode(signed)
    content = lp(purpose, envelope.payload)
    for spki in public_keys:
        try:
            load_ed25519(spki).verify(envelope.signature, content)
        except InvalidSignature:
            continue
        return envelope.payload
    raise PeerError(
        PeerFault.WRONG_SIGNATURE,
        f"expected a signature for {purpose!r} by a trusted key, got none that fits",
    )
