"""What the desk knows, and how each message of the agent changes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from benchside.protocol.errors import PeerError, PeerFault, Refusal
from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.cover import CoverShown, DesktopBox
from benchside.protocol.wire.desk import (
    DESK_VERSION,
    AssayShown,
    AssociateShown,
    CodeGone,
    CodeShown,
    CoversShown,
    DeskMessage,
    DeskRefused,
    DeskWelcome,
    HistoryShown,
    LinkShown,
    PromptClosed,
    PromptShown,
    RequestPhase,
    RequestShown,
    SessionOver,
    SessionPast,
    SessionShown,
)
from benchside.protocol.wire.session import SessionEnd

__all__ = [
    "Code",
    "Contact",
    "DeskState",
    "Grant",
    "History",
    "Prompt",
    "Refused",
    "Session",
    "learn",
    "lose_agent",
    "seek_agent",
]

MAX_HISTORY_SESSIONS = 200
"""Ten pages: more than anybody reads in a window, and some 40,000 lines at most in memory."""


class Contact(StrEnum):
    """Whether the agent on this PC answers."""

    SEEKING = "seeking"
    """Never yet since the desk started."""
    HERE = "here"
    AWAY = "away"
    OTHER_VERSION = "other_version"
    """It answers in another version; one of the two has to be updated."""


@dataclass(frozen=True, slots=True)
class Code:
    """The code that is valid now.  It lives here and on the screen, nowhere else."""

    text: str = field(repr=False)
    ends_at: float
    attempts_left: int
    warned: bool


@dataclass(frozen=True, slots=True)
class Prompt:
    """The question that is open now."""

    message: PromptShown
    opened_at: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant that runs now."""

    capability: Capability
    ends_at: float
    scope: GrantScope


@dataclass(frozen=True, slots=True)
class Session:
    """What the indicator shows."""

    associate: AssociateShown
    grants: tuple[Grant, ...]
    paused: bool
    line_lost: bool

    @property
    def is_watched(self) -> bool:
        """Whether somebody views or controls, so that the indicator must be up."""
        return any(grant.capability in (Capability.VIEW, Capability.CONTROL) for grant in self.grants)


@dataclass(frozen=True, slots=True)
class Refused:
    """What was asked last and refused."""

    reason: Refusal
    wait_until_at: float | None


@dataclass(frozen=True, slots=True)
class History:
    """Earlier sessions, newest first."""

    sessions: tuple[SessionPast, ...]
    more: bool
    intact: bool


@dataclass(frozen=True, slots=True)
class DeskState:
    """Everything that any view shows.  Moments end in `_at` and are on the desk's monotonic clock."""

    contact: Contact = Contact.SEEKING
    welcome: DeskWelcome | None = None
    online: bool = False
    online_since_at: float = 0.0
    phase: RequestPhase = RequestPhase.IDLE
    associate: AssociateShown | None = None
    waiting_since_at: float = 0.0
    code: Code | None = None
    code_gone: str | None = None
    prompt: Prompt | None = None
    session: Session | None = None
    outcome: SessionEnd | None = None
    phone: str = ""
    refused: Refused | None = None
    history: History | None = None
    assay_running: bool = False
    """A run is flagged as in progress on the instrument."""
    covers: tuple[CoverShown, ...] = ()
    """What was covered when it was last asked."""
    covered_by_hand: tuple[DesktopBox, ...] = ()
    """What the technician last covered in this session; a rule's cover may hide one of these for a while."""

    @property
    def is_in_session(self) -> bool:
        """From here on the agent counts on hearing the desk five times a second."""
        return self.session is not None or self.phase in (RequestPhase.IN_SESSION, RequestPhase.LINE_LOST)


def seek_agent(phone: str) -> DeskState:
    """Return what is known before the agent said anything: the vendor's phone number from the last time."""
    return DeskState(phone=phone)


def lose_agent(state: DeskState) -> DeskState:
    """Return what is left when the agent went away: who we are, and what was earlier; nothing that runs."""
    contact = Contact.OTHER_VERSION if state.contact is Contact.OTHER_VERSION else Contact.AWAY
    outcome = SessionEnd.AGENT_LOST if state.is_in_session else state.outcome
    return DeskState(contact=contact, welcome=state.welcome, phone=state.phone, history=state.history, outcome=outcome)


def learn(state: DeskState, message: DeskMessage, now_s: float) -> DeskState:
    """Return what is known after `message` of the agent; PeerError when only a desk may say it, or out of order."""
    if isinstance(message, DeskWelcome):
        return _welcomed(state, message)
    if state.contact is not Contact.HERE:
        raise PeerError(PeerFault.OUT_OF_ORDER, f"expected a welcome first, got {type(message).__name__}")
    match message:
        case LinkShown():
            return replace(state, online=message.online, online_since_at=now_s - message.since_s)
        case RequestShown():
            return _request(state, message, now_s)
        case CodeShown():
            code = Code(message.code, now_s + message.ends_in_s, message.attempts_left, message.warned)
            return replace(state, code=code, code_gone=None, refused=None)
        case CodeGone():
            return replace(state, code=None, code_gone=message.reason)
        case PromptShown():
            return replace(state, prompt=Prompt(message, now_s, now_s + message.silence_s))
        case PromptClosed():
            is_open = state.prompt is not None and state.prompt.message.prompt == message.prompt
            return replace(state, prompt=None) if is_open else state
        case SessionShown():
            grants = tuple(Grant(g.capability, now_s + g.ends_in_s, g.scope) for g in message.grants)
            session = Session(message.associate, grants, message.paused, message.line_lost)
            return replace(state, session=session, outcome=None, code=None, code_gone=None)
        case SessionOver():
            return replace(
                state,
                phase=RequestPhase.IDLE,
                associate=None,
                session=None,
                prompt=None,
                code=None,
                code_gone=None,
                outcome=message.outcome,
                covers=(),
                covered_by_hand=(),
            )
        case AssayShown():
            return replace(state, assay_running=message.running)
        case CoversShown():
            return replace(state, covers=message.covers)
        case DeskRefused():
            until_at = None if message.wait_s is None else now_s + message.wait_s
            return replace(state, refused=Refused(message.reason, until_at))
        case HistoryShown():
            return replace(state, history=_history(state.history, message))
        case _:
            raise PeerError(PeerFault.OUT_OF_ORDER, f"expected a message of an agent, got {type(message).__name__}")


def _welcomed(state: DeskState, message: DeskWelcome) -> DeskState:
    if message.version != DESK_VERSION:
        return replace(state, contact=Contact.OTHER_VERSION)
    # A second welcome says what changed (a gate was opened): what runs goes on.
    known = state if state.contact is Contact.HERE else DeskState(outcome=state.outcome)
    return replace(known, contact=Contact.HERE, welcome=message, phone=message.phone)


def _request(state: DeskState, message: RequestShown, now_s: float) -> DeskState:
    state = replace(
        state,
        phase=message.phase,
        associate=message.associate,
        waiting_since_at=now_s - message.waiting_s,
        refused=None if message.phase not in (state.phase, RequestPhase.IDLE) else state.refused,
    )
    if message.phase is RequestPhase.IDLE:
        if state.refused is not None and state.refused.reason is Refusal.BUSY:
            # what another desk had open is over
            state = replace(state, refused=None)
        return replace(state, code=None, code_gone=None, session=None, prompt=None, covers=(), covered_by_hand=())
    # The outcome of the session before leaves the screen when the next request begins.
    return replace(state, outcome=None)


def _history(known: History | None, message: HistoryShown) -> History:
    seen = {session.request_id for session in message.sessions}
    oldest = min((event.sequence for s in message.sessions for event in s.events), default=0)
    earlier = known.sessions if known is not None else ()
    kept = tuple(s for s in earlier if s.request_id not in seen and s.events and s.events[0].sequence > oldest)
    sessions = (kept + message.sessions)[:MAX_HISTORY_SESSIONS]
    return History(sessions, message.more and len(sessions) < MAX_HISTORY_SESSIONS, message.intact)
