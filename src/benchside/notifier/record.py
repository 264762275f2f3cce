"""What is to be written and is not yet: changes wait in memory while the disk is full, bounded, and lose no state.

`write` gives back what is durable by then.  While something waits, everything waits, in order.
"""

from __future__ import annotations

from collections.abc import Iterable

from benchside.notifier.journal import Journal
from benchside.protocol.errors import UnavailableError
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey

__all__ = ["Record", "folded_up"]

MAX_WAITING = 4000
"""Two for each condition that there can be, and some 2 MB; beyond, what has been overtaken is only counted."""
K = ChangeKind

_RESET = frozenset({K.RAISED})
"""What went before in its life does not show any more."""
_LIFE = frozenset(
    {K.RAISED, K.CHANGED, K.CLEARED, K.LATCHED, K.LATCH_RESET, K.ACKNOWLEDGED, K.FLAPPING, K.STEADY, K.FOLDED}
)
_TOGGLES = {
    K.SHELVED: "shelf",
    K.UNSHELVED: "shelf",
    K.SUPPRESSED: "suppression",
    K.UNSUPPRESSED: "suppression",
}


class Record:
    """Writes to a journal, or keeps."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: list[ConditionChange] = []
        self._most = MAX_WAITING

    @property
    def is_stuck(self) -> bool:
        """True while changes wait for room."""
        return bool(self._waiting)

    def write(self, drafts: Iterable[ConditionChange]) -> list[ConditionChange]:
        """Write `drafts` after what waits; return all that became durable.  UnavailableError: they wait now."""
        self._waiting += drafts
        if not self._waiting:
            return []
        try:
            changes = self._journal.append(self._waiting)
        except UnavailableError:
            if len(self._waiting) > self._most:
                self._waiting = folded_up(self._waiting)
                self._most = max(MAX_WAITING, 2 * len(self._waiting))
            raise
        self._waiting, self._most = [], MAX_WAITING
        return changes


def folded_up(changes: list[ConditionChange]) -> list[ConditionChange]:
    """Return fewer changes after which everything stands the same: what was overtaken is only counted."""
    kept: list[ConditionChange] = []
    overtaken: set[ConditionKey] = set()
    toggled: set[tuple[ConditionKey, str]] = set()
    counts: dict[ConditionKey, int] = {}
    for change in reversed(changes):
        key, toggle = change.key, _TOGGLES.get(change.kind)
        if key is None:
            kept.append(change)
        elif change.kind in _LIFE and key in overtaken:
            if change.count:
                counts[key] = counts.get(key, 0) + change.count
        elif toggle is not None and (key, toggle) in toggled:
            continue
        elif change.kind is not K.POPPED_UP:
            kept.append(change)
            if change.kind in _RESET:
                overtaken.add(key)
            elif toggle is not None:
                toggled.add((key, toggle))
            if change.kind in (K.SHELVED, K.OUT_OF_SERVICE, K.IN_SERVICE):
                overtaken.discard(key)  # it needs what it was done to
    if counts:
        first = changes[0]
        kept += [drafted(K.FOLDED, first.at_utc_ms, key, count=count) for key, count in counts.items()]
    return kept[::-1]
