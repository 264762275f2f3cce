"""The payload of a policy: who may help whom, signed by the authority, enforced on each PC."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from benchside.protocol.wire.codec import Codec
from benchside.protocol.wire.ids import Fingerprint, SpkiBytes
from benchside.protocol.wire.text import Name, Word
from benchside.protocol.wire.ticket import UtcMs

__all__ = ["ANY", "POLICY", "ROTATION", "AssociateEntry", "PolicyPayload", "Region", "RotationPayload"]

ANY = "*"
"""In models or sites only, and only where the authority wrote it: never a default, never for regions."""

Region = Annotated[str, Meta(pattern="^(global|cn)\\Z")]
_Scope = Annotated[str, Meta(min_length=1, max_length=64, pattern="^(\\*|[A-Za-z0-9][A-Za-z0-9 ._:@/+-]*)\\Z")]


class AssociateEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One support engineer.  What a prompt says about a person comes from here and nowhere else."""

    id: Word
    name: Name
    organisation: Name
    keys: Annotated[tuple[Fingerprint, ...], Meta(min_length=1, max_length=8)]
    regions: Annotated[tuple[Region, ...], Meta(max_length=2)]
    models: Annotated[tuple[_Scope, ...], Meta(max_length=500)]
    sites: Annotated[tuple[_Scope, ...], Meta(max_length=5000)]
    expires_utc_ms: UtcMs


class PolicyPayload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`version` only rises; `ticket_keys` are the only keys whose tickets relay and hosts accept."""

    version: Annotated[int, Meta(ge=1, le=2**53)]
    issued_utc_ms: UtcMs
    expires_utc_ms: UtcMs
    ticket_keys: Annotated[tuple[SpkiBytes, ...], Meta(min_length=1, max_length=8)]
    associates: Annotated[tuple[AssociateEntry, ...], Meta(max_length=20_000)]


class RotationPayload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The authority hands over to a new key.  Signed by the old key; a PC accepts it once, in order."""

    serial: Annotated[int, Meta(ge=1, le=2**31)]
    old_key: Fingerprint
    new_key: SpkiBytes
    issued_utc_ms: UtcMs


POLICY: Codec[PolicyPayload] = Codec(PolicyPayload, max_bytes=4 * 1024 * 1024 - 256, name="policy")
ROTATION: Codec[RotationPayload] = Codec(RotationPayload, max_bytes=1024, name="rotation")
