"""How conditions stand: what follows from their changes, one after the other, and from nothing else.

The board, the notifier after a restart, the server and a test all use this one function.  Of what has no condition only
the notifier's own projections know: where the clock jumped, the ends of shelves and pulses go with it, so that what is
left of them stays the same however wrong the clock is.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, ConditionState, Severity

__all__ = ["MAX_COUNT", "States", "apply", "is_shown", "replay"]

States = dict[ConditionKey, ConditionState]

MAX_UTC_MS = 253_402_300_799_999
"""What wire/ticket.py takes as a moment."""
MAX_COUNT = 2**53
"""What travels as a whole number everywhere; at 10,000 signals a second reached after 28,000 years."""


def replay(changes: Iterable[ConditionChange]) -> States:
    """Return how all conditions stand after `changes`, which are in order and begin with the journal's first."""
    states: States = {}
    for change in changes:
        apply(states, change)
    return states


def apply(states: States, change: ConditionChange) -> None:
    """Bring `states` up to date with one change; a condition of which nothing is left to say is dropped."""
    if change.key is None:
        if change.kind is ChangeKind.CLOCK_JUMPED:
            _clock_jumped(states, change.values.get("by_s"))
        return
    before = states.get(change.key)
    after = _begun(before, change) if change.kind in _BEGINNINGS else before and _gone_on(before, change)
    if after is None:
        return
    after = replace(after, sequence=change.sequence)
    if _is_over(after):
        states.pop(change.key, None)
    else:
        states[change.key] = after


def is_shown(state: ConditionState) -> bool:
    """Whether a person is to see it in the list: active, latched or not acknowledged, and watched at all."""
    return (state.is_active or state.is_latched or not state.is_acknowledged) and not state.is_out_of_service


_BEGINNINGS = frozenset({ChangeKind.RAISED, ChangeKind.FLAPPING, ChangeKind.OUT_OF_SERVICE})
"""They can be a condition's first change."""


def _begun(before: ConditionState | None, change: ConditionChange) -> ConditionState:
    assert change.key is not None
    is_on = change.kind is not ChangeKind.OUT_OF_SERVICE
    goes_on = before is not None and before.is_active and is_on
    state = before or ConditionState(
        key=change.key,
        severity=change.severity or Severity.WARNING,
        is_active=is_on,
        since_utc_ms=change.at_utc_ms,
        changed_utc_ms=change.at_utc_ms,
        count=0,
    )
    return replace(
        state,
        severity=change.severity or state.severity,
        is_active=is_on,
        since_utc_ms=state.since_utc_ms if goes_on else change.at_utc_ms,
        changed_utc_ms=change.at_utc_ms,
        texts=change.texts if is_on else state.texts,
        values=change.values if is_on else state.values,
        is_latched=False,
        is_acknowledged=(state.is_acknowledged and goes_on) if is_on else True,
        acknowledged_by=state.acknowledged_by if goes_on else None,
        is_out_of_service=not is_on,
        is_flapping=change.kind is ChangeKind.FLAPPING,
        is_suppressed=state.is_suppressed and goes_on,  # who is over does not follow from anything; said anew
        is_pulse=is_on and change.until_utc_ms is not None,
        pulse_until_utc_ms=change.until_utc_ms if is_on else None,
        count=_sum(state.count if goes_on else 0, change),
    )


def _gone_on(state: ConditionState, change: ConditionChange) -> ConditionState | None:
    state = replace(state, count=_sum(state.count, change))
    match change.kind:
        case ChangeKind.CHANGED:
            return _changed(state, change)
        case ChangeKind.CLEARED | ChangeKind.LATCHED | ChangeKind.LATCH_RESET:
            is_latched = change.kind is ChangeKind.LATCHED
            return replace(
                state,
                is_active=False,
                is_latched=is_latched,
                changed_utc_ms=change.at_utc_ms,
                pulse_until_utc_ms=None,
            )
        case ChangeKind.ACKNOWLEDGED:
            return replace(state, is_acknowledged=True, acknowledged_by=change.by)
        case ChangeKind.SHELVED:
            return replace(
                state,
                shelved_until_utc_ms=change.until_utc_ms,
                shelf_ends_utc_ms=None,
                shelved_by=change.by,
                shelved_why=change.why,
            )
        case ChangeKind.UNSHELVED:
            return replace(state, shelved_until_utc_ms=None, shelf_ends_utc_ms=None, shelved_by=None, shelved_why=None)
        case ChangeKind.SUPPRESSED | ChangeKind.UNSUPPRESSED:
            return replace(state, is_suppressed=change.kind is ChangeKind.SUPPRESSED)
        case ChangeKind.IN_SERVICE:
            return replace(state, is_out_of_service=False)
        case ChangeKind.STEADY:
            return _pulsed(replace(state, is_flapping=False, changed_utc_ms=change.at_utc_ms), change)
        case ChangeKind.FOLDED:
            return _pulsed(state, change)
        case _:
            return None


def _changed(state: ConditionState, change: ConditionChange) -> ConditionState:
    severity = change.severity or state.severity
    is_worse = severity.rank > state.severity.rank
    return replace(
        state,
        severity=severity,
        texts=change.texts,
        values=change.values,
        changed_utc_ms=change.at_utc_ms,
        is_pulse=change.until_utc_ms is not None,
        pulse_until_utc_ms=change.until_utc_ms,
        is_acknowledged=state.is_acknowledged and not is_worse,
        acknowledged_by=None if is_worse else state.acknowledged_by,
    )


def _pulsed(state: ConditionState, change: ConditionChange) -> ConditionState:
    """Other pulses came since, which nothing else tells of."""
    if change.until_utc_ms is None or not state.is_active:
        return state
    return replace(state, is_pulse=True, pulse_until_utc_ms=change.until_utc_ms)


def _clock_jumped(states: States, by_s: object) -> None:
    if not isinstance(by_s, int):
        return
    for key, state in states.items():
        shelf = state.shelved_until_utc_ms if state.shelf_ends_utc_ms is None else state.shelf_ends_utc_ms
        pulse = state.pulse_until_utc_ms
        if shelf is not None or pulse is not None:
            states[key] = replace(state, shelf_ends_utc_ms=_moved(shelf, by_s), pulse_until_utc_ms=_moved(pulse, by_s))


def _moved(utc_ms: int | None, by_s: int) -> int | None:
    """What would be before 1970 or after 9999 stays at the end: it is over, or as far away as can be."""
    return None if utc_ms is None else min(max(utc_ms + by_s * 1000, 0), MAX_UTC_MS)


def _sum(count: int, change: ConditionChange) -> int:
    return min(count + (change.count or 0), MAX_COUNT)


def _is_over(state: ConditionState) -> bool:
    return (
        not is_shown(state)
        and not state.is_out_of_service
        and not state.is_flapping
        and state.shelved_until_utc_ms is None
    )
