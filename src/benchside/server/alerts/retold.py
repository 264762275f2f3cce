"""Journals that are told anew: a PC that was set back to an older disk tells all of it under another id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.flow.conditions.projection import States, apply
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, ConditionState, Severity
from benchside.server.notices.facts import OWN_JOURNAL
from benchside.server.notices.model import KeptChange, NoticeCursor
from benchside.server.notices.personal import read_change
from benchside.server.store.planes import table_of

__all__ = ["Key", "Retold", "find_before", "find_retold"]

_OVER = (ChangeKind.CLEARED.value, ChangeKind.LATCHED.value, ChangeKind.OUT_OF_SERVICE.value)
_ASIDE = (ChangeKind.SUPPRESSED.value, ChangeKind.SHELVED.value)
"""Perhaps before anybody was told of it."""
_ANEW = (ChangeKind.RAISED.value, ChangeKind.FLAPPING.value)
_IDLE = (ChangeKind.POPPED_UP.value, ChangeKind.FOLDED.value)
"""They change nothing that is told."""
_kept = table_of(KeptChange).c

Key = tuple[str | None, str | None, str | None]
"""Source, subject and code."""


@dataclass(frozen=True)
class Retold:
    """What is no news among changes that were kept, by their numbers."""

    told: frozenset[int]
    """Another journal of the same device had told them before: the head of a chain is the same for the same past."""
    turns: Mapping[int, Mapping[Key, bool]]
    """The first change after those, with what the other journal said is over or put aside from there on.

    True: the newest of them said last that it is over.
    A notifier always has a turn: it writes that its journal was set back.
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
    told, turns = set[int](), dict[int, Mapping[Key, bool]]()
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
        """The journals that had told the same before, in the order in which they did."""
        if (journal, sequence) not in self._at:
            return []
        number, head = self._at[journal, sequence]
        return [other for before, other in sorted(self._said[sequence, head]) if before < number]


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


async def _stopped(rows: AsyncSession, device_id: bytes, journals: Sequence[bytes], since: int) -> dict[Key, bool]:
    query = select(KeptChange.journal, KeptChange.kind, KeptChange.source, KeptChange.subject, KeptChange.code).where(
        KeptChange.device_id == device_id,
        KeptChange.journal.in_(journals),
        KeptChange.sequence >= since,
        KeptChange.kind.in_(_OVER + _ASIDE + _ANEW),
    )
    found = dict[Key, bool]()
    for journal, kind, *names in await rows.execute(query.order_by(KeptChange.number)):
        key = (names[0], names[1], names[2])
        if kind in _OVER:
            found[key] = journal == journals[-1]  # it stood again as a later one was told anew
        elif kind in _ASIDE:
            found.setdefault(key, False)
        elif key in found:
            found[key] = False
    return found


async def find_before(rows: AsyncSession, turn: KeptChange) -> dict[Key, ConditionState | None]:
    """Return how those conditions stood before `turn` that have changed since; None: there was nothing to say.

    What is kept of the others tells it already.  A shelf is one until it is said to be none.
    """
    of = (
        _kept.device_id == turn.device_id, _kept.journal == turn.journal, _kept.kind.not_in(_IDLE),
        _kept.source.is_not(None),
    )  # fmt: skip
    names = _kept.source, _kept.subject, _kept.code
    since = select(*names).where(*of, _kept.sequence >= turn.sequence).distinct()
    found = dict[Key, ConditionState | None]()
    for one, two, three in await rows.execute(since):
        found[one, two, three] = None
    if not found:
        return found
    columns = _kept.sequence, _kept.kind, _kept.at_utc_ms, _kept.severity, _kept.content, _kept.head
    past = select(*columns, *names).where(*of, _kept.sequence < turn.sequence, tuple_(*names).in_(since))
    states: States = {}
    for sequence, kind, at, severity, text, head, *key in await rows.execute(past.order_by(_kept.sequence)):
        content, _ = read_change(text, None)
        change = ConditionChange(
            sequence=sequence, kind=ChangeKind(kind), at_utc_ms=at, key=ConditionKey(*key),
            severity=None if severity is None else tuple(Severity)[severity], texts=content.texts,
            until_utc_ms=content.until_utc_ms, head=head,
        )  # fmt: skip
        apply(states, change)
    return found | {(one.source, one.subject, one.code): state for one, state in states.items()}
