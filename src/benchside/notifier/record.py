"""What is to be written and is not yet: changes wait in memory while the disk is full, bounded, and lose no state.

`write` gives back what is durable by then.  While something waits, everything waits, in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from benchside.notifier.journal import Journal
from benchside.protocol.errors import UnavailableError
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.flow.conditions.projection import MAX_COUNT
from benchside.protocol.flow.conditions.unsaid import Unsaid
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey

__all__ = ["Record", "folded_up"]

MAX_WAITING = 4000
"""Two for each condition that there can be, and some 2 MB; beyond, what has been overtaken is only counted."""
K = ChangeKind


class Record:
    """Writes to a journal, or keeps."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: list[ConditionChange] = []
        self._unsaid: dict[ConditionKey, Unsaid | None] = {}
        self._most = MAX_WAITING

    @property
    def is_stuck(self) -> bool:
        """True while anything waits for room."""
        return bool(self._waiting or self._unsaid)

    def write(
        self, drafts: Iterable[ConditionChange], unsaid: Mapping[ConditionKey, Unsaid | None] = MappingProxyType({})
    ) -> list[ConditionChange]:
        """Write `drafts` after what waits; return all changes that became durable.  UnavailableError: they wait now.

        `unsaid`: what is to be kept beside them, None: no longer.
        """
        self._waiting += drafts
        self._unsaid |= unsaid
        if not self.is_stuck:
            return []
        try:
            changes = self._journal.append(self._waiting, self._unsaid)
        except UnavailableError:
            if len(self._waiting) > self._most:
                self._waiting = folded_up(self._waiting)
                self._most = max(MAX_WAITING, 2 * len(self._waiting))
            raise
        self._waiting, self._unsaid, self._most = [], {}, MAX_WAITING
        return changes


def folded_up(changes: list[ConditionChange]) -> list[ConditionChange]:
    """Return fewer changes after which everything stands the same, however it stood before them.

    What was overtaken is only counted, in one FOLDED of each condition that comes first.  The same is what the
    projection makes of it, counts and stamps included; POPPED_UP alone, which it does not know, is lost.
    """
    lives: dict[ConditionKey, _Life] = {}
    begins = _begins_of_shelves(changes)
    kept: list[ConditionChange] = []
    for number in range(len(changes) - 1, -1, -1):
        change = changes[number]
        if change.key is None:
            kept.append(change)
        elif change.kind is not K.POPPED_UP:
            life = lives.setdefault(change.key, _Life())
            if life.needs(change, is_begin_of_shelf=number in begins):
                kept.append(change)
            else:
                life.count += change.count or 0
    first = changes[0]
    kept += [
        drafted(K.FOLDED, first.at_utc_ms, key, count=min(life.count, MAX_COUNT))
        for key, life in lives.items()
        if life.count
    ]
    return kept[::-1]


@dataclass
class _Life:
    """One condition, walked from its newest change to the oldest: what was found so far, which is later."""

    is_begun: bool = False
    """It is raised later on, after which nothing of its life before can be seen."""
    is_ended: bool = False
    """It is over before that, so that who acknowledged the one before has not acknowledged this one."""
    is_shelf_known: bool = False
    is_shelf_begun: bool = False
    """It is shelved later on, and was before that."""
    is_suppression_known: bool = False
    count: int = 0

    def needs(self, change: ConditionChange, *, is_begin_of_shelf: bool) -> bool:
        """Take the change before; return whether anything stands otherwise without it."""
        match change.kind:
            case K.SHELVED | K.UNSHELVED:
                return self._needs_shelf(change.kind, is_begin_of_shelf=is_begin_of_shelf)
            case K.SUPPRESSED | K.UNSUPPRESSED:
                is_known, self.is_suppression_known = self.is_suppression_known, True
                return not is_known
            case K.OUT_OF_SERVICE | K.IN_SERVICE:
                self._needs_what_was()
                return True
            case K.RAISED:
                is_begun, self.is_begun = self.is_begun, True
                return not is_begun
            case K.CLEARED | K.LATCHED:
                is_needed = not (self.is_begun and self.is_ended)
                self.is_ended = self.is_ended or self.is_begun
                return is_needed
        return not self.is_begun

    def _needs_shelf(self, kind: ChangeKind, *, is_begin_of_shelf: bool) -> bool:
        """The last one says how it is; where it was shelved before that already, so that it was not forgotten when it
        was over, the first one says so."""
        is_last = not self.is_shelf_known
        is_needed = is_last or (self.is_shelf_begun and is_begin_of_shelf)
        if is_needed:
            self.is_shelf_known, self.is_shelf_begun = True, kind is K.SHELVED and not is_begin_of_shelf
        if is_needed and kind is K.SHELVED:
            self.is_begun = self.is_ended = False  # there must be something that can be put aside
        return is_needed

    def _needs_what_was(self) -> None:
        """It goes on with the words, and the shelf, that it had."""
        self.is_begun = self.is_ended = False
        self.is_shelf_known = self.is_shelf_begun = False


def _begins_of_shelves(changes: list[ConditionChange]) -> set[int]:
    """Return where conditions are shelved that were not, as far as `changes` tell."""
    begins, shelved = set[int](), set[ConditionKey]()
    for number, change in enumerate(changes):
        if change.key is None:
            continue
        if change.kind is K.SHELVED and change.key not in shelved:
            begins.add(number)
            shelved.add(change.key)
        elif change.kind is K.UNSHELVED:
            shelved.discard(change.key)
    return begins
