"""HKDF as this protocol uses it.

Apart from `bytes`: whoever only hashes, as the notifier, need not load a library for keys, which takes 5 MB.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from benchside.protocol.trust.bytes import lp

__all__ = ["derive", "expand"]


def derive(*, salt: bytes, ikm: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA512, extract and expand (RFC 5869)."""
    return HKDF(algorithm=SHA512(), length=length, salt=salt, info=info).derive(ikm)


def expand(key: bytes, label: str, length: int) -> bytes:
    """HKDF-Expand with SHA-512 (RFC 5869 section 2.3) and a label alone as info."""
    return HKDFExpand(algorithm=SHA512(), length=length, info=lp(label)).derive(key)
