"""Earlier sessions from the journal, a page at a time, with the chain checked."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

from benchside.agent.journal import Journal
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.desk import HistoryEvent, HistoryShown, SessionPast
from benchside.protocol.wire.session import SessionEnd

__all__ = ["ChainCheck", "close_unfinished", "follow_server", "page_of_history"]

log = logging.getLogger(__name__)

SESSIONS_A_PAGE = 20
EVENTS_A_SESSION = 200
EVENTS_TO_END = 20_000
CHECKED_FOR_S = 30.0
"""Walking 100,000 entries takes a second of a core: not for each page that somebody turns."""


class ChainCheck:
    """Walks the whole chain beside the loop, for it must not keep the agent from its sessions."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = asyncio.Lock()
        self._checked_at = float("-inf")
        self._is_intact = False

    async def is_intact(self) -> bool:
        """Return whether the chain held when it was walked last, at most CHECKED_FOR_S ago."""
        async with self._lock:
            if time.monotonic() - self._checked_at > CHECKED_FOR_S:
                self._is_intact = await asyncio.to_thread(self._walk)
                self._checked_at = time.monotonic()
            return self._is_intact

    def _walk(self) -> bool:
        try:
            journal = Journal(self._path)
        except UnavailableError:
            return False
        try:
            return journal.verify().broken_at is None
        except UnavailableError:
            return False
        finally:
            journal.close()


def page_of_history(journal: Journal, before: int | None, *, intact: bool) -> HistoryShown:
    """Return up to 20 sessions that were opened before journal entry `before`, newest first."""
    found = journal.requests_before(before, SESSIONS_A_PAGE + 1)
    sessions = []
    for request_id in found[:SESSIONS_A_PAGE]:
        events = tuple(
            HistoryEvent(sequence=event.sequence, kind=event.kind, at_utc_ms=event.at_utc_ms, details=event.details)
            for event in journal.of_request(request_id, EVENTS_A_SESSION)
        )
        sessions.append(SessionPast(request_id=request_id, events=events))
    return HistoryShown(sessions=tuple(sessions), more=len(found) > SESSIONS_A_PAGE, intact=intact)


def close_unfinished(journal: Journal, cause: SessionEnd = SessionEnd.AGENT_LOST) -> None:
    """Give the last request its one outcome when it has none: the agent, or the host's start, broke off."""
    for request_id in journal.requests_before(None, 1):
        kinds = {event.kind for event in journal.of_request(request_id, EVENTS_TO_END)}
        if EventKind.SESSION_ENDED not in kinds:
            journal.append(EventKind.SESSION_ENDED, request_id, EventDetails(cause=cause.value))


def follow_server(journal: Journal, sequence: int, head: bytes | None) -> None:
    """Go on from the server's copy of this journal where ours is another, for this PC's disk was restored.

    The server has released this PC then, and a person has decided that it may go on.
    """
    if head is not None and journal.head_at(sequence) != head:
        log.warning("the journal goes on from the server's copy", extra={"sequence": sequence})
        journal.resume(sequence, head)
