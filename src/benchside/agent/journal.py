"""The PC's own journal: every step, refusals too, on disk before it takes effect, in a chain of hashes.

SQLite with full synchronisation; each entry's head covers all before it, so a changed, removed or
reordered entry shows.  Kept for good: a session writes some kilobytes.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.journal import JOURNAL_START, journal_head
from benchside.protocol.wire.audit import DETAILS, EventDetails, EventKind, PcEvent

__all__ = ["Journal", "Verdict"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    sequence INTEGER PRIMARY KEY,
    at_utc_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    request_id BLOB,
    details BLOB NOT NULL,
    head BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entry_of_request ON entry (request_id, sequence);
CREATE INDEX IF NOT EXISTS entry_of_kind ON entry (kind, sequence);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
"""

BUSY_WITHIN_MS = 2000
"""Another process (an administrator's command) holds the journal for one entry at a time."""


@dataclass(frozen=True)
class Verdict:
    """Whether the chain holds; `broken_at` is the first entry that does not fit.

    `resumed`: how often the chain goes on from the server's copy, because this disk was restored.
    """

    entries: int
    head: bytes
    broken_at: int | None
    resumed: int = 0


class Journal:
    """Appends, reads back and verifies.  UnavailableError from any method: the disk does not take it."""

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            path.chmod(0o600)
            self._db.execute(f"PRAGMA busy_timeout = {BUSY_WITHIN_MS}")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise UnavailableError(f"expected a journal that can be opened, got {error}") from error

    def append(self, kind: EventKind, request_id: bytes | None, details: EventDetails) -> PcEvent:
        """Write one entry and return it once it is durable."""
        return self._append(kind, request_id, details, None)

    def _append(
        self, kind: EventKind, request_id: bytes | None, details: EventDetails, after: tuple[int, bytes] | None
    ) -> PcEvent:
        at_utc_ms = time.time_ns() // 1_000_000
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                sequence, before = self._last()
                if after is not None:
                    sequence, before = max(sequence, after[0]), after[1]
                head = journal_head(
                    before,
                    sequence=sequence + 1,
                    kind=kind,
                    at_utc_ms=at_utc_ms,
                    request_id=request_id,
                    details=details,
                )
                self._db.execute(
                    "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)",
                    (sequence + 1, at_utc_ms, kind.value, request_id, DETAILS.encode(details), head),
                )
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise UnavailableError(f"expected the journal to take an entry, got {error}") from error
        return PcEvent(
            sequence=sequence + 1, kind=kind, at_utc_ms=at_utc_ms, request_id=request_id, details=details, head=head
        )

    def after(self, sequence: int, most: int) -> list[PcEvent]:
        """Return up to `most` entries after `sequence`, in order; after a `resume`, from there on."""
        with self._reading():
            row = self._db.execute(
                "SELECT max(sequence) FROM entry WHERE kind = ?", (EventKind.JOURNAL_RESUMED.value,)
            ).fetchone()
        first = max(sequence + 1, row[0] or 0)
        return list(self._entries("WHERE sequence >= ? ORDER BY sequence LIMIT ?", (first, most)))

    def of_request(self, request_id: bytes, most: int) -> list[PcEvent]:
        """Return up to `most` entries of one request, in order."""
        return list(self._entries("WHERE request_id = ? ORDER BY sequence LIMIT ?", (request_id, most)))

    def requests_before(self, sequence: int | None, most: int) -> list[bytes]:
        """Return up to `most` request ids, newest first, whose opening is older than `sequence`."""
        with self._reading():
            rows = self._db.execute(
                "SELECT request_id FROM entry WHERE kind = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?",
                (EventKind.REQUEST_OPENED.value, sequence or 2**62, most),
            ).fetchall()
        return [bytes(row[0]) for row in rows]

    def head_at(self, sequence: int) -> bytes | None:
        """Return the chain's head after this entry; None when there is none of that number."""
        if sequence == 0:
            return JOURNAL_START
        with self._reading():
            row = self._db.execute("SELECT head FROM entry WHERE sequence = ?", (sequence,)).fetchone()
        return None if row is None else bytes(row[0])

    def resume(self, sequence: int, head: bytes) -> PcEvent:
        """Go on from where the server's copy ends: this journal went back, with the disk that it is on.

        What is here and not there stays, and is told by `after` no more.
        """
        details = EventDetails(count=str(sequence), key=head.hex())
        return self._append(EventKind.JOURNAL_RESUMED, None, details, (sequence, head))

    def last_sequence(self) -> int:
        """Return the newest entry's number; 0 for an empty journal."""
        with self._reading():
            return self._last()[0]

    def verify(self) -> Verdict:
        """Walk the whole chain."""
        head, count, resumed = JOURNAL_START, 0, 0
        for event in self._entries("ORDER BY sequence", ()):
            count += 1
            start = _resumed_from(event)
            if start is not None and event.sequence >= count:
                count, head, resumed = event.sequence, start, resumed + 1
            head = journal_head(
                head,
                sequence=count,
                kind=event.kind,
                at_utc_ms=event.at_utc_ms,
                request_id=event.request_id,
                details=event.details,
            )
            if event.sequence != count or event.head != head:
                return Verdict(count, head, event.sequence, resumed)
        return Verdict(count, head, None, resumed)

    def fact(self, name: str) -> bytes | None:
        """Return a small durable value, such as the attempts at a code."""
        with self._reading():
            row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def keep_fact(self, name: str, value: bytes) -> None:
        """Store it; durable on return."""
        try:
            self._db.execute(
                "INSERT INTO fact VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
            )
        except sqlite3.Error as error:
            raise UnavailableError(f"expected the journal to keep {name}, got {error}") from error

    def drop_fact(self, name: str) -> None:
        """Forget it; durable on return."""
        try:
            self._db.execute("DELETE FROM fact WHERE name = ?", (name,))
        except sqlite3.Error as error:
            raise UnavailableError(f"expected the journal to forget {name}, got {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _last(self) -> tuple[int, bytes]:
        row = self._db.execute("SELECT sequence, head FROM entry ORDER BY sequence DESC LIMIT 1").fetchone()
        return (0, JOURNAL_START) if row is None else (int(row[0]), bytes(row[1]))

    def _entries(self, where: str, values: tuple[object, ...]) -> Iterator[PcEvent]:
        with self._reading():
            cursor = self._db.execute(
                f"SELECT sequence, at_utc_ms, kind, request_id, details, head FROM entry {where}",  # noqa: S608 - ours
                values,
            )
            for sequence, at_utc_ms, kind, request_id, details, head in cursor:
                yield PcEvent(
                    sequence=sequence,
                    kind=EventKind(kind),
                    at_utc_ms=at_utc_ms,
                    request_id=None if request_id is None else bytes(request_id),
                    details=DETAILS.decode(details),
                    head=bytes(head),
                )

    @staticmethod
    def _reading() -> _Reading:
        return _Reading()


def _resumed_from(event: PcEvent) -> bytes | None:
    if event.kind is not EventKind.JOURNAL_RESUMED:
        return None
    try:
        return bytes.fromhex(event.details.key or "")
    except ValueError:
        return None


class _Reading:
    """Turns SQLite's errors into ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, sqlite3.Error):
            raise UnavailableError(f"expected the journal to be readable, got {error}") from error
