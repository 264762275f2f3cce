"""Lists of parts as bytes, for hashing and signing."""

from __future__ import annotations

__all__ = ["lp", "u32", "u64"]


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
