"""What is known of people and places, as plain values that have been checked; the words are the policy's own."""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.wire.policy import AssociateRole, Law, Scope, SiteRules, Training
from benchside.protocol.wire.text import Name, Word
from benchside.protocol.wire.ticket import UtcMs
from benchside.server.mail.address import ADDRESS, MAX_ADDRESS

__all__ = [
    "MAX_GROUPS",
    "MAX_SILENT_MIN",
    "SILENT_MIN",
    "CustomerFacts",
    "GroupFacts",
    "PersonFacts",
    "SiteFacts",
    "checked",
]

_S = TypeVar("_S", bound=msgspec.Struct)

SILENT_MIN = 15
"""Minutes without a link after which a PC is told of as silent: a restart with updates is over by then."""
MAX_SILENT_MIN = 7 * 24 * 60
"""A week: a PC that may be away for longer is better not told of at all (0)."""
MAX_GROUPS = 32
"""Of one person; the policy has as many scopes."""
_Mail = Annotated[str, Meta(max_length=MAX_ADDRESS, pattern=f"^({ADDRESS})?\\Z")]
"""One address that mail can go to, or nothing."""


class PersonFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person with groups and trainings."""

    id: Word
    name: Name
    organisation: Name
    role: AssociateRole | None
    is_administrator: bool
    officer_of: Word | None
    until_utc_ms: UtcMs | None
    is_active: bool
    groups: Annotated[tuple[Word, ...], Meta(max_length=MAX_GROUPS)]
    trainings: Annotated[tuple[Training, ...], Meta(max_length=32)]


class GroupFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group and where it works."""

    id: Word
    name: Name
    scope: Scope


class CustomerFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer, and whom its IT is told by mail."""

    id: Word
    name: Name
    it_mail: _Mail
    mail_language: Annotated[str, Meta(pattern="^(en|es)\\Z")]


class SiteFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A site as the server keeps it."""

    id: Word
    name: Name
    customer: Word | None
    laws: Annotated[tuple[Law, ...], Meta(max_length=8)]
    time_zone: Annotated[str, Meta(min_length=1, max_length=64, pattern="^[A-Za-z0-9_+/-]+\\Z")]
    rules: SiteRules
    silent_after_min: Annotated[int, Meta(ge=0, le=MAX_SILENT_MIN)] = SILENT_MIN


def checked(given: _S) -> _S:
    """Return `given` when every field keeps its limits; PeerError with the field that does not."""
    try:
        return msgspec.convert(msgspec.to_builtins(given), type=type(given))
    except msgspec.ValidationError as error:
        raise PeerError(PeerFault.MALFORMED, f"expected {type(given).__name__} within its limits: {error}") from error
