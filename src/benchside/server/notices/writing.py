"""One transaction of the intake: what several PCs told within some milliseconds, with what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.trust.conditions import conditions_head
from benchside.protocol.wire.condition import ChangeKind, ConditionChange
from benchside.server.notices.advisory_answers import AdvisoryAnswers
from benchside.server.notices.board import Board
from benchside.server.notices.facts import OWN_JOURNAL, OwnCondition
from benchside.server.notices.model import KeptChange, NoticeCursor
from benchside.server.notices.order import START, Cursor, JournalFault, admit
from benchside.server.notices.own import JOURNAL_FAULTS, journal_fault
from benchside.server.notices.personal import seal_free
from benchside.server.notices.terms import NamedFrom, named_from, without_people
from benchside.server.store.planes import table_of

__all__ = ["MAX_JOURNALS", "Told", "Writing"]

MAX_JOURNALS = 32
"""Cursors of one device: a disk that is wiped at each start makes a journal a day; the log knows older ones."""


@dataclass
class Told:
    """One batch of one PC's journal, or what the server says itself; `kept` is the answer once it is written."""

    device_id: bytes
    journal: bytes
    changes: tuple[ConditionChange, ...] = ()
    own: tuple[OwnCondition, ...] = ()
    insists: bool = False
    kept: int = 0
    is_gap: bool = False
    faults: frozenset[JournalFault] = frozenset()


@dataclass
class _Place:
    """How far a journal is kept, as it will be written; `is_known`: there is a row of it."""

    sequence: int
    head: bytes
    is_current: bool
    seen_utc_ms: int
    is_known: bool
    is_dirty: bool = False

    def move(self, to: Cursor, now_utc_ms: int) -> None:
        self.sequence, self.head, self.seen_utc_ms, self.is_dirty = to.sequence, to.head, now_utc_ms, True


_CURSORS, _CHANGES = table_of(NoticeCursor), table_of(KeptChange)
_cursor = _CURSORS.c
_LOADED = (
    _cursor.device_id, _cursor.journal, _cursor.sequence, _cursor.head, _cursor.is_current, _cursor.seen_utc_ms,
)  # fmt: skip
_MOVE = update(_CURSORS).where(_cursor.device_id == bindparam("of"), _cursor.journal == bindparam("which"))


@dataclass
class Writing:
    """Made for one transaction and thrown away; `board` has what changed when it is over."""

    rows: AsyncSession
    now_utc_ms: int
    board: Board = field(init=False)
    _cursors: dict[tuple[bytes, bytes], _Place] = field(default_factory=dict)
    _named_from: NamedFrom = field(default_factory=dict)
    _answers: AdvisoryAnswers = field(default_factory=AdvisoryAnswers)
    _logged: dict[tuple[bytes, bytes], Cursor] = field(default_factory=dict)
    _log: list[dict[str, Any]] = field(default_factory=list)  # columns of any type

    async def write(self, group: Sequence[Told]) -> None:
        """Write what is new of `group`, in its order, and fill in each answer."""
        self.board = Board(self.rows, self.now_utc_ms)
        devices = {one.device_id for one in group}
        known = await self.rows.execute(select(*_LOADED).where(_cursor.device_id.in_(devices)))
        for device_id, journal, sequence, head, is_current, seen in known:
            self._cursors[device_id, journal] = _Place(sequence, head, is_current, seen, is_known=True)
        await self._look_into_log([one for one in group if one.journal != OWN_JOURNAL])
        codes = {change.key.code for one in group for change in one.changes if change.key is not None}
        codes |= {wish.key.code for one in group for wish in one.own} | {code for _, code in JOURNAL_FAULTS}
        await self.board.load(devices, codes)
        self._named_from = await named_from(self.rows, [(one.device_id, one.changes) for one in group], self.now_utc_ms)
        for one in group:
            if one.journal == OWN_JOURNAL:
                await self._own(one.device_id, one.own)
            else:
                await self._take(one)
        await self.board.settle(self._own)
        await self._answers.write(self.rows, self.now_utc_ms)
        if self._log:
            await self.rows.execute(insert(_CHANGES), self._log)
        await self._write_cursors()

    async def _write_cursors(self) -> None:
        moved, new = list[dict[str, Any]](), list[dict[str, Any]]()
        for (device_id, journal), place in self._cursors.items():
            if not place.is_dirty:
                continue
            columns: dict[str, Any] = {
                "sequence": place.sequence, "head": place.head, "is_current": place.is_current,
                "seen_utc_ms": place.seen_utc_ms,
            }  # fmt: skip
            if place.is_known:
                moved.append({"of": device_id, "which": journal, **columns})
            else:
                new.append({"device_id": device_id, "journal": journal, **columns})
        if moved:
            await self.rows.execute(_MOVE, moved)
        if new:
            await self.rows.execute(insert(_CURSORS), new)

    @property
    def changes(self) -> int:
        """How many were new."""
        return len(self._log)

    async def _take(self, told: Told) -> None:
        row = self._cursors.get((told.device_id, told.journal))
        cursor = Cursor(row.sequence, row.head) if row else self._logged.get((told.device_id, told.journal), START)
        admitted = admit(cursor, told.changes, insists=told.insists)
        told.kept = cursor.sequence if admitted is None else admitted.cursor.sequence
        told.is_gap = admitted is None
        if admitted is None:
            return
        told.faults = admitted.faults
        if row is None:
            row = await self._begin(told)
        row.move(admitted.cursor, self.now_utc_ms)
        named_from_utc_ms = self._named_from.get(told.device_id, 0)
        for change in admitted.new:
            self._note(told.device_id, told.journal, change)
            self._answers.look_at(told.device_id, change)
            if row.is_current and change.key is not None and not change.key.source.startswith("server"):
                shown = change if change.at_utc_ms >= named_from_utc_ms else without_people(change)
                self.board.take(told.device_id, told.journal, shown, change.key)
        await self._own(told.device_id, [journal_fault(fault) for fault in sorted(admitted.faults)])

    async def _look_into_log(self, group: Sequence[Told]) -> None:
        """Journals without a cursor: new ones, or those whose cursor had to go, and then the log knows."""
        unknown = {(one.device_id, one.journal) for one in group} - self._cursors.keys()
        newest = (
            select(func.max(KeptChange.number))
            .where(
                KeptChange.device_id.in_({one for one, _ in unknown}),
                KeptChange.journal.in_({one for _, one in unknown}),
            )
            .group_by(KeptChange.device_id, KeptChange.journal)
        )
        query = select(KeptChange.device_id, KeptChange.journal, KeptChange.sequence, KeptChange.head)
        if unknown:
            for device_id, journal, sequence, head in await self.rows.execute(
                query.where(KeptChange.number.in_(newest))
            ):
                self._logged[device_id, journal] = Cursor(sequence, head)

    async def _begin(self, told: Told) -> _Place:
        """Another journal of this device: whatever its older ones said is wrong is not known any more."""
        others = [
            (journal, one)
            for (device, journal), one in self._cursors.items()
            if device == told.device_id and journal != OWN_JOURNAL
        ]
        for _, other in others:
            other.is_dirty |= other.is_current
            other.is_current = False
        oldest = sorted(others, key=lambda one: one[1].seen_utc_ms)[: max(0, len(others) - MAX_JOURNALS + 1)]
        for journal, _ in oldest:
            await self.rows.execute(
                delete(NoticeCursor).where(NoticeCursor.device_id == told.device_id, NoticeCursor.journal == journal)
            )
            del self._cursors[told.device_id, journal]
        if others:
            await self.board.forget_others(told.device_id, told.journal)
        return self._new_cursor(told.device_id, told.journal, is_current=True)

    def _new_cursor(self, device_id: bytes, journal: bytes, *, is_current: bool) -> _Place:
        place = _Place(START.sequence, START.head, is_current, self.now_utc_ms, is_known=False)
        self._cursors[device_id, journal] = place
        return place

    async def _own(self, device_id: bytes, wishes: Sequence[OwnCondition]) -> None:
        for wish in wishes:
            state = self.board.state(device_id, wish.key)
            if wish.is_on is (state is not None and state.is_active):
                continue
            row = self._cursors.get((device_id, OWN_JOURNAL))
            if row is None:
                row = self._new_cursor(device_id, OWN_JOURNAL, is_current=False)
            bare = ConditionChange(
                sequence=row.sequence + 1,
                kind=ChangeKind.RAISED if wish.is_on else ChangeKind.CLEARED,
                at_utc_ms=self.now_utc_ms,
                key=wish.key,
                severity=wish.severity if wish.is_on else None,
                texts=(wish.texts or {}) if wish.is_on else {},
                values=(wish.values or {}) if wish.is_on else {},
                head=START.head,
            )
            change = msgspec.structs.replace(bare, head=conditions_head(row.head, bare))
            row.move(Cursor(change.sequence, change.head), self.now_utc_ms)
            self._note(device_id, OWN_JOURNAL, change)
            self.board.take(device_id, OWN_JOURNAL, change, wish.key)

    def _note(self, device_id: bytes, journal: bytes, change: ConditionChange) -> None:
        key, (content, personal) = change.key, seal_free(change)
        self._log.append(
            {
                "device_id": device_id,
                "journal": journal,
                "sequence": change.sequence,
                "kind": change.kind.value,
                "at_utc_ms": change.at_utc_ms,
                "kept_utc_ms": self.now_utc_ms,
                "source": key.source if key else None,
                "subject": key.subject if key else None,
                "code": key.code if key else None,
                "severity": change.severity.rank if change.severity else None,
                "content": content,
                "personal": personal,
                "head": change.head,
            }
        )
