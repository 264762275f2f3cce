"""Values about conditions that the parts of the server hand one another."""

from __future__ import annotations

from dataclasses import dataclass

from benchside.protocol.wire.condition import ConditionKey, ConditionState, Severity, Texts, Values

__all__ = ["OWN_JOURNAL", "OwnCondition", "ShownCondition"]

OWN_JOURNAL = bytes(16)
"""The journal of what the server itself says of a PC; a notifier's is random, and one that says this is refused."""


@dataclass(frozen=True)
class ShownCondition:
    """A condition of a PC, as it is kept."""

    number: int
    device_id: bytes
    state: ConditionState
    raised_utc_ms: int
    kept_utc_ms: int
    """Both by the server's clock; those in the state are the PC's."""


@dataclass(frozen=True)
class OwnCondition:
    """What the server sees of a PC: that something is wrong, or is so no longer.  The same again changes nothing."""

    key: ConditionKey
    is_on: bool
    severity: Severity = Severity.WARNING
    texts: Texts | None = None
    values: Values | None = None
