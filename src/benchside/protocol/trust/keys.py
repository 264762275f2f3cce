"""Public keys: their fingerprints, the forms that are accepted, and RSA-PSS as both ends use it."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.wire.ids import Fingerprint

__all__ = [
    "RSA_BITS",
    "fingerprint",
    "load_ed25519",
    "load_rsa_identity",
    "parse_fingerprint",
    "pss_sign",
    "pss_verify",
    "public_bytes",
    "show_fingerprint",
]

RSA_BITS = 4096
_PSS = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)


def public_bytes(key: RSAPublicKey | Ed25519PublicKey) -> bytes:
    """Return the key as SubjectPublicKeyInfo in DER, the only form that travels."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def fingerprint(spki: bytes) -> Fingerprint:
    """Return SHA-256 of a key's SubjectPublicKeyInfo."""
    return hashlib.sha256(spki).digest()


def show_fingerprint(value: Fingerprint) -> str:
    """Return the fingerprint for people: 16 groups of 4 hexadecimal digits."""
    text = value.hex()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def parse_fingerprint(text: str) -> Fingerprint:
    """Return the fingerprint that a person typed, in any grouping; PeerError when it is none."""
    digits = "".join(character for character in text if character not in " -:\t")
    try:
        value = bytes.fromhex(digits)
    except ValueError:
        value = b""
    if len(value) != 32:
        raise PeerError(
            PeerFault.MALFORMED,
            f"expected a fingerprint of 64 hexadecimal digits, got {len(digits)} characters",
        )
    return value


def load_rsa_identity(spki: bytes) -> RSAPublicKey:
    """Return the RSA-4096 key in `spki`; PeerError for any other kind, size, exponent or encoding."""
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PeerError(PeerFault.WRONG_KEY, "expected a public key in DER, got bytes that are none") from error
    if not isinstance(key, RSAPublicKey) or key.key_size != RSA_BITS or key.public_numbers().e != 65537:
        raise PeerError(PeerFault.WRONG_KEY, "expected an RSA-4096 key with exponent 65537, got another kind of key")
    if public_bytes(key) != spki:
        # one key must not have two fingerprints
        raise PeerError(
            PeerFault.WRONG_KEY,
            "expected the canonical encoding of a public key, got another one of the same key",
        )
    return key


def load_ed25519(spki: bytes) -> Ed25519PublicKey:
    """Return the Ed25519 key in `spki`; PeerError for anything else."""
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PeerError(PeerFault.WRONG_KEY, "expected a public key in DER, got bytes that are none") from error
    if not isinstance(key, Ed25519PublicKey):
        raise PeerError(PeerFault.WRONG_KEY, "expected an Ed25519 key, got another kind of key")
    return key


def pss_sign(key: RSAPrivateKey, content: bytes) -> bytes:
    """Return RSA-PSS over `content`: SHA-256, MGF1-SHA-256, salt of 32 bytes (RFC 8017 section 8.1)."""
    return key.sign(content, _PSS, SHA256())


def pss_verify(key: RSAPublicKey, signature: bytes, content: bytes) -> None:
    """Return when `signature` is right; PeerError otherwise."""
    try:
        key.verify(signature, content, _PSS, SHA256())
    except InvalidSignature as error:
        raise PeerError(PeerFault.WRONG_SIGNATURE, "expected a signature by the named key, got another") from error
