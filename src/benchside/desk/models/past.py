"""Earlier sessions in plain words: each event of the journal as a sentence, and a cause where it has one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from benchside.desk.models.code import group_fingerprint
from benchside.desk.models.phrase import Phrase
from benchside.protocol.errors import Refusal
from benchside.protocol.wire.audit import EventKind
from benchside.protocol.wire.capability import Capability, GrantEnd
from benchside.protocol.wire.desk import HistoryEvent, SessionPast
from benchside.protocol.wire.session import SessionEnd

__all__ = ["PastLine", "PastSession", "phrase_event", "phrase_session"]

_CAUSES: dict[EventKind, tuple[type[StrEnum], str]] = {
    EventKind.POLICY_REFUSED: (Refusal, "refusal"),
    EventKind.REQUEST_REFUSED: (Refusal, "refusal"),
    EventKind.ASSOCIATE_REFUSED: (Refusal, "refusal"),
    EventKind.GUESS_REFUSED: (Refusal, "refusal"),
    EventKind.TICKET_REFUSED: (Refusal, "refusal"),
    EventKind.CAPABILITY_REFUSED: (Refusal, "refusal"),
    EventKind.GRANT_ENDED: (GrantEnd, "grant_end"),
    EventKind.SESSION_ENDED: (SessionEnd, "over"),
}
"""Which fixed words an event's cause may be.  Any other word is of a newer agent and is left out."""


@dataclass(frozen=True, slots=True)
class PastLine:
    """One event."""

    at_utc_ms: int
    text: Phrase
    cause: Phrase | None


@dataclass(frozen=True, slots=True)
class PastSession:
    """One request and what became of it.  Empty strings where the journal does not say."""

    started_utc_ms: int
    technician: str
    reason: str
    associate: str
    outcome: Phrase
    lines: tuple[PastLine, ...]


def phrase_session(session: SessionPast) -> PastSession:
    """Return `session` in words."""
    details = [event.details for event in session.events]

    def first(name: str) -> str:
        return next((value for d in details if (value := getattr(d, name))), "")

    lines = tuple(phrase_event(event) for event in session.events)
    return PastSession(
        started_utc_ms=session.events[0].at_utc_ms if session.events else 0,
        technician=first("technician"),
        reason=first("reason"),
        associate=first("associate"),
        outcome=_outcome(session),
        lines=lines,
    )


def phrase_event(event: HistoryEvent) -> PastLine:
    """Return one journal entry in words.  What an entry lacks is said to be missing, never invented."""
    unknown = Phrase("event.not_said")
    details = event.details
    capability = Phrase(f"capability.{details.capability}") if details.capability in set(Capability) else unknown
    values: dict[str, str | int | Phrase] = {
        "associate": details.associate or unknown,
        "technician": details.technician or unknown,
        "instrument": details.instrument or unknown,
        "capability": capability,
        "version": details.version or unknown,
        "covers": _covers(details.count, details.cause) or unknown,
        "key": group_fingerprint(details.key) if details.key else unknown,
    }
    cause = None
    if event.kind in _CAUSES and details.cause:
        family, prefix = _CAUSES[event.kind]
        if details.cause in {word.value for word in family}:
            cause = Phrase(f"{prefix}.{details.cause}")
    return PastLine(event.at_utc_ms, Phrase(f"event.{event.kind}", values), cause)


def _covers(count: str | None, cause: str | None) -> Phrase | None:
    """How many areas are covered, by whom.  None for words of a newer agent."""
    names = {"rule": "event.covers.rules", "hand": "event.covers.hand"}
    return Phrase(names[cause], {"count": count}) if count and cause in names else None


def _outcome(session: SessionPast) -> Phrase:
    for event in reversed(session.events):
        if event.kind is EventKind.SESSION_ENDED and event.details.cause in {end.value for end in SessionEnd}:
            return Phrase(f"over.{event.details.cause}")
        if event.kind in (EventKind.REQUEST_CANCELLED, EventKind.REQUEST_EXPIRED, EventKind.REQUEST_REFUSED):
            return Phrase(f"event.{event.kind}")
    return Phrase("past.open")
