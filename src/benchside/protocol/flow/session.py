"""A session on the PC from the code to its one end, as a table: state x event -> what follows.

    CODED --associate proved code--> LIVE <--line comes and goes--> LOST        any --> OVER
      |  ^
      v  | technician's hand
    NO_CODE

Consent has its own table (flow/consent); this one says when it may run at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from benchside.protocol.errors import CallerError
from benchside.protocol.wire.session import SessionEnd

__all__ = [
    "CODE_LIFE_S",
    "FORGED_RECORDS",
    "LOST_FOR_S",
    "MAX_SESSION_S",
    "SILENT_AFTER_S",
    "BeginConsent",
    "EndSession",
    "KillCode",
    "LetLineBack",
    "LoseLine",
    "Phase",
    "SessionEffect",
    "SessionEvent",
    "SessionMachine",
]

CODE_LIFE_S = 600.0
"""A code is good for ten minutes (R53)."""
LOST_FOR_S = 60.0
"""A line that is gone for longer ends the session; a technician must not be surprised by a return."""
SILENT_AFTER_S = 3.0
"""Three missed pings: the line is lost."""
FORGED_RECORDS = 3
"""The third record that does not open ends the session: somebody on the way keeps changing it."""
MAX_SESSION_S = 8 * 3600.0
"""No session outlives a shift; grants have ended long before unless somebody kept renewing them."""


class Phase(StrEnum):
    """How far the session has come."""

    CODED = "coded"
    NO_CODE = "no_code"
    LIVE = "live"
    LOST = "lost"
    OVER = "over"


class SessionEvent(StrEnum):
    """What can happen."""

    CODE_MADE = "code_made"
    CODE_DIED = "code_died"
    ASSOCIATE_PROVED = "associate_proved"
    LINE_FELL = "line_fell"
    LINE_STOOD = "line_stood"
    RECORD_HEARD = "record_heard"
    RECORD_FORGED = "record_forged"
    MOMENT_CAME = "moment_came"


@dataclass(frozen=True)
class BeginConsent:
    """The code was right: the consent machine may run."""


@dataclass(frozen=True)
class KillCode:
    """The code is worth nothing any more."""


@dataclass(frozen=True)
class LoseLine:
    """Forget the channels' keys, lift what is pressed, and try to come back."""


@dataclass(frozen=True)
class LetLineBack:
    """`main` stands again in a new epoch."""


@dataclass(frozen=True)
class EndSession:
    """Forget every key first; then say so."""

    reason: SessionEnd


SessionEffect = BeginConsent | KillCode | LoseLine | LetLineBack | EndSession
_Act = Callable[["SessionMachine", float], list[SessionEffect]]


class SessionMachine:
    """`step(event, now) -> effects`, `deadline()`, and `end(reason)` which works in every phase."""

    def __init__(self, now: float) -> None:
        self.phase = Phase.NO_CODE
        self._until = now + MAX_SESSION_S
        self._code_until = now
        self._lost_until = now
        self._heard_at = now
        self._forged = 0

    def step(self, event: SessionEvent, now: float) -> list[SessionEffect]:
        """Take one event at `now` (seconds, monotonic); CallerError for a pair that the table lacks."""
        try:
            act = _TABLE[self.phase, event]
        except KeyError:
            raise CallerError(f"a session has no rule for {event} in phase {self.phase}") from None
        return act(self, now)

    def end(self, reason: SessionEnd) -> list[SessionEffect]:
        """End it, once, for this reason."""
        if self.phase is Phase.OVER:
            return []
        self.phase = Phase.OVER
        return [EndSession(reason)]

    def deadline(self) -> float | None:
        """Return when MOMENT_CAME is due; None once it is over."""
        match self.phase:
            case Phase.OVER:
                return None
            case Phase.CODED:
                return min(self._until, self._code_until)
            case Phase.LIVE:
                return min(self._until, self._heard_at + SILENT_AFTER_S)
            case Phase.LOST:
                return min(self._until, self._lost_until)
            case Phase.NO_CODE:
                return self._until

    def code_left_s(self, now: float) -> float:
        """Return for how long the code is still good, in seconds."""
        return max(0.0, self._code_until - now) if self.phase is Phase.CODED else 0.0

    # what the table names

    def _nothing(self, now: float) -> list[SessionEffect]:
        return []

    def _take_code(self, now: float) -> list[SessionEffect]:
        self.phase, self._code_until = Phase.CODED, now + CODE_LIFE_S
        return []

    def _kill_code(self, now: float) -> list[SessionEffect]:
        self.phase = Phase.NO_CODE
        return [KillCode()]

    def _go_live(self, now: float) -> list[SessionEffect]:
        self.phase, self._heard_at = Phase.LIVE, now
        return [KillCode(), BeginConsent()]

    def _lose(self, now: float) -> list[SessionEffect]:
        self.phase, self._lost_until = Phase.LOST, now + LOST_FOR_S
        return [LoseLine()]

    def _come_back(self, now: float) -> list[SessionEffect]:
        if now >= self._lost_until:
            return self.end(SessionEnd.LINE_LOST)
        self.phase, self._heard_at = Phase.LIVE, now
        return [LetLineBack()]

    def _hear(self, now: float) -> list[SessionEffect]:
        self._heard_at = now
        return []

    def _count_forged(self, now: float) -> list[SessionEffect]:
        self._forged += 1
        if self._forged >= FORGED_RECORDS:
            return self.end(SessionEnd.PEER_FAULT)
        return self._lose(now) if self.phase is Phase.LIVE else []

    def _look_at_clock(self, now: float) -> list[SessionEffect]:
        if now >= self._until:
            return self.end(SessionEnd.TOO_LONG)
        if self.phase is Phase.CODED and now >= self._code_until:
            return self._kill_code(now)
        if self.phase is Phase.LOST and now >= self._lost_until:
            return self.end(SessionEnd.LINE_LOST)
        if self.phase is Phase.LIVE and now >= self._heard_at + SILENT_AFTER_S:
            return self._lose(now)
        return []


_P, _E, _M = Phase, SessionEvent, SessionMachine

_TABLE: Mapping[tuple[Phase, SessionEvent], _Act] = {
    (_P.NO_CODE, _E.CODE_MADE): _M._take_code,
    (_P.NO_CODE, _E.CODE_DIED): _M._nothing,
    (_P.NO_CODE, _E.LINE_FELL): _M._nothing,
    (_P.NO_CODE, _E.RECORD_HEARD): _M._nothing,
    (_P.NO_CODE, _E.RECORD_FORGED): _M._nothing,
    (_P.NO_CODE, _E.MOMENT_CAME): _M._look_at_clock,
    (_P.CODED, _E.CODE_MADE): _M._take_code,
    (_P.CODED, _E.CODE_DIED): _M._kill_code,
    (_P.CODED, _E.ASSOCIATE_PROVED): _M._go_live,
    (_P.CODED, _E.LINE_FELL): _M._nothing,
    (_P.CODED, _E.RECORD_HEARD): _M._nothing,
    (_P.CODED, _E.RECORD_FORGED): _M._nothing,
    (_P.CODED, _E.MOMENT_CAME): _M._look_at_clock,
    (_P.LIVE, _E.CODE_DIED): _M._nothing,
    (_P.LIVE, _E.LINE_FELL): _M._lose,
    (_P.LIVE, _E.LINE_STOOD): _M._hear,
    (_P.LIVE, _E.RECORD_HEARD): _M._hear,
    (_P.LIVE, _E.RECORD_FORGED): _M._count_forged,
    (_P.LIVE, _E.MOMENT_CAME): _M._look_at_clock,
    (_P.LOST, _E.CODE_DIED): _M._nothing,
    (_P.LOST, _E.LINE_FELL): _M._nothing,
    (_P.LOST, _E.LINE_STOOD): _M._come_back,
    (_P.LOST, _E.RECORD_HEARD): _M._nothing,
    (_P.LOST, _E.RECORD_FORGED): _M._count_forged,
    (_P.LOST, _E.MOMENT_CAME): _M._look_at_clock,
    **{(_P.OVER, event): _M._nothing for event in SessionEvent},
}
