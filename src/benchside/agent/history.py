"""Earlier sessions from the journal, a page at a time, with the chain checked."""

from __future__ import annotations

from benchside.agent.journal import Journal
from benchside.protocol.wire.desk import HistoryEvent, HistoryShown, SessionPast

__all__ = ["page_of_history"]

SESSIONS_A_PAGE = 20
EVENTS_A_SESSION = 200


def page_of_history(journal: Journal, before: int | None) -> HistoryShown:
    """Return up to 20 sessions that were opened before journal entry `before`, newest first."""
    found = journal.requests_before(before, SESSIONS_A_PAGE + 1)
    sessions = []
    for request_id in found[:SESSIONS_A_PAGE]:
        events = tuple(
            HistoryEvent(sequence=event.sequence, kind=event.kind, at_utc_ms=event.at_utc_ms, details=event.details)
            for event in journal.of_request(request_id, EVENTS_A_SESSION)
        )
        sessions.append(SessionPast(request_id=request_id, events=events))
    intact = journal.verify().broken_at is None
    return HistoryShown(sessions=tuple(sessions), more=len(found) > SESSIONS_A_PAGE, intact=intact)
