"""A change as it is before the journal numbers it and puts it into the chain."""

from __future__ import annotations

from benchside.protocol.trust.conditions import CONDITIONS_START
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey

__all__ = ["drafted"]


def drafted(kind: ChangeKind, at_utc_ms: int, key: ConditionKey | None = None, **what: object) -> ConditionChange:
    """Return a change as it is before the journal numbers it and puts it into the chain."""
    return ConditionChange(
        sequence=0,
        kind=kind,
        at_utc_ms=at_utc_ms,
        key=key,
        head=CONDITIONS_START,
        **what,  # type: ignore[arg-type]
    )
