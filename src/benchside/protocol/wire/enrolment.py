"""Enrolment: a PC becomes a device, once, with a token that a person carried to it.

    PC                                            gateway (/v1/enrol)
                                             <-   EnrolmentKey(server key)
    EnrolDevice(sealed)                      ->
                                             <-   EnrolmentTaken(sealed DeviceEnrolled) or EnrolmentRefused

The token holds the fingerprints of server and authority, so the first contact is already authentic:
the PC checks that the server key has the token's fingerprint and seals to it (RSA-OAEP-SHA256 around a
fresh AES-256 key, AES-256-GCM around the content).  The device's own AES-256 key travels inside, and the answer is
sealed under it for that very request (trust/sealing.py): only the server that the token names can have made it.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from benchside.protocol.wire.codec import Codec, Message
from benchside.protocol.wire.ids import Bytes16, Bytes32, Fingerprint, SpkiBytes
from benchside.protocol.wire.policy import Region
from benchside.protocol.wire.session import InstrumentInfo
from benchside.protocol.wire.text import Line, Name, Word
from benchside.protocol.wire.ticket import UtcMs

__all__ = [
    "ENROLLED",
    "ENROLMENT",
    "SEALED",
    "TOKEN",
    "DeviceEnrolled",
    "EnrolDevice",
    "EnrolmentKey",
    "EnrolmentMessage",
    "EnrolmentRefused",
    "EnrolmentTaken",
    "EnrolmentToken",
    "SealedEnrolment",
]


MAX_ANSWER_BYTES = 4 * 1024 * 1024 + 4096
"""The largest policy, and what is said beside it."""


class EnrolmentToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `benchside admin enrolment-token` prints (base64url of this), valid once and until it expires."""

    version: int
    link_url: Line
    server_key: Fingerprint
    authority_key: Fingerprint
    secret: Bytes32
    region: Region
    site: Word
    expires_utc_ms: UtcMs


class EnrolmentKey(Message, frozen=True, kw_only=True, tag="key"):
    """The server's RSA-4096 key for sealing, and the authority's public key; the token names both."""

    version: int
    server_key: SpkiBytes
    authority_key: SpkiBytes


class SealedEnrolment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of EnrolDevice under the server's key."""

    token_secret: Bytes32
    device_key: Bytes32
    identity_key: SpkiBytes
    device: Line
    site_name: Line
    instruments: Annotated[tuple[InstrumentInfo, ...], Meta(min_length=1, max_length=16)]
    registrant: Name
    registrant_email: Line
    region: Region


class EnrolDevice(Message, frozen=True, kw_only=True, tag="enrol"):
    """`wrapped_key`: RSA-OAEP of a fresh AES key; `content`: 12-byte nonce, ciphertext and tag of SealedEnrolment."""

    wrapped_key: Annotated[bytes, Meta(min_length=512, max_length=512)]
    content: Annotated[bytes, Meta(min_length=28, max_length=64 * 1024)]
    proof: Annotated[bytes, Meta(min_length=512, max_length=512)]
    """The new identity's PSS signature over wrapped_key and content: the PC holds the private key."""


class DeviceEnrolled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The PC is a device now: the content of EnrolmentTaken."""

    device_id: Bytes16
    policy: Annotated[bytes, Meta(min_length=64, max_length=4 * 1024 * 1024)] | None
    relay: Word
    relay_url: Line
    phone: Line
    rotation_serial: Annotated[int, Meta(ge=0, le=2**31)] = 0
    """How many rotations led to the authority's key of EnrolmentKey: the PC counts on from there."""


class EnrolmentTaken(Message, frozen=True, kw_only=True, tag="taken"):
    """`content`: 12-byte nonce, ciphertext and tag of DeviceEnrolled under the device's key."""

    content: Annotated[bytes, Meta(min_length=28, max_length=MAX_ANSWER_BYTES + 28)]


class EnrolmentRefused(Message, frozen=True, kw_only=True, tag="refused"):
    """token_unknown, token_used, token_expired, wrong_region, malformed.  Anybody in the line can say it."""

    reason: Word


EnrolmentMessage = EnrolmentKey | EnrolDevice | EnrolmentTaken | EnrolmentRefused

ENROLMENT: Codec[EnrolmentMessage] = Codec(EnrolmentMessage, max_bytes=MAX_ANSWER_BYTES + 128, name="enrolment")
SEALED: Codec[SealedEnrolment] = Codec(SealedEnrolment, max_bytes=32 * 1024, name="sealed-enrolment")
ENROLLED: Codec[DeviceEnrolled] = Codec(DeviceEnrolled, max_bytes=MAX_ANSWER_BYTES, name="enrolled-device")
TOKEN: Codec[EnrolmentToken] = Codec(EnrolmentToken, max_bytes=2048, name="enrolment-token")
