"""What the notifier says of itself at a start, and what it takes back: conditions that nobody is left to end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchside.notifier.watched import Watched, share_out
from benchside.notifier.words import CatalogueFault
from benchside.protocol.flow.conditions.projection import States
from benchside.protocol.flow.conditions.unsaid import Unsaid
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState

__all__ = ["BROKEN", "DISK_FULL", "OWN", "at_start", "standing"]

OWN = "benchside.notifier"
DISK_FULL = ConditionKey(OWN, "journal", "disk_full")
BROKEN = ConditionKey(OWN, "journal", "broken")
CATALOGUE = "benchside.catalogue"


def standing(states: States, unsaid: Iterable[Unsaid]) -> list[ConditionKey]:
    """Return what was on when the notifier ended, or about to be; what merely happened ends by itself."""
    on = {state.key for state in states.values() if state.is_active and not state.is_pulse}
    for each in unsaid:
        if each.state is SignalState.ON:
            on.add(each.key)
        elif each.state is SignalState.OFF:
            on.discard(each.key)
    return sorted(on)


def at_start(
    states: States,
    on: Iterable[ConditionKey],
    watched: Sequence[Watched],
    faults: Sequence[CatalogueFault],
    *,
    is_whole: bool,
) -> list[Signal]:
    """Return what is said at once.  `on`: as `standing` gives it.  `is_whole`: the journal is, and was readable."""
    mistakes = {ConditionKey(CATALOGUE, fault.subject, fault.code) for fault in faults}
    over = [key for key in states if key.source == CATALOGUE and key not in mistakes]
    labels = {one.label for one in watched}
    over += [key for key in states if key.source == OWN and key.code == "watch_lost" and key.subject not in labels]
    over += share_out(on, watched)[1]
    return [
        Signal(DISK_FULL, SignalState.OFF),
        Signal(BROKEN, SignalState.OFF if is_whole else SignalState.ON),
        *(Signal(key, SignalState.ON) for key in sorted(mistakes)),
        *(Signal(key, SignalState.OFF) for key in over),
    ]
