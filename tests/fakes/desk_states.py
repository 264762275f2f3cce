"""Messages of an agent, and the states they lead to: one of everything that the desk can show."""

from __future__ import annotations

from collections.abc import Iterable

from benchside.desk.models.state import DeskState, learn, lose_agent, seek_agent
from benchside.protocol.errors import Refusal
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.capability import Capability, GrantScope, MonitorInfo, WindowInfo
from benchside.protocol.wire.desk import (
    DESK_VERSION,
    AssociateShown,
    CodeGone,
    CodeShown,
    DeskMessage,
    DeskRefused,
    DeskWelcome,
    GrantShown,
    HistoryEvent,
    HistoryShown,
    LinkShown,
    PromptKind,
    PromptShown,
    RequestPhase,
    RequestShown,
    SessionOver,
    SessionPast,
    SessionShown,
)
from benchside.protocol.wire.session import InstrumentInfo, SessionEnd

NOW_S = 1000.0
ANNA = AssociateShown(name="Anna Lindqvist", organisation="Corvane Diagnostics, Service Nordics")
CODE = "7K3M9QBV2XH4*"
PHONE = "+46 8 555 01 20"

CYTOMETER = InstrumentInfo(id="INS-4711", model="CX-200 Analyser", serial="CX2-00817", patient_data=False)
READER = InstrumentInfo(id="INS-4712", model="PlateScan 8", serial="PS8-1120", patient_data=True)

MONITORS = (
    MonitorInfo(id=0, name="DP-1", x_px=0, y_px=0, width_px=1920, height_px=1080, primary=True),
    MonitorInfo(id=1, name="DP-2", x_px=1920, y_px=0, width_px=1280, height_px=1024, primary=False),
)
WINDOWS = (
    WindowInfo(id=0x1400003, title="CX-200 Analyser"),
    WindowInfo(id=0x1600007, title="Worklist of run 2214, not saved yet, with a title that goes on and on and on"),
    WindowInfo(id=0x1800001, title=""),
    WindowInfo(id=0x1A00001, title="Service menu"),
)


def welcome(*, missing: tuple[Refusal, ...] = (), two: bool = False, number: str = "") -> DeskWelcome:
    """The PC of a lab."""
    return DeskWelcome(
        version=DESK_VERSION,
        site="St Brigid Hospital, Haematology",
        device="LAB-PC-07",
        phone=PHONE,
        instruments=(CYTOMETER, READER) if two else (CYTOMETER,),
        missing=missing,
        number=number,
    )


def prompt(
    capability: Capability = Capability.VIEW, kind: PromptKind = PromptKind.GRANT, number: int = 1
) -> PromptShown:
    """A question of Anna's."""
    is_view = capability is Capability.VIEW and kind is PromptKind.GRANT
    return PromptShown(
        prompt=number,
        kind=kind,
        capability=capability,
        associate=ANNA,
        purpose="Look at the error on the sample aspirator and the last run's log",
        monitors=MONITORS if is_view else (),
        windows=WINDOWS if is_view else (),
        silence_s=60,
        grant_s=1800,
    )


def session(*capabilities: Capability, paused: bool = False, line_lost: bool = False) -> SessionShown:
    """A session with these grants."""
    grants = tuple(GrantShown(capability=c, ends_in_s=1730, scope=GrantScope(monitors=(0,))) for c in capabilities)
    return SessionShown(associate=ANNA, grants=grants, paused=paused, line_lost=line_lost)


def history(*, intact: bool = True) -> HistoryShown:
    """Two earlier sessions."""

    def event(sequence: int, kind: EventKind, **details: str) -> HistoryEvent:
        at = 1_790_000_000_000 + sequence * 17_000
        return HistoryEvent(sequence=sequence, kind=kind, at_utc_ms=at, details=EventDetails(**details))

    second = SessionPast(
        request_id=bytes([2]) * 16,
        events=(
            event(20, EventKind.REQUEST_OPENED, technician="Maria Soto", reason="Error 41 after the rack was loaded"),
            event(21, EventKind.CODE_MADE),
            event(22, EventKind.REQUEST_CLAIMED, associate="Anna Lindqvist"),
            event(23, EventKind.CODE_WRONG),
            event(24, EventKind.CODE_ACCEPTED, associate="Anna Lindqvist"),
            event(25, EventKind.CAPABILITY_ASKED, associate="Anna Lindqvist", capability="view"),
            event(26, EventKind.CAPABILITY_GRANTED, capability="view"),
            event(27, EventKind.CAPABILITY_DENIED, capability="control"),
            event(28, EventKind.GRANT_ENDED, capability="view", cause="session_ended"),
            event(29, EventKind.SESSION_ENDED, cause="stopped"),
        ),
    )
    first = SessionPast(
        request_id=bytes([1]) * 16,
        events=(
            event(10, EventKind.REQUEST_OPENED, technician="Tom", reason="Laser will not warm up"),
            event(11, EventKind.REQUEST_CANCELLED),
        ),
    )
    return HistoryShown(sessions=(second, first), more=True, intact=intact)


def after(messages: Iterable[DeskMessage], state: DeskState | None = None) -> DeskState:
    """The state to which `messages` lead."""
    state = seek_agent("") if state is None else state
    for message in messages:
        state = learn(state, message, NOW_S)
    return state


def code(*, attempts_left: int = 3, warned: bool = False) -> CodeShown:
    """A code that was just made."""
    return CodeShown(code=CODE, ends_in_s=585, attempts_left=attempts_left, warned=warned)


def request(phase: RequestPhase, *, named: bool = False) -> RequestShown:
    """A request in `phase`."""
    return RequestShown(phase=phase, request_id=b"r" * 16, associate=ANNA if named else None, waiting_s=75)


def all_states() -> dict[str, DeskState]:
    """One state for each thing that the main window shows."""
    online = LinkShown(online=True, since_s=400)
    offline = LinkShown(online=False, since_s=320)
    here = (welcome(), online)
    queued = (*here, request(RequestPhase.QUEUED), code())
    claimed = (*here, request(RequestPhase.CLAIMED, named=True), code(attempts_left=2, warned=True))
    inside = (*here, request(RequestPhase.IN_SESSION, named=True))
    both = session(Capability.VIEW, Capability.CONTROL)
    states = {
        "seeking": seek_agent(PHONE),
        "away": lose_agent(after(here)),
        "ready": after(here),
        "offline": after((welcome(), offline)),
        "gates": after((welcome(missing=(Refusal.NO_IT_REVIEW, Refusal.NO_TERMS)), online)),
        "held": after((welcome(missing=(Refusal.HELD,), number="3FA2-91BC"), online)),
        "two": after((welcome(two=True), online)),
        "opening": after((welcome(), offline, request(RequestPhase.OPENING), code())),
        "queued": after(queued),
        "claimed": after(claimed),
        "checking": after((*queued, request(RequestPhase.CHECKING, named=True))),
        "code_gone": after((*queued, CodeGone(reason="wrong"))),
        "code_used": after((*claimed, CodeGone(reason="used"))),
        "busy": after((*here, DeskRefused(reason=Refusal.BUSY))),
        "connected": after((*inside, session())),
        "asked": after((*inside, session(), prompt())),
        "viewed": after((*inside, session(Capability.VIEW))),
        "controlled": after((*inside, both)),
        "paused": after((*inside, session(Capability.VIEW, Capability.CONTROL, paused=True))),
        "line_lost": after((*inside, session(Capability.VIEW, line_lost=True))),
        "history": after((*here, history())),
        "history_broken": after((*here, history(intact=False))),
    }
    states |= {
        f"over_{end}": after((*inside, both, SessionOver(outcome=end), request(RequestPhase.IDLE)))
        for end in SessionEnd
    }
    return states
