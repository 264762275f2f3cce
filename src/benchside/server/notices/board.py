"""The conditions of some PCs within one transaction: read, moved on by changes, written back once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.flow.conditions import shares
from benchside.protocol.flow.conditions.projection import States, apply, is_shown
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, ConditionState
from benchside.protocol.wire.notice import MAX_SHELVE_S
from benchside.server.notices.facts import OWN_JOURNAL, OwnCondition, ShownCondition
from benchside.server.notices.model import KeptCondition
from benchside.server.notices.own import too_many
from benchside.server.notices.personal import joined, split
from benchside.server.store.planes import table_of

__all__ = ["MAX_CONDITIONS", "Board", "Moved"]

MAX_CONDITIONS = shares.MAX_CONDITIONS + shares.MAX_CRITICAL + 450
"""Of one PC: as many as a notifier remembers, and more of its own about itself, which have no limit there, than it can
have.  What one gone wild says beyond is in the log alone."""


@dataclass(frozen=True)
class Moved:
    """What became of a condition; None: it has nothing to say any more."""

    device_id: bytes
    key: ConditionKey
    number: int
    shown: ShownCondition | None


@dataclass
class _Entry:
    """One condition; `number` where there is a row of it."""

    number: int | None
    state: ConditionState | None
    journal: bytes
    raised_utc_ms: int
    is_dirty: bool = False


_KEPT = table_of(KeptCondition)
_kept = _KEPT.c
_LOADED = (
    _kept.number, _kept.device_id, _kept.journal, _kept.source, _kept.subject, _kept.code, _kept.raised_utc_ms,
    _kept.state, _kept.personal,
)  # fmt: skip
"""As columns: an object for each, and a mapper that looks for what has changed, took a third of a transaction."""
_CHANGE = update(_KEPT).where(_kept.number == bindparam("of"))
_DELETE = delete(_KEPT).where(_kept.number == bindparam("of"))


class Board:
    """Of one transaction."""

    def __init__(self, rows: AsyncSession, now_utc_ms: int) -> None:
        self._rows = rows
        self._now_utc_ms = now_utc_ms
        self._entries: dict[tuple[bytes, ConditionKey], _Entry] = {}
        self.moved: list[Moved] = []

    async def load(self, devices: Collection[bytes], codes: Collection[str]) -> None:
        """Read the conditions of `devices` that have one of `codes`."""
        query = select(*_LOADED).where(_kept.device_id.in_(devices), _kept.code.in_(codes))
        for number, device_id, journal, *names, raised, state, personal in await self._rows.execute(query):
            entry = _Entry(number, joined(state, personal), journal, raised)
            self._entries[device_id, ConditionKey(*names)] = entry

    def state(self, device_id: bytes, key: ConditionKey) -> ConditionState | None:
        """How a condition that was loaded stands."""
        entry = self._entries.get((device_id, key))
        return entry.state if entry else None

    def take(self, device_id: bytes, journal: bytes, change: ConditionChange, key: ConditionKey) -> None:
        """Move a condition on; one of the server's own is over when it is cleared: nobody can acknowledge it."""
        entry = self._entries.get((device_id, key))
        if entry is None:
            entry = self._entries[device_id, key] = _Entry(None, None, journal, self._now_utc_ms)
        states: States = {} if entry.state is None else {key: entry.state}
        was_active = entry.state is not None and entry.state.is_active
        apply(states, change)
        after = states.get(key)
        if after is not None and change.kind is ChangeKind.SHELVED:
            after = msgspec.structs.replace(after, shelved_until_utc_ms=_shelved_until(change, self._now_utc_ms))
        is_over = journal == OWN_JOURNAL and after is not None and not after.is_active
        entry.state, entry.journal, entry.is_dirty = None if is_over else after, journal, True
        begins = change.kind is ChangeKind.RAISED or (change.kind is ChangeKind.FLAPPING and not was_active)
        if begins:
            entry.raised_utc_ms = self._now_utc_ms

    async def forget_others(self, device_id: bytes, journal: bytes) -> None:
        """Forget what older journals of a notifier said: nobody knows whether it is still so."""
        gone = select(_kept.number, _kept.source, _kept.subject, _kept.code).where(
            _kept.device_id == device_id, _kept.journal.not_in((journal, OWN_JOURNAL))
        )
        numbers = []
        for number, *names in await self._rows.execute(gone):
            key = ConditionKey(*names)
            self._entries.pop((device_id, key), None)
            self.moved.append(Moved(device_id, key, number, None))
            numbers.append(number)
        await self._delete(numbers)  # before the same keys come anew

    async def settle(self, say: Callable[[bytes, Sequence[OwnCondition]], Awaitable[None]]) -> None:
        """Write back what moved; `say` is told of PCs that have too many."""
        await self._refuse_too_many(say)
        new: dict[tuple[bytes, ConditionKey], ConditionState] = {}
        gone, changed = list[int](), list[dict[str, Any]]()
        for (device_id, key), entry in self._entries.items():
            if not entry.is_dirty:
                continue
            if entry.number is None:
                if entry.state is not None:
                    new[device_id, key] = entry.state
            elif entry.state is not None:
                changed.append({"of": entry.number, **self._columns(entry, entry.state)})
                shown = ShownCondition(entry.number, device_id, entry.state, entry.raised_utc_ms, self._now_utc_ms)
                self.moved.append(Moved(device_id, key, entry.number, shown))
            else:
                self.moved.append(Moved(device_id, key, entry.number, None))
                gone.append(entry.number)
                entry.number = None
        await self._delete(gone)
        if changed:
            await self._rows.execute(_CHANGE, changed)
        if new:
            await self._insert(new)

    async def _delete(self, numbers: Sequence[int]) -> None:
        if numbers:
            await self._rows.execute(_DELETE, [{"of": number} for number in numbers])

    async def _insert(self, new: dict[tuple[bytes, ConditionKey], ConditionState]) -> None:
        """All in one statement: the mapper would ask for each number by itself, in a turn of the database's thread."""
        values = [
            {
                "device_id": device_id, "source": key.source, "subject": key.subject, "code": key.code,
                **self._columns(self._entries[device_id, key], state),
            }
            for (device_id, key), state in new.items()
        ]  # fmt: skip
        wanted = insert(_KEPT).returning(_kept.number, _kept.device_id, _kept.source, _kept.subject, _kept.code)
        for number, device_id, *names in await self._rows.execute(wanted, values):
            key = ConditionKey(*names)
            raised = self._entries[device_id, key].raised_utc_ms
            shown = ShownCondition(number, device_id, new[device_id, key], raised, self._now_utc_ms)
            self.moved.append(Moved(device_id, key, number, shown))

    def _columns(self, entry: _Entry, state: ConditionState) -> dict[str, Any]:
        """What a row says of how its condition stands; columns of any type."""
        text, personal = split(state)
        return {
            "journal": entry.journal,
            "severity": state.severity.rank,
            "is_active": state.is_active,
            "is_acknowledged": state.is_acknowledged,
            "is_shown": is_shown(state) and not state.is_suppressed,
            "shelved_until_utc_ms": state.shelved_until_utc_ms,
            "raised_utc_ms": entry.raised_utc_ms,
            "kept_utc_ms": self._now_utc_ms,
            "state": text,
            "personal": personal,
        }

    async def _refuse_too_many(self, say: Callable[[bytes, Sequence[OwnCondition]], Awaitable[None]]) -> None:
        new: dict[bytes, list[tuple[bytes, ConditionKey]]] = {}
        for (device_id, key), entry in self._entries.items():
            if entry.number is None and entry.is_dirty and entry.journal != OWN_JOURNAL:
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


def _shelved_until(change: ConditionChange, now_utc_ms: int) -> int | None:
    """Until when a condition is put aside by our clock: the PC's may be hours or years away from it."""
    if change.until_utc_ms is None:
        return None
    return now_utc_ms + min(max(change.until_utc_ms - change.at_utc_ms, 0), MAX_SHELVE_S * 1000)
