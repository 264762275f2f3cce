"""Journals that are told anew: a PC that was set back to an older disk tells all of it under another id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.wire.condition import ChangeKind
from benchside.server.notices.facts import OWN_JOURNAL
from benchside.server.notices.model import KeptChange, NoticeCursor

__all__ = ["Key", "Retold", "find_retold"]

_STOPS = tuple(
    kind.value
    for kind in (
        ChangeKind.CLEARED, ChangeKind.LATCHED, ChangeKind.OUT_OF_SERVICE, ChangeKind.SUPPRESSED, ChangeKind.SHELVED,
    )
)  # fmt: skip
"""After these a condition is over, or was put aside, perhaps before anybody was told of it."""

Key = tuple[str | None, str | None, str | None]
"""Source, subject and code."""


@dataclass(frozen=True)
class Retold:
    """What is no news among changes that were kept, by their numbers."""

    told: frozenset[int]
    """Another journal of the same device had told them before: the head of a chain is the same for the same past."""
    turns: Mapping[int, frozenset[Key]]
    """The first change after those, with what the other journal said is over or put aside from there on.

    A notifier always has one: it writes that its journal was set back.
    """


async def find_retold(rows: AsyncSession, changes: Sequence[KeptChange]) -> Retold:
    """Look at the same places of the other journals of these devices; most have none, and nothing more is asked."""
    of = defaultdict[bytes, list[KeptChange]](list)
    for change in changes:
        if change.journal != OWN_JOURNAL:
            of[change.device_id].append(change)
    several = (
        select(NoticeCursor.device_id)
        .where(NoticeCursor.device_id.in_(of), NoticeCursor.journal != OWN_JOURNAL)
        .group_by(NoticeCursor.device_id)
        .having(func.count() > 1)
    )
    told, turns = set[int](), dict[int, frozenset[Key]]()
    for device_id in list(await rows.scalars(several)):
        past = await _past_of(rows, device_id, {one.sequence - back for one in of[device_id] for back in (0, 1)})
        for change in of[device_id]:
            if past.others(change.journal, change.sequence):
                told.add(change.number)
            elif others := past.others(change.journal, change.sequence - 1):
                turns[change.number] = await _stopped(rows, device_id, others, change.sequence)
    return Retold(frozenset(told), turns)


class _Past:
    """Some places of all journals of one device."""

    def __init__(self) -> None:
        self._at: dict[tuple[bytes, int], tuple[int, bytes]] = {}
        self._said = defaultdict[tuple[int, bytes], list[tuple[int, bytes]]](list)

    def note(self, number: int, journal: bytes, sequence: int, head: bytes) -> None:
        self._at[journal, sequence] = number, head
        self._said[sequence, head].append((number, journal))

    def others(self, journal: bytes, sequence: int) -> list[bytes]:
        """The journals that had told the same before."""
        if (journal, sequence) not in self._at:
            return []
        number, head = self._at[journal, sequence]
        return [other for before, other in self._said[sequence, head] if before < number]


async def _past_of(rows: AsyncSession, device_id: bytes, sequences: set[int]) -> _Past:
    journals = select(NoticeCursor.journal).where(
        NoticeCursor.device_id == device_id, NoticeCursor.journal != OWN_JOURNAL
    )
    query = select(KeptChange.number, KeptChange.journal, KeptChange.sequence, KeptChange.head).where(
        KeptChange.device_id == device_id, KeptChange.journal.in_(journals), KeptChange.sequence.in_(sequences)
    )
    past = _Past()
    for row in await rows.execute(query):
        past.note(*row)
    return past


async def _stopped(rows: AsyncSession, device_id: bytes, journals: Sequence[bytes], since: int) -> frozenset[Key]:
    query = select(KeptChange.source, KeptChange.subject, KeptChange.code).where(
        KeptChange.device_id == device_id,
        KeptChange.journal.in_(journals),
        KeptChange.sequence >= since,
        KeptChange.kind.in_(_STOPS),
    )
    return frozenset((source, subject, code) for source, subject, code in await rows.execute(query))
