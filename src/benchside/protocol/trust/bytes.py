"""Lists of parts as bytes for hashing and signing, and HKDF as this protocol uses it."""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

__all__ = ["derive", "expand", "lp", "u32", "u64"]


def lp(*parts: bytes | str) -> bytes:
    """Return the parts, each after its length as 4 bytes big endian, so that no two lists read the same."""
    out = bytearray()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        out += len(data).to_bytes(4, "big") + data
    return bytes(out)


def u32(value: int) -> bytes:
    """Return `value` as 4 bytes, big endian."""
    return value.to_bytes(4, "big")


def u64(value: int) -> bytes:
    """Return `value` as 8 bytes, big endian."""
    return value.to_bytes(8, "big")


def derive(*, salt: bytes, ikm: bytes, info: bytes, length: int) -> bytes:
    """HKDF-SHA512, extract and expand (RFC 5869)."""
    return HKDF(algorithm=SHA512(), length=length, salt=salt, info=info).derive(ikm)


def expand(key: bytes, label: str, length: int) -> bytes:
    """HKDF-Expand with SHA-512 (RFC 5869 section 2.3) and a label alone as info."""
    return HKDFExpand(algorithm=SHA512(), length=length, info=lp(label)).derive(key)
