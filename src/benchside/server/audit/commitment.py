"""What stands for an event's details: a salted hash that says nothing once salt and details are erased."""

from __future__ import annotations

import hashlib
import hmac

from benchside.protocol.errors import PeerError
from benchside.protocol.wire.audit import DETAILS, EventDetails

__all__ = ["SALT_BYTES", "commit", "details_of", "fits"]

SALT_BYTES = 32
"""As long as the hash: details are often one of a few words, which a shorter salt would not hide for ever."""


def commit(salt: bytes, details: EventDetails) -> tuple[bytes, bytes]:
    """Return (commitment, salted details): SHA-256(salt || canonical details), and what it was made of."""
    salted = salt + DETAILS.encode(details)
    return hashlib.sha256(salted).digest(), salted


def details_of(salted: bytes) -> EventDetails:
    """Return the details; PeerError when they are not in their canonical form."""
    return DETAILS.decode(salted[SALT_BYTES:])


def fits(commitment: bytes, salted: bytes) -> bool:
    """Whether salt and details are those that the commitment was made of, and are details at all."""
    if not hmac.compare_digest(hashlib.sha256(salted).digest(), commitment):
        return False
    try:
        details_of(salted)
    except PeerError:
        return False
    return True
