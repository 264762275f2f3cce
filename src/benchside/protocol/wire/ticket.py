"""The payload of a ticket: admission of one role to one channel of one session, once, for a minute."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.codec import Codec
from benchside.protocol.wire.ids import Bytes16, Bytes64, Fingerprint
from benchside.protocol.wire.text import Word

__all__ = ["SIGNED", "TICKET", "SignedBytes", "TicketPayload", "UtcMs"]

UtcMs = Annotated[int, Meta(ge=0, le=253_402_300_799_999)]
"""Milliseconds since 1970-01-01 UTC, up to the year 9999."""


class TicketPayload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`serial` is what the relay remembers; `key` the fingerprint of the bearer's identity."""

    version: int
    serial: Bytes16
    relay: Word
    request_id: Bytes16
    device_id: Bytes16
    associate: Word | None
    role: Role
    channel: Channel
    key: Fingerprint
    issued_utc_ms: UtcMs
    expires_utc_ms: UtcMs


class SignedBytes(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A payload exactly as it was signed, and an Ed25519 signature over its purpose and itself."""

    payload: bytes
    signature: Bytes64


TICKET: Codec[TicketPayload] = Codec(TicketPayload, max_bytes=900, name="ticket")
SIGNED: Codec[SignedBytes] = Codec(SignedBytes, max_bytes=4 * 1024 * 1024, name="signed")
"""4 MiB: a policy of some ten thousand associates."""
