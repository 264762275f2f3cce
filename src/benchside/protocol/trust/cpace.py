"""CPACE-X25519-SHA512 (draft-irtf-cfrg-cpace), over the X25519 of `cryptography`.

The map to the curve works on Python integers and is not constant in time.  It runs once a run on the machine
that shows the code, over a hash of the code and fresh nonces, so what a clock could learn is worth nothing
after that run (docs/adr/0001-our-own-cpace.md).
"""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from benchside.protocol.errors import PeerError, PeerFault

__all__ = ["SCALAR_BYTES", "generator", "intermediate_session_key", "share", "shared_point"]

SCALAR_BYTES = 32

_PRIME = 2**255 - 19
_A = 486662
"""Curve25519's Montgomery coefficient (RFC 7748 section 4.1)."""
_NON_SQUARE = 2
"""Elligator 2's Z for this curve (RFC 9380 section 8.5)."""
_DSI = b"CPace255"
_DSI_ISK = b"CPace255_ISK"
_SHA512_BLOCK_BYTES = 128


def _prepend_length(data: bytes) -> bytes:
    """LEB128 length, then the data (draft section 3.1, prepend_len)."""
    length, out = len(data), bytearray()
    while length > 127:
        out.append(length & 127 | 128)
        length >>= 7
    out.append(length)
    return bytes(out) + data


def _lv_cat(*parts: bytes) -> bytes:
    return b"".join(_prepend_length(part) for part in parts)


def _elligator2(r: int) -> int:
    """Return the u coordinate that Elligator 2 maps `r` to (RFC 9380 section 6.7.1, u only)."""
    v = -_A * pow(1 + _NON_SQUARE * r * r, _PRIME - 2, _PRIME) % _PRIME
    right = (v * v * v + _A * v * v + v) % _PRIME
    is_square = pow(right, (_PRIME - 1) // 2, _PRIME) in (0, 1)
    return v if is_square else (-v - _A) % _PRIME


def generator(prs: bytes, *, channel_id: bytes, session_id: bytes) -> bytes:
    """Return the secret generator for this password, channel and session: 32 bytes (draft section 7.2)."""
    padding = max(0, _SHA512_BLOCK_BYTES - 1 - len(_prepend_length(prs)) - len(_prepend_length(_DSI)))
    text = _lv_cat(_DSI, prs, bytes(padding), channel_id, session_id)
    field = int.from_bytes(hashlib.sha512(text).digest()[:32], "little") & (2**255 - 1)
    return _elligator2(field % _PRIME).to_bytes(32, "little")


def share(scalar: bytes, base: bytes) -> bytes:
    """Return this side's public share: X25519 of its 32 random bytes and the generator."""
    return shared_point(scalar, base)


def shared_point(scalar: bytes, point: bytes) -> bytes:
    """Return X25519(scalar, point), 32 bytes (draft section 7.2, scalar_mult_vfy).

    PeerError when the result is the neutral element, and when the point is not the one canonical encoding of its
    u coordinate (RFC 7748 section 5 would mask it): an honest share always is.
    """
    if int.from_bytes(point, "little") >= _PRIME:
        raise PeerError(PeerFault.WRONG_KEY, "expected a canonical point, got another encoding")
    try:
        result = X25519PrivateKey.from_private_bytes(scalar).exchange(X25519PublicKey.from_public_bytes(point))
    except ValueError as error:
        raise PeerError(PeerFault.WRONG_KEY, "expected a point of high order, got an invalid one") from error
    if result == bytes(32):
        raise PeerError(PeerFault.WRONG_KEY, "expected a point of high order, got an invalid one")
    return result


def intermediate_session_key(
    point: bytes, *, session_id: bytes, initiator: tuple[bytes, bytes], responder: tuple[bytes, bytes]
) -> bytes:
    """Return the ISK, 64 bytes, in initiator-responder order; each side is (share, associated data)."""
    text = _lv_cat(_DSI_ISK, session_id, point) + _lv_cat(*initiator) + _lv_cat(*responder)
    return hashlib.sha512(text).digest()
