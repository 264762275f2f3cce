"""Compares what was answered as taken with the notifier's journal, and the journal with the server's copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import select
from tests.fakes.server_world import SETTINGS

from bench.notices.pusher import Said
from benchside.notifier.journal import Journal, Projection
from benchside.protocol.flow.conditions.projection import States
from benchside.protocol.flow.conditions.unsaid import Unsaid
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, ConditionState, SignalState
from benchside.server.clock import utc_ms
from benchside.server.keys.folder import Folder
from benchside.server.notices.facts import OWN_JOURNAL
from benchside.server.notices.model import KeptChange, KeptCondition
from benchside.server.notices.personal import joined
from benchside.server.parts import Parts

__all__ = ["Found", "PcBook", "ServerBook", "judge_pc", "judge_server"]

BEGINS = (ChangeKind.RAISED, ChangeKind.FLAPPING)


@dataclass(frozen=True)
class Found:
    """What is wrong: so many lost, so many doubled, and a line for each of the first."""

    lost: int
    doubled: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class PcBook:
    """A journal, read whole."""

    journal: bytes
    changes: list[ConditionChange]
    projection: Projection | None
    states: States
    """How conditions stand after them."""

    @classmethod
    def read(cls, path: Path) -> PcBook:
        journal = Journal(path)
        try:
            projection = journal.project()
            return cls(journal.id, journal.after(0, 2**40), projection, projection.states)
        finally:
            journal.close()

    @property
    def unsaid(self) -> tuple[Unsaid, ...]:
        """What was heard and is in no change yet."""
        return () if self.projection is None else self.projection.unsaid

    def is_active(self, key: ConditionKey) -> bool:
        """Whether the newest that was heard of it, told or waiting to be, is that it is on; a pulse ends by itself."""
        for unsaid in self.unsaid:
            if unsaid.key == key:
                return unsaid.state is SignalState.ON
        state = self.states.get(key)
        return state is not None and state.is_active and not state.is_pulse

    def counted(self) -> Counter[ConditionKey]:
        """Return how many signals were heard of each condition."""
        counts: Counter[ConditionKey] = Counter()
        for change in self.changes:
            if change.key is not None:
                counts[change.key] += change.count or 0
        for unsaid in self.unsaid:
            counts[unsaid.key] += unsaid.count
        return counts


def judge_pc(book: PcBook, truths: Iterable[Mapping[ConditionKey, Said]]) -> Found:
    """Return what of all that was answered the journal does not have, and what it has twice."""
    counts = book.counted()
    began = Counter(change.key for change in book.changes if change.kind in BEGINS)
    ended = Counter(change.key for change in book.changes if change.kind is ChangeKind.CLEARED)
    lost, doubled, lines = 0, 0, list[str]()
    if book.projection is not None and book.projection.broken_at is not None:
        lost += 1
        lines.append(f"the chain does not hold at {book.projection.broken_at}")
    for key, said in (pair for truth in truths for pair in truth.items()):
        is_other = book.is_active(key) is not (said.newest is SignalState.ON) and not said.is_unsure
        missing = max(0, said.least - counts[key]) + is_other
        extra = max(0, counts[key] - said.most)
        if said.is_once:
            missing += (began[key] < 1) + (ended[key] < 1)
            extra += max(0, began[key] - 1) + max(0, ended[key] - 1)
        if missing or extra:
            lines.append(f"pc {key}: {said}, counted {counts[key]}, began {began[key]}, ended {ended[key]}")
        lost, doubled = lost + missing, doubled + extra
    said_of = {key for truth in truths for key in truth}
    sources = {key.source for key in said_of}
    unheard = sorted(key for key in counts if key.source in sources and key not in said_of)
    lines += [f"pc {key}: nobody said so" for key in unheard]
    return Found(lost, doubled + len(unheard), tuple(lines[:10]))


@dataclass(frozen=True)
class ServerBook:
    """What a server has of one PC's notifier."""

    logged: list[tuple[bytes, int, bytes]]
    """Journal, sequence and head of each change, in the order in which they were kept."""
    shown: dict[ConditionKey, ConditionState]

    @classmethod
    async def read(cls, data: Path) -> ServerBook:
        """From the data folder of a server that does not run."""
        parts = await Parts.open(Folder(data), SETTINGS, utc_ms)
        try:
            async with parts.cloud.read() as rows:
                log = select(KeptChange.journal, KeptChange.sequence, KeptChange.head)
                logged = await rows.execute(log.where(KeptChange.journal != OWN_JOURNAL).order_by(KeptChange.number))
                shown = await rows.scalars(select(KeptCondition).where(KeptCondition.journal != OWN_JOURNAL))
                return cls(
                    [(row[0], row[1], row[2]) for row in logged],
                    {ConditionKey(row.source, row.subject, row.code): joined(row.state, row.personal) for row in shown},
                )
        finally:
            await parts.close()


def judge_server(book: PcBook, server: ServerBook) -> Found:
    """Return what of the journal the server does not have, and what it has twice; it shows what follows from it."""
    lines = list[str]()
    told = [(book.journal, change.sequence, change.head) for change in book.changes]
    times = Counter(server.logged)
    missing = [each for each in told if not times[each]]
    extra = [each for each, count in times.items() for _ in range(count - 1)] + list(times.keys() - set(told))
    lines += [f"server lacks {each[1]}" for each in missing[:3]] + [f"server has {each[1]} twice" for each in extra[:3]]
    if server.logged != sorted(server.logged, key=lambda each: each[1]):
        extra.append(server.logged[0])
        lines.append("server has them in another order")
    here = {key: _by_its_own_clock(state) for key, state in book.states.items()}
    there = {key: _by_its_own_clock(state) for key, state in server.shown.items()}
    wrong = [f"server shows {there.get(key)}, not {state}" for key, state in here.items() if there.get(key) != state]
    unknown = [f"server shows {key}" for key in there.keys() - here.keys()]
    lines += wrong + unknown
    return Found(len(missing) + len(wrong), len(extra) + len(unknown), tuple(lines[:10]))


def _by_its_own_clock(state: ConditionState) -> ConditionState:
    """Without the ends that each reckons by itself: shelves by the server's own clock, and pulses not at all there."""
    is_shelved = 0 if state.shelved_until_utc_ms is not None else None
    return replace(state, shelved_until_utc_ms=is_shelved, shelf_ends_utc_ms=None, pulse_until_utc_ms=None)
