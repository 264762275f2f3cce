"""What is written down: kinds of events, and the few details each may carry.

The same event goes into the PC's journal (before it takes effect) and into the server's session log.
Details are an allow-list of short strings: no picture, no keystroke, no code, no free text but the
technician's name and reason, which are personal and encrypted where they rest.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from benchside.protocol.wire.codec import Codec
from benchside.protocol.wire.ids import Bytes16, Bytes32
from benchside.protocol.wire.text import Paragraph
from benchside.protocol.wire.ticket import UtcMs

__all__ = ["DETAILS", "EVENTS", "EventBatch", "EventDetails", "EventKind", "PcEvent"]


class EventKind(StrEnum):
    """Facts, in the past."""

    ENROLLED = "enrolled"
    IT_REVIEW_RECORDED = "it_review_recorded"
    TERMS_ACCEPTED = "terms_accepted"
    POLICY_ACCEPTED = "policy_accepted"
    POLICY_REFUSED = "policy_refused"
    AUTHORITY_ROTATED = "authority_rotated"
    REQUEST_REFUSED = "request_refused"
    REQUEST_OPENED = "request_opened"
    REQUEST_CANCELLED = "request_cancelled"
    REQUEST_CLAIMED = "request_claimed"
    REQUEST_RELEASED = "request_released"
    REQUEST_EXPIRED = "request_expired"
    CODE_MADE = "code_made"
    CODE_DEAD = "code_dead"
    ASSOCIATE_REFUSED = "associate_refused"
    GUESS_COUNTED = "guess_counted"
    GUESS_REFUSED = "guess_refused"
    CODE_ACCEPTED = "code_accepted"
    CODE_WRONG = "code_wrong"
    TICKET_ISSUED = "ticket_issued"
    TICKET_REFUSED = "ticket_refused"
    CAPABILITY_ASKED = "capability_asked"
    CAPABILITY_REFUSED = "capability_refused"
    CAPABILITY_DENIED = "capability_denied"
    CAPABILITY_GRANTED = "capability_granted"
    GRANT_EXTENDED = "grant_extended"
    GRANT_ENDED = "grant_ended"
    SESSION_PAUSED = "session_paused"
    SESSION_RESUMED = "session_resumed"
    LINE_LOST = "line_lost"
    LINE_BACK = "line_back"
    RECORD_FORGED = "record_forged"
    SESSION_ENDED = "session_ended"
    HOST_KILLED = "host_killed"
    CLOCK_WENT_BACK = "clock_went_back"
    COVERS_CHANGED = "covers_changed"
    ASSAY_STARTED = "assay_started"
    ASSAY_ENDED = "assay_ended"
    DEVICE_HELD = "device_held"
    DEVICE_RELEASED = "device_released"
    DEVICE_KEY_CHANGED = "device_key_changed"
    JOURNAL_RESUMED = "journal_resumed"


class EventDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """All that an event may say beside its kind, moment and session."""

    associate: Paragraph | None = None
    second: Paragraph | None = None
    """Who agreed to the session beside the associate, where the site's rules ask for it."""
    technician: Paragraph | None = None
    reason: Paragraph | None = None
    """The technician's own words."""
    instrument: Paragraph | None = None
    capability: Paragraph | None = None
    purpose: Paragraph | None = None
    """The associate's own words."""
    cause: Paragraph | None = None
    """A fixed word: a Refusal, GrantEnd, SessionEnd or PeerFault."""
    scope: Paragraph | None = None
    grant: Paragraph | None = None
    channel: Paragraph | None = None
    epoch: Paragraph | None = None
    version: Paragraph | None = None
    seconds: Paragraph | None = None
    count: Paragraph | None = None
    key: Paragraph | None = None
    """The fingerprint of a public key, hexadecimal."""


class PcEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of the PC's journal as the server gets it; `head` is the journal's chain after it."""

    sequence: Annotated[int, Meta(ge=1, le=2**53)]
    kind: EventKind
    at_utc_ms: UtcMs
    request_id: Bytes16 | None
    details: EventDetails
    head: Bytes32


class EventBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 100 entries in order."""

    events: Annotated[tuple[PcEvent, ...], Meta(min_length=1, max_length=100)]


EVENTS: Codec[EventBatch] = Codec(EventBatch, max_bytes=512 * 1024, name="events")
DETAILS: Codec[EventDetails] = Codec(EventDetails, max_bytes=64 * 1024, name="details")
