"""The payload of a policy: who may help whom, signed by the authority, enforced on each PC."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from benchside.protocol.wire.codec import Codec
from benchside.protocol.wire.ids import Fingerprint, SpkiBytes
from benchside.protocol.wire.text import Name, Word
from benchside.protocol.wire.ticket import UtcMs

__all__ = [
    "ANY",
    "MAX_HOURS",
    "NO_RULES",
    "POLICY",
    "ROTATION",
    "AssociateEntry",
    "AssociateRole",
    "Hours",
    "Law",
    "PolicyPayload",
    "Region",
    "RotationPayload",
    "Scope",
    "SiteEntry",
    "SiteRules",
    "Training",
]

ANY = "*"
"""In customers, sites or models only, and only where the authority wrote it: never a default, never for regions."""

Region = Annotated[str, Meta(pattern="^(global|cn)\\Z")]
_Covered = Annotated[str, Meta(min_length=1, max_length=64, pattern="^(\\*|[A-Za-z0-9][A-Za-z0-9 ._:@/+-]*)\\Z")]
Law = Annotated[str, Meta(min_length=1, max_length=32, pattern="^[a-z0-9][a-z0-9-]*\\Z")]
"""A privacy law by its short name in lower case, as `gdpr`, `hipaa` or `pipl`; the organisation chooses the names."""
Minute = Annotated[int, Meta(ge=0, le=1440)]
"""Of the day, at the site's own clock."""


class AssociateRole(StrEnum):
    """What an associate is there for."""

    ENGINEER = "engineer"
    """Sees requests and helps."""
    DISPATCHER = "dispatcher"
    """Sees requests, so that somebody is found to help; never a PC."""


class Training(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A course on a privacy law that an associate has passed, and until when it counts."""

    course: Word
    law: Law
    expires_utc_ms: UtcMs


class Hours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From a minute of the day up to another, on these days; 0 is Monday.  Over midnight takes two."""

    days: Annotated[tuple[Annotated[int, Meta(ge=0, le=6)], ...], Meta(min_length=1, max_length=7)]
    from_minute: Minute
    to_minute: Minute


MAX_HOURS = 21
"""Three times of each day of the week."""


class SiteRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a site asks for beyond the policy's scopes.  Rules of several places all hold, so they only narrow."""

    hours: Annotated[tuple[Hours, ...], Meta(max_length=MAX_HOURS)] = ()
    """When sessions may take place; always when empty."""
    named: Annotated[tuple[Word, ...], Meta(max_length=200)] = ()
    """The associates who may see and help; whoever the scopes cover when empty."""
    second_eyes: bool = False
    """Whether a second associate must have agreed to each session."""


NO_RULES = SiteRules()


class SiteEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lab: whose it is, which privacy laws hold there, and its own rules."""

    id: Word
    customer: Word
    region: Region
    laws: Annotated[tuple[Law, ...], Meta(min_length=1, max_length=8)]
    """An associate needs a valid training for each of them."""
    time_zone: Annotated[str, Meta(min_length=1, max_length=64, pattern="^[A-Za-z0-9_+/-]+\\Z")]
    """By its name in the IANA database: what `hours` means on a server.  The PC goes by its own clock."""
    rules: SiteRules = NO_RULES


class Scope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an associate may work: these models at these sites of these customers."""

    customers: Annotated[tuple[_Covered, ...], Meta(max_length=500)]
    sites: Annotated[tuple[_Covered, ...], Meta(max_length=5000)]
    models: Annotated[tuple[_Covered, ...], Meta(max_length=500)]


class AssociateEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One support engineer.  What a prompt says about a person comes from here and nowhere else."""

    id: Word
    name: Name
    organisation: Name
    keys: Annotated[tuple[Fingerprint, ...], Meta(min_length=1, max_length=8)]
    role: AssociateRole
    trainings: Annotated[tuple[Training, ...], Meta(max_length=32)]
    regions: Annotated[tuple[Region, ...], Meta(max_length=2)]
    scopes: Annotated[tuple[Scope, ...], Meta(max_length=32)]
    """One of them must cover a place whole: two groups' customers and models do not mix."""
    expires_utc_ms: UtcMs


class PolicyPayload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`version` only rises; `ticket_keys` are the only keys whose tickets relay and hosts accept."""

    version: Annotated[int, Meta(ge=1, le=2**53)]
    issued_utc_ms: UtcMs
    expires_utc_ms: UtcMs
    ticket_keys: Annotated[tuple[SpkiBytes, ...], Meta(min_length=1, max_length=8)]
    associates: Annotated[tuple[AssociateEntry, ...], Meta(max_length=20_000)]
    sites: Annotated[tuple[SiteEntry, ...], Meta(max_length=20_000)]


class RotationPayload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The authority hands over to a new key.  Signed by the old key; a PC accepts it once, in order."""

    serial: Annotated[int, Meta(ge=1, le=2**31)]
    old_key: Fingerprint
    new_key: SpkiBytes
    issued_utc_ms: UtcMs


POLICY: Codec[PolicyPayload] = Codec(PolicyPayload, max_bytes=4 * 1024 * 1024 - 256, name="policy")
ROTATION: Codec[RotationPayload] = Codec(RotationPayload, max_bytes=1024, name="rotation")
