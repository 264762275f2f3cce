"""The conditions of some PCs within one transaction: read, moved on by changes, written back once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.flow.conditions.projection import States, apply, is_shown
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, ConditionState
from benchside.server.notices.facts import OWN_JOURNAL, OwnCondition, ShownCondition
from benchside.server.notices.model import KeptCondition
from benchside.server.notices.own import too_many
from benchside.server.notices.personal import joined, split

__all__ = ["MAX_CONDITIONS", "Board", "Moved"]

MAX_CONDITIONS = 1000
"""Of one PC: twice what its own window shows.  What a notifier gone wild says beyond is in the log alone."""


@dataclass(frozen=True)
class Moved:
    """What became of a condition; None: it has nothing to say any more."""

    device_id: bytes
    key: ConditionKey
    number: int
    shown: ShownCondition | None


@dataclass
class _Entry:
    row: KeptCondition | None
    state: ConditionState | None
    journal: bytes
    is_dirty: bool = False
    is_raised: bool = False


class Board:
    """Of one transaction."""

    def __init__(self, rows: AsyncSession, now_utc_ms: int) -> None:
        self._rows = rows
        self._now_utc_ms = now_utc_ms
        self._entries: dict[tuple[bytes, ConditionKey], _Entry] = {}
        self.moved: list[Moved] = []

    async def load(self, devices: Collection[bytes], codes: Collection[str]) -> None:
        """Read the conditions of `devices` that have one of `codes`."""
        query = select(KeptCondition).where(KeptCondition.device_id.in_(devices), KeptCondition.code.in_(codes))
        for row in await self._rows.scalars(query):
            key = ConditionKey(row.source, row.subject, row.code)
            self._entries[row.device_id, key] = _Entry(row, joined(row.state, row.personal), row.journal)

    def state(self, device_id: bytes, key: ConditionKey) -> ConditionState | None:
        """How a condition that was loaded stands."""
        entry = self._entries.get((device_id, key))
        return entry.state if entry else None

    def take(self, device_id: bytes, journal: bytes, change: ConditionChange, key: ConditionKey) -> None:
        """Move a condition on; one of the server's own is over when it is cleared: nobody can acknowledge it."""
        entry = self._entries.get((device_id, key))
        if entry is None:
            entry = self._entries[device_id, key] = _Entry(None, None, journal)
        states: States = {} if entry.state is None else {key: entry.state}
        apply(states, change)
        after = states.get(key)
        is_over = journal == OWN_JOURNAL and after is not None and not after.is_active
        entry.state, entry.journal, entry.is_dirty = None if is_over else after, journal, True
        entry.is_raised |= change.kind is ChangeKind.RAISED

    async def forget_others(self, device_id: bytes, journal: bytes) -> None:
        """Forget what older journals of a notifier said: nobody knows whether it is still so."""
        gone = select(KeptCondition).where(
            KeptCondition.device_id == device_id, KeptCondition.journal.not_in((journal, OWN_JOURNAL))
        )
        for row in list(await self._rows.scalars(gone)):
            key = ConditionKey(row.source, row.subject, row.code)
            self._entries.pop((device_id, key), None)
            self.moved.append(Moved(device_id, key, row.number, None))
            await self._rows.delete(row)
        await self._rows.flush()  # before the same keys come anew

    async def settle(self, say: Callable[[bytes, Sequence[OwnCondition]], Awaitable[None]]) -> None:
        """Write back what moved; `say` is told of PCs that have too many."""
        await self._refuse_too_many(say)
        moved = [(place, entry) for place, entry in self._entries.items() if entry.is_dirty]
        for (device_id, key), entry in moved:
            if entry.state is None:
                if entry.row is not None:
                    self.moved.append(Moved(device_id, key, entry.row.number, None))
                    await self._rows.delete(entry.row)
                    entry.row = None
                continue
            if entry.row is None:
                entry.row = KeptCondition(
                    device_id=device_id, source=key.source, subject=key.subject, code=key.code,
                    raised_utc_ms=self._now_utc_ms,
                )  # fmt: skip
                self._rows.add(entry.row)
            self._fill(entry.row, entry, entry.state)
        await self._rows.flush()
        for (device_id, key), entry in moved:
            if entry.row is not None and entry.state is not None:
                self.moved.append(Moved(device_id, key, entry.row.number, _shown(entry.row, entry.state)))

    def _fill(self, row: KeptCondition, entry: _Entry, state: ConditionState) -> None:
        row.journal = entry.journal
        row.severity, row.is_active, row.is_acknowledged = state.severity.rank, state.is_active, state.is_acknowledged
        row.is_shown, row.shelved_until_utc_ms = is_shown(state) and not state.is_suppressed, state.shelved_until_utc_ms
        row.kept_utc_ms = self._now_utc_ms
        if entry.is_raised:
            row.raised_utc_ms = self._now_utc_ms
        row.state, row.personal = split(state)

    async def _refuse_too_many(self, say: Callable[[bytes, Sequence[OwnCondition]], Awaitable[None]]) -> None:
        new: dict[bytes, list[tuple[bytes, ConditionKey]]] = {}
        for (device_id, key), entry in self._entries.items():
            if entry.row is None and entry.is_dirty and entry.journal != OWN_JOURNAL:
                new.setdefault(device_id, []).append((device_id, key))
        if not new:
            return
        counted = await self._rows.execute(
            select(KeptCondition.device_id, func.count())
            .where(KeptCondition.device_id.in_(list(new)))
            .group_by(KeptCondition.device_id)
        )
        had: dict[bytes, int] = {row[0]: row[1] for row in counted}
        for device_id, keys in new.items():
            if over := keys[max(0, MAX_CONDITIONS - had.get(device_id, 0)) :]:
                for place in over:
                    del self._entries[place]
                await say(device_id, [too_many()])


def _shown(row: KeptCondition, state: ConditionState) -> ShownCondition:
    return ShownCondition(row.number, row.device_id, state, row.raised_utc_ms, row.kept_utc_ms)
