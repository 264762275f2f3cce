"""Sealing an enrolment to the server's RSA-4096 key, whose fingerprint the token carries, and the answer to it."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust.bytes import lp
from benchside.protocol.trust.derivation import expand
from benchside.protocol.trust.keys import load_rsa_identity, pss_sign, pss_verify
from benchside.protocol.wire.enrolment import (
    ENROLLED,
    SEALED,
    DeviceEnrolled,
    EnrolDevice,
    EnrolmentTaken,
    SealedEnrolment,
)

__all__ = ["open_answer", "open_enrolment", "seal_answer", "seal_enrolment"]

_OAEP = padding.OAEP(mgf=padding.MGF1(SHA256()), algorithm=SHA256(), label=b"benchside/1 enrolment")
_AAD = lp("benchside/1 enrolment content")


def _signed(wrapped_key: bytes, content: bytes) -> bytes:
    return lp("benchside/1 enrolment proof", wrapped_key, content)


def seal_enrolment(
    message: SealedEnrolment,
    *,
    server_key: bytes,
    identity: RSAPrivateKey,
    fresh_key: bytes,
    fresh_nonce: bytes,
) -> EnrolDevice:
    """Return the message that only the server can read (RSA-OAEP around AES-256-GCM).

    `fresh_key` (32 bytes) and `fresh_nonce` (12 bytes) are random and used once.
    """
    wrapped = load_rsa_identity(server_key).encrypt(fresh_key, _OAEP)
    content = fresh_nonce + AESGCM(fresh_key).encrypt(fresh_nonce, SEALED.encode(message), _AAD)
    return EnrolDevice(wrapped_key=wrapped, content=content, proof=pss_sign(identity, _signed(wrapped, content)))


def open_enrolment(message: EnrolDevice, server_private_key: RSAPrivateKey) -> SealedEnrolment:
    """Return the content when it was sealed to this server and its identity's holder sent it; PeerError otherwise."""
    try:
        key = server_private_key.decrypt(message.wrapped_key, _OAEP)
        plain = AESGCM(key).decrypt(message.content[:12], message.content[12:], _AAD)
    except (ValueError, InvalidTag) as error:
        raise PeerError(PeerFault.NOT_AUTHENTIC, "expected an enrolment sealed to this server, got another") from error
    sealed = SEALED.decode(plain)
    pss_verify(load_rsa_identity(sealed.identity_key), message.proof, _signed(message.wrapped_key, message.content))
    return sealed


def seal_answer(
    answer: DeviceEnrolled, *, device_key: bytes, request: EnrolDevice, fresh_nonce: bytes
) -> EnrolmentTaken:
    """Return the answer to `request` as only this device can read it.  `fresh_nonce`: 12 bytes, random, used once."""
    sealed = _answers(device_key).encrypt(fresh_nonce, ENROLLED.encode(answer), _answer_to(request))
    return EnrolmentTaken(content=fresh_nonce + sealed)


def open_answer(message: EnrolmentTaken, *, device_key: bytes, request: EnrolDevice) -> DeviceEnrolled:
    """Return the answer when whoever could open `request` made it for that; PeerError otherwise."""
    try:
        plain = _answers(device_key).decrypt(message.content[:12], message.content[12:], _answer_to(request))
    except InvalidTag as error:
        raise PeerError(
            PeerFault.NOT_AUTHENTIC,
            "expected the answer of the server that the token names, got one that was made or changed on the way; "
            "nothing was stored",
        ) from error
    return ENROLLED.decode(plain)


def _answers(device_key: bytes) -> AESGCM:
    return AESGCM(expand(device_key, "benchside/1 enrolment answer", 32))


def _answer_to(request: EnrolDevice) -> bytes:
    asked = hashlib.sha256(lp(request.wrapped_key, request.content, request.proof)).digest()
    return lp("benchside/1 enrolment answer", asked)
