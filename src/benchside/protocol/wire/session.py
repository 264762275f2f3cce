"""The conversation on `main` once its keys exist: asking, grants and their ends.

    console                                   PC (host)
                                         <-   PcDescribed(...)
    AskCapability(view, purpose)         ->
                                         <-   CapabilityAsked(view)          a prompt is, or will be, open
                                         <-   CapabilityGranted(grant, secret, ...)   or CapabilityRefused
                                              ... a channel of its own carries what was granted ...
    GiveBack(view)                       ->
                                         <-   GrantEnded(grant, reason)
    LeaveSession                         ->
                                         <-   SessionEnded(reason)

Ping and Pong run both ways each second; three seconds without a record is a lost line.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from benchside.protocol.errors import Refusal
from benchside.protocol.wire.capability import Capability, GrantEnd, GrantScope
from benchside.protocol.wire.codec import Codec, Message
from benchside.protocol.wire.ids import Bytes16, Bytes32
from benchside.protocol.wire.text import Line, Name

__all__ = [
    "SESSION",
    "AskCapability",
    "CapabilityAsked",
    "CapabilityGranted",
    "CapabilityRefused",
    "GiveBack",
    "GrantEnded",
    "GrantExtended",
    "InstrumentInfo",
    "LeaveSession",
    "PcDescribed",
    "Ping",
    "Pong",
    "SessionEnd",
    "SessionEnded",
    "SessionMessage",
    "SessionPaused",
]

_Seconds = Annotated[int, Meta(ge=0, le=8 * 3600)]
_Sent = Annotated[int, Meta(ge=0, le=2**53)]


class SessionEnd(StrEnum):
    """The one outcome of a session."""

    STOPPED = "stopped"
    LEFT = "left"
    CANCELLED = "cancelled"
    CODE_EXPIRED = "code_expired"
    LINE_LOST = "line_lost"
    DESK_LOST = "desk_lost"
    INDICATOR_LOST = "indicator_lost"
    HOST_LOST = "host_lost"
    AGENT_LOST = "agent_lost"
    PC_SLEPT = "pc_slept"
    PC_LOCKED = "pc_locked"
    DISPLAY_LOST = "display_lost"
    POLICY_CHANGED = "policy_changed"
    PEER_FAULT = "peer_fault"
    TOO_LONG = "too_long"
    JOURNAL_FAILED = "journal_failed"
    PROGRAM_ERROR = "program_error"
    DEVICE_HELD = "device_held"


class InstrumentInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One instrument of the PC.  A model that nobody knows counts as holding patient data."""

    id: Line
    model: Line
    serial: Line
    patient_data: bool


class AskCapability(Message, frozen=True, kw_only=True, tag="ask"):
    """Please ask the technician for this, for this purpose."""

    capability: Capability
    purpose: Line


class GiveBack(Message, frozen=True, kw_only=True, tag="give_back"):
    """The associate no longer needs it.  Given back before an answer, the question simply vanishes at both ends."""

    capability: Capability


class LeaveSession(Message, frozen=True, kw_only=True, tag="leave"):
    """The associate is done."""


class PcDescribed(Message, frozen=True, kw_only=True, tag="pc"):
    """What the PC is, said once after the handshake.  Hostile text to the console."""

    site: Line
    device: Line
    technician: Name
    instruments: Annotated[tuple[InstrumentInfo, ...], Meta(max_length=16)]
    offered: Annotated[tuple[Capability, ...], Meta(max_length=5)]


class CapabilityAsked(Message, frozen=True, kw_only=True, tag="asked"):
    """The technician is being asked, or will be after the prompt that is open now."""

    capability: Capability
    answer_within_s: _Seconds


class CapabilityGranted(Message, frozen=True, kw_only=True, tag="granted"):
    """The technician said yes.  `secret` is the grant: the channel's keys come from it."""

    capability: Capability
    grant: Bytes16
    secret: Bytes32
    ends_in_s: _Seconds
    scope: GrantScope


class CapabilityRefused(Message, frozen=True, kw_only=True, tag="not_granted"):
    """`again_in_s`: asking again before is refused without a prompt; None: not again in this session."""

    capability: Capability
    reason: Refusal
    again_in_s: _Seconds | None = None


class GrantExtended(Message, frozen=True, kw_only=True, tag="extended"):
    """The technician allowed it for longer."""

    capability: Capability
    grant: Bytes16
    ends_in_s: _Seconds


class GrantEnded(Message, frozen=True, kw_only=True, tag="ended"):
    """The grant's keys are gone on the PC."""

    capability: Capability
    grant: Bytes16
    reason: GrantEnd


class SessionPaused(Message, frozen=True, kw_only=True, tag="paused"):
    """The technician holds picture and input back, or lets them go on; grants keep running out."""

    paused: bool


class SessionEnded(Message, frozen=True, kw_only=True, tag="over"):
    """The session is over; the PC's keys are gone already."""

    reason: SessionEnd


class Ping(Message, frozen=True, kw_only=True, tag="ping"):
    """`sent_ms`: the sender's own clock, given back untouched."""

    sent_ms: _Sent


class Pong(Message, frozen=True, kw_only=True, tag="pong"):
    """Answers a Ping."""

    sent_ms: _Sent


SessionMessage = (
    AskCapability
    | GiveBack
    | LeaveSession
    | PcDescribed
    | CapabilityAsked
    | CapabilityGranted
    | CapabilityRefused
    | GrantExtended
    | GrantEnded
    | SessionPaused
    | SessionEnded
    | Ping
    | Pong
)

SESSION: Codec[SessionMessage] = Codec(SessionMessage, max_bytes=32 * 1024, name="session")
"""32 KiB: PcDescribed with sixteen instruments and every text at its limit in four-byte characters."""
