"""Why a person's act cannot be."""

from __future__ import annotations

from benchside.protocol.flow.conditions.event import Act
from benchside.protocol.flow.conditions.projection import is_shown
from benchside.protocol.flow.conditions.shares import OWN
from benchside.protocol.wire.condition import ConditionState
from benchside.protocol.wire.notice import Acknowledge, PutOutOfService, ResetLatch, Shelve, Unshelve

__all__ = ["objection"]


def objection(act: Act, state: ConditionState | None, *, has_room: bool) -> str | None:
    """Return why `act` cannot be, as a fixed word; None when it can.

    `state`: of the condition that it is about, as it is now; `has_room`: whether it may be remembered from now on.
    """
    if isinstance(act, PutOutOfService):
        return _service_objection(act, state, has_room=has_room)
    if state is None or not (is_shown(state) or state.shelved_until_utc_ms is not None):
        return "gone"
    match act:
        case Acknowledge():
            return "already" if state.is_acknowledged else "newer" if _is_newer(act, state) else None
        case Unshelve():
            return None if state.shelved_until_utc_ms is not None else "not_shelved"
        case ResetLatch():
            return None if state.is_latched else "still_active" if state.is_active else "not_latched"
        case Shelve():
            return None


def _is_newer(act: Acknowledge, state: ConditionState) -> bool:
    """Whether it came again, or became worse, since it was shown to whoever acknowledges it."""
    came_again = act.since_utc_ms is not None and state.since_utc_ms != act.since_utc_ms
    return came_again or (act.severity is not None and state.severity.rank > act.severity.rank)


def _service_objection(act: PutOutOfService, state: ConditionState | None, *, has_room: bool) -> str | None:
    is_out = state is not None and state.is_out_of_service
    if act.back:
        return None if is_out else "in_service"
    if act.key.source.startswith(OWN):
        return "own"  # nobody puts out of service what tells that nobody watches
    if not has_room:
        return "too_many"
    return "already" if is_out else None
