"""The session log: writes events down before they take effect, keeps the PCs' journals, and checks both."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust.journal import JOURNAL_START, journal_head
from benchside.protocol.wire.audit import EventDetails, EventKind, PcEvent
from benchside.server.audit.commitment import SALT_BYTES, commit, details_of, fits
from benchside.server.audit.kind import ServerKind, device_stream, request_of, session_stream
from benchside.server.audit.model import Event, JournalHead, Session
from benchside.server.clock import NowUtcMs
from benchside.server.store.database import Database

__all__ = ["KeptEvent", "Ledger", "Verdict"]

logger = logging.getLogger(__name__)

MAX_EVENTS_SHOWN = 2000
"""A session of eight hours with a question every minute has fewer."""
AT_ONCE = 500
"""Events in one statement: sealing them takes some milliseconds, in which nothing else moves."""


@dataclass(frozen=True)
class KeptEvent:
    """An event as it is shown; details None when they were erased."""

    sequence: int
    at_utc_ms: int
    kind: str
    source: str
    details: EventDetails | None
    commitment: bytes


@dataclass(frozen=True)
class Verdict:
    """Whether all commitments and chain heads of a session fit, and how many events were looked at."""

    is_intact: bool
    events: int


class Ledger:
    """Writes to the session plane alone."""

    def __init__(self, database: Database, now: NowUtcMs) -> None:
        self._database = database
        self._now = now

    async def record(self, stream: str, kind: EventKind | ServerKind, details: EventDetails) -> None:
        """Write down an event that the server saw.  What it announces is done only after this returned."""
        async with self._database.write() as rows:
            await self._append(rows, stream, "server", kind.value, self._now(), details)

    async def record_all(self, stream: str, kind: EventKind | ServerKind, each_details: Sequence[EventDetails]) -> None:
        """Write down many events of one kind, all or none, for the cost of one and a little."""
        at = self._now()
        async with self._database.write() as rows:
            last = await rows.scalar(select(func.max(Event.sequence)).where(Event.stream == stream)) or 0
            for first in range(0, len(each_details), AT_ONCE):
                await rows.execute(
                    insert(Event),
                    [
                        _columns(stream, last + number, "server", kind.value, at, at, details)
                        for number, details in enumerate(each_details[first : first + AT_ONCE], start=first + 1)
                    ],
                )

    async def journal_head(self, device_id: bytes) -> tuple[int, bytes]:
        """Up to which entry the PC's journal is kept, and the head of its chain there."""
        async with self._database.read() as rows:
            kept = await rows.get(JournalHead, device_id)
            return (kept.sequence, kept.head) if kept else (0, JOURNAL_START)

    async def keep_journal(self, device_id: bytes, events: Sequence[PcEvent]) -> int:
        """Keep entries of a PC's journal; return up to where it is kept now.

        Repeats of what is kept are passed over when they are the same; PeerError for a gap (but one that a released
        PC says: its disk was restored, and it goes on from our head), a changed repeat
        and a head that does not follow from the one before: then nothing of the batch is kept.
        """
        async with self._database.write() as rows:
            kept = await rows.get(JournalHead, device_id)
            sequence, head = (kept.sequence, kept.head) if kept else (0, JOURNAL_START)
            for event in events:
                if event.sequence <= sequence:
                    await self._refuse_changed_repeat(rows, device_id, event)
                    continue
                if event.sequence != sequence + 1 and not _resumes(event, sequence, head):
                    raise PeerError(
                        PeerFault.OUT_OF_ORDER, f"expected journal entry {sequence + 1}, got {event.sequence}"
                    )
                head = journal_head(
                    head,
                    sequence=event.sequence,
                    kind=event.kind,
                    at_utc_ms=event.at_utc_ms,
                    request_id=event.request_id,
                    details=event.details,
                )
                if head != event.head:
                    raise PeerError(
                        PeerFault.NOT_AUTHENTIC, f"expected journal entry {event.sequence} to follow, it does not"
                    )
                sequence = event.sequence
                stream = await self._stream_of(rows, device_id, event.request_id)
                row = await self._append(rows, stream, "pc", event.kind.value, event.at_utc_ms, event.details)
                row.device_id, row.pc_sequence, row.pc_head = device_id, sequence, head
            if kept is None:
                rows.add(JournalHead(device_id=device_id, sequence=sequence, head=head))
            else:
                kept.sequence, kept.head = sequence, head
        return sequence

    async def journal_after(self, device_id: bytes, sequence: int, kinds: Collection[EventKind]) -> list[PcEvent]:
        """Entries of some kinds in a PC's kept journal after `sequence`, in their order; erased ones say nothing."""
        which = (
            Event.device_id == device_id,
            Event.pc_sequence > sequence,
            Event.kind.in_([one.value for one in kinds]),
        )
        async with self._database.read() as rows:
            found = await rows.scalars(select(Event).where(*which).order_by(Event.pc_sequence))
            return [_entry(row) for row in found]

    async def count_of_device(self, device_id: bytes) -> int:
        """How many events are kept of a device itself, its sessions' apart."""
        async with self._database.read() as rows:
            return await rows.scalar(select(func.count()).where(Event.stream == device_stream(device_id))) or 0

    async def events_of(self, request_id: bytes, kinds: Collection[EventKind] = ()) -> list[KeptEvent]:
        """All events of a session, or those of some kinds, in the order in which they were kept."""
        which = [Event.stream == session_stream(request_id)]
        if kinds:
            which.append(Event.kind.in_([kind.value for kind in kinds]))
        async with self._database.read() as rows:
            found = await rows.scalars(select(Event).where(*which).order_by(Event.sequence).limit(MAX_EVENTS_SHOWN))
            return [
                KeptEvent(
                    row.sequence,
                    row.at_utc_ms,
                    row.kind,
                    row.source,
                    details_of(row.salted_details) if row.salted_details is not None else None,
                    row.commitment,
                )
                for row in found
            ]

    async def verify(self, request_id: bytes) -> Verdict:
        """Compute the commitments of a session again, look for gaps, and follow the PC's chain through its entries."""
        async with self._database.read() as rows:
            found = list(
                await rows.scalars(
                    select(Event).where(Event.stream == session_stream(request_id)).order_by(Event.sequence)
                )
            )
            for number, row in enumerate(found, start=1):
                if row.sequence != number:
                    return Verdict(False, len(found))
                if row.salted_details is None:
                    continue  # erased: the commitment alone stays
                if not fits(row.commitment, row.salted_details):
                    return Verdict(False, len(found))
                if row.source == "pc" and not await self._follows(rows, row, request_id):
                    return Verdict(False, len(found))
        return Verdict(True, len(found))

    async def _follows(self, rows: AsyncSession, row: Event, request_id: bytes) -> bool:
        if row.pc_sequence is None or row.pc_head is None or row.salted_details is None:
            return False
        before: bytes | None = JOURNAL_START
        if row.pc_sequence > 1:
            before = await rows.scalar(
                select(Event.pc_head).where(Event.device_id == row.device_id, Event.pc_sequence == row.pc_sequence - 1)
            )
        return before is not None and row.pc_head == journal_head(
            before,
            sequence=row.pc_sequence,
            kind=EventKind(row.kind),
            at_utc_ms=row.at_utc_ms,
            request_id=request_id,
            details=details_of(row.salted_details),
        )

    async def _append(
        self, rows: AsyncSession, stream: str, source: str, kind: str, at_utc_ms: int, details: EventDetails
    ) -> Event:
        last = await rows.scalar(select(func.max(Event.sequence)).where(Event.stream == stream))
        row = Event(**_columns(stream, (last or 0) + 1, source, kind, at_utc_ms, self._now(), details))
        rows.add(row)
        await rows.flush()
        return row

    async def _stream_of(self, rows: AsyncSession, device_id: bytes, request_id: bytes | None) -> str:
        if request_id is not None:
            owner = await rows.scalar(select(Session.device_id).where(Session.id == request_id))
            if owner == device_id:
                return session_stream(request_id)
        # a PC cannot write into a session that is not its own
        return device_stream(device_id)

    async def _refuse_changed_repeat(self, rows: AsyncSession, device_id: bytes, event: PcEvent) -> None:
        head = await rows.scalar(
            select(Event.pc_head).where(Event.device_id == device_id, Event.pc_sequence == event.sequence)
        )
        if head != event.head:
            raise PeerError(
                PeerFault.NOT_AUTHENTIC, f"expected journal entry {event.sequence} as it was kept, got another"
            )


def _entry(row: Event) -> PcEvent:
    """An entry as the PC reported it; without the request of another device, where it was let write nothing."""
    return PcEvent(
        sequence=row.pc_sequence or 0,
        kind=EventKind(row.kind),
        at_utc_ms=row.at_utc_ms,
        request_id=request_of(row.stream),
        details=details_of(row.salted_details) if row.salted_details is not None else EventDetails(),
        head=row.pc_head or b"",
    )


def _columns(
    stream: str, sequence: int, source: str, kind: str, at_utc_ms: int, kept_utc_ms: int, details: EventDetails
) -> dict[str, object]:
    """A row of the log by its columns."""
    commitment, salted = commit(os.urandom(SALT_BYTES), details)
    return {
        "stream": stream,
        "sequence": sequence,
        "source": source,
        "kind": kind,
        "at_utc_ms": at_utc_ms,
        "kept_utc_ms": kept_utc_ms,
        "commitment": commitment,
        "salted_details": salted,
    }


def _resumes(event: PcEvent, sequence: int, head: bytes) -> bool:
    """Whether a PC whose own journal went back goes on from exactly what is kept here."""
    return (
        event.kind is EventKind.JOURNAL_RESUMED
        and event.sequence > sequence
        and event.details.count == str(sequence)
        and event.details.key == head.hex()
    )
