"""A new device key, made by both ends on an authenticated link: it never travels, and the old key alone cannot tell it.

    agent                              gateway
    NextKeyShare(X25519 share)    ->                       both derive the next key
                                  <-   NextKeyKept(share, proof)   the gateway has stored it beside the old one
    NextKeyProved(proof)          ->                       the agent has stored it
                                  <-   KeyChanged          the old one is worth nothing any more

Until the last step both ends have the old key; from the second on the agent may also prove the next one at a new link.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust.derivation import derive, expand
from benchside.protocol.trust.device import LinkNonces

__all__ = ["SharesOfKey", "next_key", "next_key_proof_agent", "next_key_proof_gateway"]


@dataclass(frozen=True)
class SharesOfKey:
    """Both public shares, 32 bytes each."""

    agent: bytes
    gateway: bytes


def next_key(
    old_key: bytes, nonces: LinkNonces, shares: SharesOfKey, own: X25519PrivateKey, others_share: bytes
) -> bytes:
    """Return the next AES-256 key: HKDF over the shared secret, salted with the old key and bound to this link.

    PeerError for a share that leaves the secret no choice (RFC 7748 section 6.1).
    """
    try:
        secret = own.exchange(X25519PublicKey.from_public_bytes(others_share))
    except ValueError as error:
        raise PeerError(PeerFault.MALFORMED, "expected a share of X25519, got one of small order") from error
    info = nonces.under("benchside/1 next device key") + shares.agent + shares.gateway
    return derive(salt=expand(old_key, "benchside/1 rotation", 32), ikm=secret, info=info, length=32)


def next_key_proof_gateway(key: bytes, nonces: LinkNonces) -> bytes:
    """Return what NextKeyKept carries: the gateway has derived the same key.  Compare with `hmac.compare_digest`."""
    return _proof(key, nonces, "benchside/1 next key gateway")


def next_key_proof_agent(key: bytes, nonces: LinkNonces) -> bytes:
    """Return what NextKeyProved carries: the agent has the key, and has stored it."""
    return _proof(key, nonces, "benchside/1 next key agent")


def _proof(key: bytes, nonces: LinkNonces, label: str) -> bytes:
    return hmac.new(expand(key, "benchside/1 next key", 32), nonces.under(label), hashlib.sha256).digest()
