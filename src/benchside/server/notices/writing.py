"""One transaction of the intake: what several PCs told within some milliseconds, with what follows from it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.trust.conditions import conditions_head
from benchside.protocol.wire.condition import ChangeKind, ConditionChange
from benchside.server.notices.advisories import acknowledged
from benchside.server.notices.board import Board
from benchside.server.notices.facts import OWN_JOURNAL, OwnCondition
from benchside.server.notices.model import KeptChange, NoticeCursor
from benchside.server.notices.order import START, Cursor, JournalFault, admit
from benchside.server.notices.own import JOURNAL_FAULTS, journal_fault
from benchside.server.notices.personal import seal_free

__all__ = ["MAX_JOURNALS", "Told", "Writing"]

VENDOR = ("vendor", "advisory")
"""Source and code of an advisory's condition; its subject is the advisory's id."""
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
class Writing:
    """Made for one transaction and thrown away; `board` has what changed when it is over."""

    rows: AsyncSession
    now_utc_ms: int
    board: Board = field(init=False)
    _cursors: dict[tuple[bytes, bytes], NoticeCursor] = field(default_factory=dict)
    _answers: dict[tuple[bytes, bytes], str | None] = field(default_factory=dict)
    _logged: dict[tuple[bytes, bytes], Cursor] = field(default_factory=dict)
    _log: list[dict[str, Any]] = field(default_factory=list)  # columns of any type

    async def write(self, group: Sequence[Told]) -> None:
        """Write what is new of `group`, in its order, and fill in each answer."""
        self.board = Board(self.rows, self.now_utc_ms)
        devices = {one.device_id for one in group}
        for cursor in await self.rows.scalars(select(NoticeCursor).where(NoticeCursor.device_id.in_(devices))):
            self._cursors[cursor.device_id, cursor.journal] = cursor
        await self._look_into_log([one for one in group if one.journal != OWN_JOURNAL])
        codes = {change.key.code for one in group for change in one.changes if change.key is not None}
        codes |= {wish.key.code for one in group for wish in one.own} | {code for _, code in JOURNAL_FAULTS}
        await self.board.load(devices, codes)
        for one in group:
            if one.journal == OWN_JOURNAL:
                await self._own(one.device_id, one.own)
            else:
                await self._take(one)
        await self.board.settle(self._own)
        if self._answers:
            await acknowledged(self.rows, self._answers, self.now_utc_ms)
        if self._log:
            await self.rows.execute(insert(KeptChange.__table__), self._log)  # type: ignore[arg-type]  # a Table

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
        row.sequence, row.head, row.seen_utc_ms = admitted.cursor.sequence, admitted.cursor.head, self.now_utc_ms
        for change in admitted.new:
            self._note(told.device_id, told.journal, change)
            self._answer(told.device_id, change)
            if row.is_current and change.key is not None and not change.key.source.startswith("server"):
                self.board.take(told.device_id, told.journal, change, change.key)
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

    async def _begin(self, told: Told) -> NoticeCursor:
        """Another journal of this device: whatever its older ones said is wrong is not known any more."""
        others = [
            one
            for (device, journal), one in self._cursors.items()
            if device == told.device_id and journal != OWN_JOURNAL
        ]
        for other in others:
            other.is_current = False
        for old in sorted(others, key=lambda one: one.seen_utc_ms)[: max(0, len(others) - MAX_JOURNALS + 1)]:
            await self.rows.execute(
                delete(NoticeCursor).where(NoticeCursor.device_id == old.device_id, NoticeCursor.journal == old.journal)
            )
            del self._cursors[old.device_id, old.journal]
        if others:
            await self.board.forget_others(told.device_id, told.journal)
        return self._new_cursor(told.device_id, told.journal, is_current=True)

    def _new_cursor(self, device_id: bytes, journal: bytes, *, is_current: bool) -> NoticeCursor:
        row = NoticeCursor(
            device_id=device_id,
            journal=journal,
            sequence=0,
            head=START.head,
            is_current=is_current,
            seen_utc_ms=self.now_utc_ms,
        )
        self.rows.add(row)
        self._cursors[device_id, journal] = row
        return row

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
            row.sequence, row.head, row.seen_utc_ms = change.sequence, change.head, self.now_utc_ms
            self._note(device_id, OWN_JOURNAL, change)
            self.board.take(device_id, OWN_JOURNAL, change, wish.key)

    def _answer(self, device_id: bytes, change: ConditionChange) -> None:
        """Remember that an advisory was acknowledged; its condition's name is made in notifier/carrier.py."""
        key = change.key
        if change.kind is ChangeKind.ACKNOWLEDGED and key is not None and (key.source, key.code) == VENDOR:
            with contextlib.suppress(ValueError):
                self._answers.setdefault((bytes.fromhex(key.subject), device_id), change.by)

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
