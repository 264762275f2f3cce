"""Takes the notifiers' journals in: in order, once, durably, and many PCs in one transaction."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.condition import NoticeBatch
from benchside.server.audit.kind import ServerKind, device_stream
from benchside.server.audit.refusals import Refusals
from benchside.server.bus.contract import Bus, ConditionChanged
from benchside.server.clock import NowUtcMs
from benchside.server.notices.facts import OWN_JOURNAL, OwnCondition
from benchside.server.notices.model import KeptChange, NoticeCursor
from benchside.server.notices.order import START, Cursor
from benchside.server.notices.pace import Pace
from benchside.server.notices.writing import Told, Writing
from benchside.server.store.database import Database

__all__ = ["Intake", "Tally"]

MAX_GROUP_CHANGES = 500
"""In one transaction: the work of some 20 ms, in which the event loop does nothing else."""
MAX_INSISTING = 20_000
"""PCs whose journal has a gap that they were told of: as many as a gateway has links."""


@dataclass
class _Waiting:
    told: Told
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass
class Tally:
    """What was done since the start, for the operator's figures."""

    changes: int = 0
    commits: int = 0
    commit_s: float = 0.0
    faults: int = 0


class Intake:
    """One for a process: whatever comes while a transaction is on its way goes into the next one together."""

    def __init__(self, database: Database, refusals: Refusals, bus: Bus, now: NowUtcMs) -> None:
        self._database = database
        self._refusals = refusals
        self._bus = bus
        self._now = now
        self._waiting: deque[_Waiting] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._pace = Pace()
        self.tally = Tally()
        self._gaps: dict[bytes, tuple[bytes, int]] = {}

    @property
    def waiting(self) -> int:
        """Batches that wait for the transaction before theirs."""
        return len(self._waiting)

    async def kept_up_to(self, device_id: bytes, journal: bytes) -> int:
        """Up to which change a journal of a device is kept."""
        return (await self.place_of(device_id, journal)).sequence

    async def place_of(self, device_id: bytes, journal: bytes) -> Cursor:
        """Up to which change a journal of a device is kept, and the head of its chain there."""
        async with self._database.read() as rows:
            cursor = await rows.get(NoticeCursor, (device_id, journal))
            if cursor is not None:
                return Cursor(cursor.sequence, cursor.head)
            newest = select(KeptChange.sequence, KeptChange.head)
            newest = newest.where(KeptChange.device_id == device_id, KeptChange.journal == journal)
            row = (await rows.execute(newest.order_by(KeptChange.sequence.desc()).limit(1))).first()
            return START if row is None else Cursor(row[0], row[1])

    async def keep(self, device_id: bytes, batch: NoticeBatch) -> int:
        """Keep what is new of a batch; return up to where the journal is kept, durably.

        Less than the batch's end means a gap: a PC that says the same again has nothing before it, and then that is
        kept with a condition that tells of it.  PeerError for a journal that is the server's own.  May be cancelled;
        what was handed over is kept all the same.
        """
        if batch.journal == OWN_JOURNAL:
            raise PeerError(PeerFault.MALFORMED, "expected a notifier's journal, got the server's own")
        if wait_s := self._pace.wait_s(device_id, len(batch.changes), time.monotonic()):
            await asyncio.sleep(wait_s)
        place = (batch.journal, batch.changes[0].sequence)
        told = Told(device_id, batch.journal, batch.changes, insists=self._gaps.get(device_id) == place)
        await self._hand_over(told)
        if told.is_gap:
            if len(self._gaps) >= MAX_INSISTING:
                self._gaps.pop(next(iter(self._gaps)))
            self._gaps[device_id] = place
        else:
            self._gaps.pop(device_id, None)
        for fault in sorted(told.faults):
            await self._refusals.note(
                ServerKind.NOTICES_REFUSED, device_id.hex(), device_stream(device_id), EventDetails(cause=fault.value)
            )
        return told.kept

    async def say(self, device_id: bytes, conditions: Sequence[OwnCondition]) -> None:
        """Let the server say itself what is wrong with a PC; what is so already changes nothing."""
        await self._hand_over(Told(device_id, OWN_JOURNAL, own=tuple(conditions)))

    async def _hand_over(self, told: Told) -> None:
        waiting = _Waiting(told)
        self._waiting.append(waiting)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all(), name="keep notices")
        await waiting.done

    async def _write_all(self) -> None:
        while self._waiting:
            group = self._next_group()
            try:
                await self._write([one.told for one in group])
            except Exception:
                for one in group:  # one of them cannot be kept; the others did nothing wrong
                    await self._write_alone(one)
            for one in group:
                if not one.done.done():
                    one.done.set_result(None)

    async def _write_alone(self, one: _Waiting) -> None:
        try:
            await self._write([one.told])
        except Exception as error:
            if not one.done.done():
                one.done.set_exception(error)

    def _next_group(self) -> list[_Waiting]:
        group = [self._waiting.popleft()]
        changes = len(group[0].told.changes)
        while self._waiting and changes < MAX_GROUP_CHANGES:
            group.append(self._waiting.popleft())
            changes += len(group[-1].told.changes) + len(group[-1].told.own)
        return group

    async def _write(self, group: list[Told]) -> None:
        began = time.monotonic()
        async with self._database.write() as rows:
            writing = Writing(rows, self._now())
            await writing.write(group)
        self.tally.commits += 1
        self.tally.commit_s += time.monotonic() - began
        self.tally.changes += writing.changes
        self.tally.faults += sum(len(one.faults) for one in group)
        for moved in writing.board.moved:
            self._bus.publish(ConditionChanged(moved.device_id, moved.key, moved.number, moved.shown))
