"""Which active condition makes which others say nothing new: a PC without network need not tell of each server.

As in OPC UA (OPC 10000-9, 5.8.2 and 5.8.4) it counts that the cause is *active*, whatever else holds for it: who has
acknowledged or shelved it knows what follows from it.  Out of service it is not active here, and silences nothing.
Two limits are ours, so that whatever is silent follows from something that is told, or that somebody has put aside and
is as bad:

    a cause that is silent itself, shelved or suppressed, silences nothing worse than itself
    conditions that are active and suppress each other in a ring, silence each other not at all
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from benchside.protocol.flow.conditions.entry import Entry
from benchside.protocol.flow.conditions.projection import States
from benchside.protocol.wire.condition import ChangeKind, ConditionKey

__all__ = ["Suppression", "find_ring"]

Rule = tuple[str, str]
"""Source and code."""


class Suppression:
    """Knows the active conditions that suppress others, and has it written who is suppressed."""

    def __init__(self, states: States, write: Callable[[ChangeKind, ConditionKey], None]) -> None:
        """`states`: the board's own; `write` brings them up to date."""
        self._states = states
        self._write = write
        self._active: dict[ConditionKey, Entry] = {}

    def resume(self, key: ConditionKey, entry: Entry) -> None:
        """Take over an active condition at a start; `look_at_all` follows."""
        if entry.suppresses:
            self._active[key] = entry

    def turned(self, key: ConditionKey, entry: Entry, *, is_active: bool) -> None:
        """Take that `key` became active or inactive."""
        if not entry.suppresses or is_active == (key in self._active):
            self._look_at([key])
            return
        before = self._after(key)
        if is_active:
            self._active[key] = entry
        else:
            del self._active[key]
        self._look_at([*before, *self._after(key), key])

    def changed(self, key: ConditionKey) -> None:
        """Take that `key` is worse or better than before, or shelved, or no longer."""
        self._look_at([*self._after(key), key])

    def look_at_all(self) -> None:
        """See who is suppressed: the catalogue may be another than before."""
        self._look_at(self._states)

    def _look_at(self, keys: Iterable[ConditionKey]) -> None:
        """INVARIANT: without rings what follows from `key` never leads back to it, so this comes to an end."""
        waiting = dict.fromkeys(keys)
        while waiting:
            key = next(iter(waiting))
            del waiting[key]
            state = self._states.get(key)
            if state is None:
                continue
            is_suppressed = state.is_active and self._is_silenced(key)
            if is_suppressed != state.is_suppressed:
                self._write(ChangeKind.SUPPRESSED if is_suppressed else ChangeKind.UNSUPPRESSED, key)
                waiting |= dict.fromkeys(self._next(key))

    def _is_silenced(self, key: ConditionKey) -> bool:
        return any(
            _concerns(by, entry, key) and self._may_silence(by, key) and not self._leads_to(key, by)
            for by, entry in self._active.items()
        )

    def _may_silence(self, by: ConditionKey, key: ConditionKey) -> bool:
        cause, state = self._states.get(by), self._states[key]
        if cause is None:
            return False
        is_silent = cause.is_suppressed or cause.shelved_until_utc_ms is not None
        return not is_silent or state.severity.rank <= cause.severity.rank

    def _leads_to(self, key: ConditionKey, other: ConditionKey) -> bool:
        return key in self._active and other in self._after(key)

    def _after(self, key: ConditionKey) -> dict[ConditionKey, None]:
        """What `key` suppresses, and what that suppresses, and so on, as far as it is active."""
        found, waiting = dict[ConditionKey, None](), [key]
        while waiting:
            for each in self._next(waiting.pop()):
                if each not in found:
                    found[each] = None
                    waiting.append(each)
        return found

    def _next(self, key: ConditionKey) -> list[ConditionKey]:
        entry = self._active.get(key)
        return [] if entry is None else [each for each in self._states if _concerns(key, entry, each)]


def _concerns(by: ConditionKey, entry: Entry, key: ConditionKey) -> bool:
    """Whether `by` suppresses `key` while it is active: of its own source, only with the same subject."""
    if key == by or (key.source, key.code) not in entry.suppresses:
        return False
    return key.source != by.source or key.subject == by.subject


def find_ring(suppresses: Mapping[Rule, Iterable[Rule]], begin: Iterable[Rule]) -> list[Rule] | None:
    """Return rules, one of `begin` or reached from there, of which each suppresses the next and the last the first.

    One that names itself is no ring: no condition suppresses itself.
    """
    done = set[Rule]()
    for first in begin:
        way: dict[Rule, None] = {}
        ahead = [iter((first,))]
        while ahead:
            rule = next(ahead[-1], None)
            if rule is None:
                ahead.pop()
                if way:
                    done.add(way.popitem()[0])
            elif rule in way:
                if rule != next(reversed(way)):
                    return list(way)[list(way).index(rule) :]
            elif rule not in done:
                way[rule] = None
                ahead.append(iter(tuple(suppresses.get(rule, ()))))
    return None
