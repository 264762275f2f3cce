"""Identifiers as types of their own, and fixed-length byte strings."""

from __future__ import annotations

from typing import Annotated, NewType

from msgspec import Meta

__all__ = [
    "AssociateId",
    "Bytes16",
    "Bytes32",
    "Bytes64",
    "DeviceId",
    "EntryId",
    "Fingerprint",
    "GrantId",
    "InstrumentId",
    "PromptId",
    "RequestId",
    "Signature4096",
    "SiteId",
    "SpkiBytes",
    "TicketBytes",
]

Bytes16 = Annotated[bytes, Meta(min_length=16, max_length=16)]
Bytes32 = Annotated[bytes, Meta(min_length=32, max_length=32)]
Bytes64 = Annotated[bytes, Meta(min_length=64, max_length=64)]

Fingerprint = Bytes32
"""SHA-256 of a public key's SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7)."""
SpkiBytes = Annotated[bytes, Meta(min_length=44, max_length=600)]
"""A SubjectPublicKeyInfo in DER: 44 bytes for Ed25519, 550 for RSA-4096; 600 leaves no room for another form."""
Signature4096 = Annotated[bytes, Meta(min_length=512, max_length=512)]
"""An RSA-4096 signature (RFC 8017 section 8.1)."""
TicketBytes = Annotated[bytes, Meta(min_length=64, max_length=1024)]
"""A signed ticket as it travels; 1024 is three times the longest that the field limits allow in practice."""

RequestId = NewType("RequestId", bytes)
"""16 random bytes that the PC makes; also the identity of the session that follows."""
DeviceId = NewType("DeviceId", bytes)
GrantId = NewType("GrantId", bytes)
AssociateId = NewType("AssociateId", str)
SiteId = NewType("SiteId", str)
InstrumentId = NewType("InstrumentId", str)
PromptId = NewType("PromptId", int)
EntryId = NewType("EntryId", int)
