"""How a condition stands after a change: the same projection that the notifier makes of its own journal."""

from __future__ import annotations

from msgspec.structs import replace

from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, ConditionState, Severity

__all__ = ["after", "has_anything_to_say", "is_shown"]


def after(state: ConditionState | None, change: ConditionChange, key: ConditionKey) -> ConditionState | None:
    """Return how the condition `key` stands after `change`; None while nothing was ever said of it.

    A change of a condition that is not known (its raising was cut, or kept back) makes one that is not active.
    """
    if change.kind in (ChangeKind.RAISED, ChangeKind.FLAPPING):
        return _raised(state, change, key)
    if state is None:
        if change.kind not in _MAY_BEGIN:
            return None
        state = ConditionState(
            key=key,
            severity=change.severity or Severity.INFO,
            is_active=False,
            since_utc_ms=change.at_utc_ms,
            changed_utc_ms=change.at_utc_ms,
            is_acknowledged=True,
        )
    state = replace(state, changed_utc_ms=change.at_utc_ms, sequence=change.sequence)
    match change.kind:
        case ChangeKind.CHANGED:
            return replace(
                state,
                severity=change.severity or state.severity,
                texts=change.texts or state.texts,
                values=change.values or state.values,
            )
        case ChangeKind.CLEARED:
            return replace(state, is_active=False, is_flapping=False)
        case ChangeKind.STEADY:
            return replace(state, is_flapping=False)
        case ChangeKind.ACKNOWLEDGED:
            return replace(state, is_acknowledged=True, acknowledged_by=change.by)
        case ChangeKind.SHELVED:
            return replace(
                state, shelved_until_utc_ms=change.until_utc_ms, shelved_by=change.by, shelved_why=change.why
            )
        case ChangeKind.UNSHELVED:
            return replace(state, shelved_until_utc_ms=None, shelved_by=None, shelved_why=None)
        case ChangeKind.LATCH_RESET:
            return replace(state, is_latched=False)
        case ChangeKind.SUPPRESSED | ChangeKind.UNSUPPRESSED:
            return replace(state, is_suppressed=change.kind is ChangeKind.SUPPRESSED)
        case ChangeKind.OUT_OF_SERVICE | ChangeKind.IN_SERVICE:
            return replace(state, is_out_of_service=change.kind is ChangeKind.OUT_OF_SERVICE)
        case ChangeKind.FOLDED:
            return replace(state, count=min(2**53, state.count + (change.count or 0)))
        case _:  # what the notifier says of itself changes no condition
            return state


_MAY_BEGIN = {ChangeKind.SHELVED, ChangeKind.SUPPRESSED, ChangeKind.OUT_OF_SERVICE}
"""What a person or a rule may say of a condition that is not there now."""


def is_shown(state: ConditionState) -> bool:
    """Whether people are shown it among what is wrong now."""
    if state.is_suppressed or state.is_out_of_service:
        return False
    return state.is_active or state.is_latched or not state.is_acknowledged


def has_anything_to_say(state: ConditionState) -> bool:
    """Whether it must be remembered at all."""
    return (
        is_shown(state)
        or state.is_active
        or state.is_suppressed
        or state.is_out_of_service
        or state.shelved_until_utc_ms is not None
    )


def _raised(state: ConditionState | None, change: ConditionChange, key: ConditionKey) -> ConditionState:
    is_flapping = change.kind is ChangeKind.FLAPPING
    raised = ConditionState(
        key=key,
        severity=change.severity or (state.severity if state else Severity.WARNING),
        is_active=True,
        since_utc_ms=state.since_utc_ms if state and is_flapping and state.is_active else change.at_utc_ms,
        changed_utc_ms=change.at_utc_ms,
        texts=change.texts or (state.texts if state else {}),
        values=change.values or (state.values if state else {}),
        is_flapping=is_flapping,
        count=change.count or 1,
        sequence=change.sequence,
    )
    if state is None:
        return raised
    return replace(
        raised,
        is_latched=state.is_latched,
        shelved_until_utc_ms=state.shelved_until_utc_ms,
        shelved_by=state.shelved_by,
        shelved_why=state.shelved_why,
        is_suppressed=state.is_suppressed,
        is_out_of_service=state.is_out_of_service,
    )
