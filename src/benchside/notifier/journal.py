"""The notifier's journal: every change, on disk before anybody is told of it, in a chain of hashes.

SQLite with full synchronisation.  All changes of one step are one transaction, so that a flood costs one write.  Old
entries are cut, with the state of conditions at that point kept, so that the projection and the chain go on from there.
"""

from __future__ import annotations

import logging
import math
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from benchside.platform.files import make_private_folder
from benchside.protocol.errors import CallerError, PeerError, UnavailableError
from benchside.protocol.flow.conditions.projection import States, apply
from benchside.protocol.flow.conditions.unsaid import Unsaid
from benchside.protocol.trust.conditions import CONDITIONS_START, conditions_head, fits
from benchside.protocol.wire.condition import CHANGE, ChangeKind, ConditionChange, ConditionKey, ConditionState

__all__ = ["Cut", "Journal", "Projection", "open_journal"]

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS change (
    sequence INTEGER PRIMARY KEY,
    at_utc_ms INTEGER NOT NULL,
    condition TEXT,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS change_of_condition ON change (condition, sequence) WHERE condition IS NOT NULL;
CREATE TABLE IF NOT EXISTS unsaid (condition TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
"""
BUSY_WITHIN_MS = 2000
"""An administrator's command reads the journal beside us."""
CACHE_KB = 512
"""SQLite's own memory: the notifier only appends, and each megabyte counts on an instrument's PC."""
MAX_BEFORE_CUT_S = 30 * 24 * 3600
"""So long nothing is cut that the server lacks, or that belongs to a condition which is active, however large."""
CUT_PART = 10
"""At most a tenth of the entries goes in a day by a clock (trim.py): one that jumps by years empties no journal."""


_Row = tuple[int, int, str | None, bytes]
"""Of the table `change`."""


class _Base(msgspec.Struct, frozen=True):
    """Where the journal begins after a cut."""

    sequence: Annotated[int, Meta(ge=0, lt=2**62)] = 0
    head: Annotated[bytes, Meta(min_length=32, max_length=32)] = CONDITIONS_START
    states: list[ConditionState] = []


_Id = Annotated[bytes, Meta(min_length=16, max_length=16)]


@dataclass(frozen=True)
class Projection:
    """What follows from the whole journal.  `broken_at`: the first entry that does not fit the chain.

    `popped`: the newest POPPED_UP of each condition.  `unsaid`: what was heard and is in no change yet.
    """

    states: States
    sequence: int
    head: bytes
    last_utc_ms: int | None
    entries: int
    broken_at: int | None
    popped: dict[ConditionKey, ConditionChange] = field(default_factory=dict)
    unsaid: tuple[Unsaid, ...] = ()


@dataclass(frozen=True)
class Cut:
    """How much goes: entries up to `sequence`, `entries` of them, `by_clock` for no other reason than their age."""

    sequence: int
    entries: int
    by_clock: int


class Journal:
    """Appends, reads back, verifies and cuts.  UnavailableError from any method: the disk does not take it."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; `project` must be called before anything is appended."""
        self._path = path
        with _disk("a journal that can be opened"):
            self._db = sqlite3.connect(path, isolation_level=None)
            try:
                self.id: bytes = self._begin()
            except BaseException:
                # nobody else can, and Windows renames nothing that is open
                self._db.close()
                raise
        self._last: tuple[int, bytes] | None = None

    def _begin(self) -> bytes:
        self._path.chmod(0o600)
        self._db.execute(f"PRAGMA busy_timeout = {BUSY_WITHIN_MS}")
        self._db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_SCHEMA)
        self._db.execute("INSERT OR IGNORE INTO fact VALUES ('journal', ?)", (os.urandom(16),))
        return msgspec.convert(self.fact("journal"), _Id)

    def append(
        self, drafts: Sequence[ConditionChange], unsaid: Mapping[ConditionKey, Unsaid | None] = MappingProxyType({})
    ) -> list[ConditionChange]:
        """Number `drafts`, chain them and write them together; return them once they are durable.

        `unsaid`: what is kept beside them by then; None: no longer.
        """
        changes, rows = self._numbered(drafts)
        with _disk("the journal to take changes"), self._together():
            self._insert(rows)
            for key, each in unsaid.items():
                if each is None:
                    self._db.execute("DELETE FROM unsaid WHERE condition = ?", (_name(key),))
                else:
                    row = (_name(key), msgspec.msgpack.encode(each))
                    self._db.execute("INSERT OR REPLACE INTO unsaid VALUES (?, ?)", row)
        if changes:
            self._last = (changes[-1].sequence, changes[-1].head)
        return changes

    def project(self) -> Projection:
        """Walk the whole journal: its chain, and how conditions stand after it."""
        base = self._base()
        states: States = {state.key: state for state in base.states}
        sequence, head, last_utc_ms, broken_at, entries = base.sequence, base.head, None, None, 0
        popped: dict[ConditionKey, ConditionChange] = {}
        for change in self._changes("ORDER BY sequence", ()):
            if broken_at is None and (change.sequence != sequence + 1 or not fits(head, change)):
                broken_at = change.sequence
            sequence, head, last_utc_ms = change.sequence, change.head, change.at_utc_ms
            entries += 1
            apply(states, change)
            if change.key is not None and change.kind is ChangeKind.POPPED_UP:
                popped[change.key] = change
        return Projection(states, sequence, head, last_utc_ms, entries, broken_at, popped, self._unsaid())

    def _unsaid(self) -> tuple[Unsaid, ...]:
        with _disk("the journal to be readable"):
            rows = self._db.execute("SELECT body FROM unsaid").fetchall()
            return tuple(msgspec.msgpack.decode(body, type=Unsaid) for (body,) in rows)

    def last_sequence(self) -> int:
        """Return the newest entry's number; 0 for an empty journal."""
        return (self._last or self._newest())[0]

    def after(self, sequence: int, most: int) -> list[ConditionChange]:
        """Return up to `most` changes after `sequence`, in order."""
        return list(self._changes("WHERE sequence > ? ORDER BY sequence LIMIT ?", (sequence, most)))

    def at(self, sequence: int) -> ConditionChange | None:
        """Return one entry; None where there is none, or none any more."""
        return next(self._changes("WHERE sequence = ?", (sequence,)), None)

    def begin_another(self) -> None:
        """Be another journal from now on, with the same entries: whoever knows it by its id does not know this one."""
        journal = os.urandom(16)
        self.keep_fact("journal", journal)
        self.id = journal

    def history(self, *, before: int | None, key: ConditionKey | None, most: int) -> list[ConditionChange]:
        """Return up to `most` changes older than `before`, newest first; of one condition, or of all."""
        if key is None:
            where, values = "WHERE sequence < ? ORDER BY sequence DESC LIMIT ?", (before or 2**62, most)
            return list(self._changes(where, values))
        return list(
            self._changes(
                "WHERE condition = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?",
                (_name(key), before or 2**62, most),
            )
        )

    def fact(self, name: str) -> bytes | None:
        """Return a small durable value."""
        with _disk("the journal to be readable"):
            row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def keep_fact(self, name: str, value: bytes) -> None:
        """Store it; durable on return."""
        with _disk(f"the journal to keep {name}"):
            self._db.execute(
                "INSERT INTO fact VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
            )

    def is_larger_than(self, size_mb: int) -> bool:
        """Return whether its file is; False where it cannot be read."""
        try:
            with _disk("the journal to be readable"):
                return self._bytes() > size_mb * 1_000_000
        except UnavailableError:
            return False

    def part(self) -> int:
        """Return how many entries may go in a day by a clock; 0 for an empty journal."""
        with _disk("the journal to be readable"):
            count = int(self._db.execute("SELECT count(*) FROM change").fetchone()[0])
        return min(count, max(count // CUT_PART, 1))

    def to_cut(
        self, *, now_utc_ms: int, max_age_s: int, max_bytes: int, kept: int, states: States, most: int
    ) -> Cut | None:
        """Return what may go: for age or size, but never what is still needed (MAX_BEFORE_CUT_S).

        `kept`: up to where the server has it.  `most`: so many entries by what the clock says, of what `part` gave for
        this day.  What is above `max_bytes` and not needed goes at once: no clock can make a journal large.
        """
        with _disk("the journal to be readable"):
            (first,) = self._db.execute("SELECT min(sequence) FROM change").fetchone()
            if first is None:
                return None
            last = first - 1 + most
            old = min(last, self._before(now_utc_ms - max_age_s * 1000))
            large = first - 1 + self._beyond(max_bytes)
            since = min((state.since_utc_ms for state in states.values() if state.is_active), default=None)
            needed = kept if since is None else min(kept, self._before(since))
            until = min(max(old, large), max(needed, min(last, self._before(now_utc_ms - MAX_BEFORE_CUT_S * 1000))))
        by_size = max(first - 1, min(large, needed))
        return Cut(until, until - first + 1, max(0, until - by_size)) if until >= first else None

    def cut(self, until: int, entry: ConditionChange) -> None:
        """Remove entries up to `until`, and write `entry`, which says so; both or neither.

        The chain and the projection go on from there.  It takes as long as what is removed is much: cut in pieces.
        """
        base = self._base()
        states: States = {state.key: state for state in base.states}
        head = base.head
        for change in self._changes("WHERE sequence <= ? ORDER BY sequence", (until,)):
            apply(states, change)
            head = change.head
        now = msgspec.msgpack.encode(_Base(until, head, list(states.values())))
        changes, rows = self._numbered([entry])
        with _disk("the journal to be cut"), self._together():
            self._db.execute("INSERT OR REPLACE INTO fact VALUES ('base', ?)", (now,))
            self._db.execute("DELETE FROM change WHERE sequence <= ?", (until,))
            self._insert(rows)
        self._last = (changes[0].sequence, changes[0].head)
        with _disk("the journal to shrink"):
            self._db.execute("PRAGMA incremental_vacuum").fetchall()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _numbered(self, drafts: Sequence[ConditionChange]) -> tuple[list[ConditionChange], list[_Row]]:
        sequence, head = self._last or self._newest()
        changes, rows = list[ConditionChange](), list[_Row]()
        for draft in drafts:
            sequence += 1
            change, body = _chained(head, replace(draft, sequence=sequence))
            head = change.head
            changes.append(change)
            rows.append((change.sequence, change.at_utc_ms, _name(change.key), body))
        return changes, rows

    def _insert(self, rows: list[_Row]) -> None:
        self._db.executemany("INSERT INTO change VALUES (?, ?, ?, ?)", rows)

    def _before(self, at_utc_ms: int) -> int:
        """Return the last entry before the first that is not older than this; stamps may go back, numbers do not."""
        row = self._db.execute("SELECT min(sequence) FROM change WHERE at_utc_ms >= ?", (at_utc_ms,)).fetchone()
        return int(row[0]) - 1 if row[0] is not None else self._newest()[0]

    def _bytes(self) -> int:
        names = ("page_count", "freelist_count", "page_size")
        pages, free, size = (int(self._db.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
        return (pages - free) * size

    def _beyond(self, max_bytes: int) -> int:
        """Return how many entries of the usual size are too many for a file of so many bytes."""
        size = self._bytes()
        if size <= max_bytes:
            return 0
        count = int(self._db.execute("SELECT count(*) FROM change").fetchone()[0])
        return math.ceil(count * (size - max_bytes) / size)

    def _base(self) -> _Base:
        data = self.fact("base")
        with _disk("the journal to be readable"):
            return _Base() if data is None else msgspec.msgpack.decode(data, type=_Base)

    def _newest(self) -> tuple[int, bytes]:
        for change in self._changes("ORDER BY sequence DESC LIMIT 1", ()):
            return change.sequence, change.head
        base = self._base()
        return base.sequence, base.head

    def _changes(self, where: str, values: tuple[object, ...]) -> Iterator[ConditionChange]:
        with _disk("the journal to be readable"):
            for (body,) in self._db.execute(f"SELECT body FROM change {where}", values):  # noqa: S608 - ours
                yield CHANGE.decode(body)

    @contextmanager
    def _together(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # a full disk may have rolled it back already
                self._db.execute("ROLLBACK")
            raise


def open_journal(folder: Path, stamp: str) -> tuple[Journal, Projection, bool]:
    """Return the journal in `folder` and what follows from it, and whether an unreadable one had to be put aside.

    What SQLite or we cannot read any more is kept under a name with `stamp`, and another journal is begun: a watch
    without its past is better than none.
    """
    make_private_folder(folder)
    path = folder / "notices.db"
    journal = None
    try:
        journal = Journal(path)
        return journal, journal.project(), False
    except UnavailableError as error:
        if journal is not None:
            journal.close()  # Windows renames nothing that is open
        if not _is_spoilt(error):
            raise
    for name in ("notices.db", "notices.db-wal", "notices.db-shm"):
        spoilt = folder / name
        if spoilt.exists():
            spoilt.rename(folder / f"spoilt-{stamp}-{name}")
    journal = Journal(path)
    return journal, journal.project(), True


def _chained(head: bytes, change: ConditionChange) -> tuple[ConditionChange, bytes]:
    """Return `change` in the chain after `head`, and its bytes.

    One that is too long loses its words rather than stopping all that come after it; its code tells what it was.
    """
    try:
        chained = replace(change, head=conditions_head(head, change))
        return chained, CHANGE.encode(chained)
    except CallerError as error:
        log.error("change is written without its words", extra={"cause": str(error)})
    bare = replace(change, texts={}, values={}, why=None)
    bare = replace(bare, head=conditions_head(head, bare))
    return bare, CHANGE.encode(bare)


def _is_spoilt(error: UnavailableError) -> bool:
    cause = error.__cause__
    return isinstance(cause, PeerError | msgspec.MsgspecError) or (
        isinstance(cause, sqlite3.DatabaseError) and cause.sqlite_errorname in ("SQLITE_CORRUPT", "SQLITE_NOTADB")
    )


def _name(key: ConditionKey | None) -> str | None:
    return None if key is None else f"{key.source}\0{key.subject}\0{key.code}"


@contextmanager
def _disk(expected: str) -> Iterator[None]:
    """Turn errors of SQLite, and of what is written in the file, into ours."""
    try:
        yield
    except (sqlite3.Error, OSError, PeerError, msgspec.MsgspecError) as error:
        raise UnavailableError(f"expected {expected}, got {error}") from error
