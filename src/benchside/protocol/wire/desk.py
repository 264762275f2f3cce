"""The local socket between the agent and a desk: what the technician sees and does.

Frames are a length (4 bytes, big endian) and one message.  The agent checks who calls (SO_PEERCRED, or
the pipe's client on Windows) before it reads; one desk per log-in.  A session belongs to the desk
connection that asked for it: when that connection ends, or is silent for a second while somebody views
or controls, the session ends.

    desk                                          agent
    DeskHello(locale, display)               ->
                                             <-   DeskWelcome(...), LinkShown(...), RequestShown(idle)
    OpenRequest(technician, reason)          ->
                                             <-   RequestShown(opening), CodeShown(code)
                                             <-   RequestShown(queued | claimed | ...)
                                             <-   PromptShown(id, capability, associate, ...)
    AnswerPrompt(id, allow, scope)           ->
                                             <-   PromptClosed(id), SessionShown(grants ...)
    StopSession                              ->
                                             <-   SessionOver(outcome)
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from benchside.protocol.errors import Refusal
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.capability import Capability, GrantScope, MonitorInfo, WindowInfo
from benchside.protocol.wire.carrier import CarrierMessage
from benchside.protocol.wire.codec import Codec, Message
from benchside.protocol.wire.condition import ConditionTold
from benchside.protocol.wire.cover import MAX_HAND_COVERS, MAX_SHOWN_COVERS, CoverShown, DesktopBox
from benchside.protocol.wire.ids import Bytes16
from benchside.protocol.wire.session import InstrumentInfo, SessionEnd
from benchside.protocol.wire.text import Line, Name, Paragraph
from benchside.protocol.wire.ticket import UtcMs

__all__ = [
    "DESK",
    "DESK_VERSION",
    "AnswerPrompt",
    "AssayShown",
    "AssayTold",
    "AssociateShown",
    "BoxInWindow",
    "CancelRequest",
    "CodeGone",
    "CodeShown",
    "CoversShown",
    "CoversWanted",
    "DeskAlive",
    "DeskHello",
    "DeskMessage",
    "DeskRefused",
    "DeskWelcome",
    "GrantShown",
    "HistoryEvent",
    "HistoryShown",
    "HistoryWanted",
    "IndicatorGone",
    "IndicatorShown",
    "LinkShown",
    "NewCode",
    "OpenRequest",
    "PromptClosed",
    "PromptKind",
    "PromptShown",
    "RequestPhase",
    "RequestShown",
    "RevokeGrant",
    "SessionOver",
    "SessionPast",
    "SessionShown",
    "SetAssay",
    "SetCovers",
    "SetPaused",
    "StopSession",
]

DESK_VERSION = 1

_Seconds = Annotated[int, Meta(ge=0, le=86_400)]
_PromptId = Annotated[int, Meta(ge=1, le=2**53)]


class RequestPhase(StrEnum):
    """Where a request stands, as the technician sees it."""

    IDLE = "idle"
    OPENING = "opening"
    """Not yet at the server; the code is valid already."""
    QUEUED = "queued"
    CLAIMED = "claimed"
    """An associate took it and will ask for the code."""
    CHECKING = "checking"
    """An associate typed a code; it is being checked."""
    IN_SESSION = "in_session"
    LINE_LOST = "line_lost"
    """In session, without contact; it comes back within a minute or ends."""


class PromptKind(StrEnum):
    """What a prompt asks."""

    GRANT = "grant"
    EXTEND = "extend"
    STILL_THERE = "still_there"


class AssociateShown(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An associate, and who agreed beside them where the site asks for one, as the policy, and only it, knows them."""

    name: Name
    organisation: Name
    second: Name | None = None


class GrantShown(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A grant that runs now."""

    capability: Capability
    ends_in_s: _Seconds
    scope: GrantScope


class BoxInWindow(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A rectangle in native pixels of a window; right and bottom lie just outside."""

    left: Annotated[int, Meta(ge=0, le=32767)]
    top: Annotated[int, Meta(ge=0, le=32767)]
    right: Annotated[int, Meta(ge=1, le=32767)]
    bottom: Annotated[int, Meta(ge=1, le=32767)]


class DeskHello(Message, frozen=True, kw_only=True, tag="hello"):
    """`display`: DISPLAY, XAUTHORITY, XDG_RUNTIME_DIR and the like, for the host; other names are dropped."""

    version: int
    locale: Annotated[str, Meta(pattern="^[a-z]{2}(_[A-Z]{2})?\\Z")]
    display: Annotated[
        dict[Annotated[str, Meta(max_length=32)], Annotated[str, Meta(max_length=512)]], Meta(max_length=12)
    ]


class DeskWelcome(Message, frozen=True, kw_only=True, tag="welcome"):
    """The PC as the agent knows it.  `missing`: the gates that are still closed, in the order to open them.

    `number`: what tells this PC from a copy of its disk, while it is held.
    """

    version: int
    site: Line
    device: Line
    phone: Line
    instruments: Annotated[tuple[InstrumentInfo, ...], Meta(max_length=16)]
    missing: Annotated[tuple[Refusal, ...], Meta(max_length=8)]
    number: Line = ""


class DeskRefused(Message, frozen=True, kw_only=True, tag="refused"):
    """What was asked last is refused; `wait_s` when asking later can help."""

    reason: Refusal
    wait_s: _Seconds | None = None


class LinkShown(Message, frozen=True, kw_only=True, tag="link"):
    """Whether the server is reached; `since_s`: for how long it has been so."""

    online: bool
    since_s: Annotated[int, Meta(ge=0, le=2**31)]


class OpenRequest(Message, frozen=True, kw_only=True, tag="open_request"):
    """Request help.  The reason must not hold a patient's name; the window says so.

    `condition`: what is wrong, where the technician asks for help with a notice.
    """

    technician: Name
    reason: Annotated[Paragraph, Meta(min_length=1)]
    instrument: Line
    condition: ConditionTold | None = None


class CancelRequest(Message, frozen=True, kw_only=True, tag="cancel_request"):
    """The technician no longer needs help; nobody is connected yet."""


class RequestShown(Message, frozen=True, kw_only=True, tag="request"):
    """The request's phase; `associate` once the policy knows who claimed it."""

    phase: RequestPhase
    request_id: Bytes16 | None = None
    associate: AssociateShown | None = None
    waiting_s: _Seconds = 0


class NewCode(Message, frozen=True, kw_only=True, tag="new_code"):
    """The technician wants another code (the last is dead or out of time).  Only this makes one."""


class CodeShown(Message, frozen=True, kw_only=True, tag="code"):
    """The code: 13 characters (12 and the check character), not grouped.  The desk alone shows and spells it."""

    code: Annotated[str, Meta(min_length=13, max_length=13, pattern="^[0-9A-HJKMNP-TV-Z*~$=U]{13}\\Z")]
    ends_in_s: _Seconds
    attempts_left: Annotated[int, Meta(ge=0, le=3)]
    warned: bool
    """More than ten wrong attempts today: the window says so."""


class CodeGone(Message, frozen=True, kw_only=True, tag="code_gone"):
    """The code is dead: used up by wrong attempts, out of time, or used (then a session began)."""

    reason: Annotated[str, Meta(pattern="^(used|wrong|expired|ended)\\Z")]


class PromptShown(Message, frozen=True, kw_only=True, tag="prompt"):
    """Ask the technician.  `monitors` and `windows`: what may be chosen for `view`; windows' titles stay here.

    `paste`: this lab lets the technician also allow pasting text, with `control`.
    """

    prompt: _PromptId
    kind: PromptKind
    capability: Capability
    associate: AssociateShown
    purpose: Line
    monitors: Annotated[tuple[MonitorInfo, ...], Meta(max_length=16)] = ()
    windows: Annotated[tuple[WindowInfo, ...], Meta(max_length=64)] = ()
    paste: bool = False
    silence_s: _Seconds
    grant_s: _Seconds


class AnswerPrompt(Message, frozen=True, kw_only=True, tag="answer"):
    """The technician's answer to the prompt that is open now; any other id is ignored and logged."""

    prompt: _PromptId
    allow: bool
    scope: GrantScope = GrantScope()


class PromptClosed(Message, frozen=True, kw_only=True, tag="prompt_closed"):
    """The prompt must vanish: answered, silence, given back, or the session's end."""

    prompt: _PromptId


class SessionShown(Message, frozen=True, kw_only=True, tag="session"):
    """What the indicator shows; sent at each change."""

    associate: AssociateShown
    grants: Annotated[tuple[GrantShown, ...], Meta(max_length=5)]
    paused: bool
    line_lost: bool


class SessionOver(Message, frozen=True, kw_only=True, tag="over"):
    """The session's outcome; keys and pictures are gone already."""

    outcome: SessionEnd


class StopSession(Message, frozen=True, kw_only=True, tag="stop"):
    """End everything now."""


class SetPaused(Message, frozen=True, kw_only=True, tag="set_paused"):
    """Hold picture and input back, both at once, or let them go on."""

    paused: bool


class RevokeGrant(Message, frozen=True, kw_only=True, tag="revoke"):
    """End this grant now."""

    capability: Capability


class SetCovers(Message, frozen=True, kw_only=True, tag="set_covers"):
    """All that the technician covers by hand from now on, in place of what was before."""

    areas: Annotated[tuple[DesktopBox, ...], Meta(max_length=MAX_HAND_COVERS)]


class CoversWanted(Message, frozen=True, kw_only=True, tag="covers_wanted"):
    """Show what is covered now; answered by CoversShown while there is a request."""


class CoversShown(Message, frozen=True, kw_only=True, tag="covers"):
    """What is covered now; said when it changes too."""

    covers: Annotated[tuple[CoverShown, ...], Meta(max_length=MAX_SHOWN_COVERS)]


class SetAssay(Message, frozen=True, kw_only=True, tag="set_assay"):
    """The technician says whether a run is in progress on the instrument."""

    running: bool


class AssayShown(Message, frozen=True, kw_only=True, tag="assay"):
    """Whether a run is flagged, whoever flagged it: on entering, and at each change."""

    running: bool


class AssayTold(Message, frozen=True, kw_only=True, tag="assay_told"):
    """A program's only message, in place of DeskHello: a run has begun or ended.  Answered by AssayShown."""

    version: int
    running: bool


class IndicatorShown(Message, frozen=True, kw_only=True, tag="indicator"):
    """The indicator's native window is up; the host watches that it stays visible."""

    window: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    stop: BoxInWindow | None = None
    """Where its Stop button is; no part of that may be covered."""


class IndicatorGone(Message, frozen=True, kw_only=True, tag="indicator_gone"):
    """The desk takes the indicator down (nobody views or controls any more)."""


class DeskAlive(Message, frozen=True, kw_only=True, tag="alive"):
    """From the desk's window thread every 200 ms while a session runs, every 5 s otherwise."""


class HistoryWanted(Message, frozen=True, kw_only=True, tag="history_wanted"):
    """Earlier sessions, newest first; `before`: older than this journal sequence."""

    before: Annotated[int, Meta(ge=1, le=2**53)] | None = None


class HistoryEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the PC's journal."""

    sequence: Annotated[int, Meta(ge=1, le=2**53)]
    kind: EventKind
    at_utc_ms: UtcMs
    details: EventDetails


class SessionPast(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request and what became of it."""

    request_id: Bytes16
    events: Annotated[tuple[HistoryEvent, ...], Meta(max_length=200)]


class HistoryShown(Message, frozen=True, kw_only=True, tag="history"):
    """Up to 20 sessions; `intact`: the journal's chain was checked over all of it just now."""

    sessions: Annotated[tuple[SessionPast, ...], Meta(max_length=20)]
    more: bool
    intact: bool


DeskMessage = (
    DeskHello
    | DeskWelcome
    | DeskRefused
    | LinkShown
    | OpenRequest
    | CancelRequest
    | RequestShown
    | NewCode
    | CodeShown
    | CodeGone
    | PromptShown
    | AnswerPrompt
    | PromptClosed
    | SessionShown
    | SessionOver
    | StopSession
    | SetPaused
    | RevokeGrant
    | SetCovers
    | CoversWanted
    | CoversShown
    | SetAssay
    | AssayShown
    | AssayTold
    | IndicatorShown
    | IndicatorGone
    | DeskAlive
    | HistoryWanted
    | HistoryShown
    | CarrierMessage
)

DESK: Codec[DeskMessage] = Codec(DeskMessage, max_bytes=1024 * 1024, name="desk")
"""1 MiB: a page of history."""
