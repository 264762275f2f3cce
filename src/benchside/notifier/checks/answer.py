"""What a check answers: a signal for what it knows, nothing for what it does not."""

from __future__ import annotations

from collections.abc import Iterable

from benchside.protocol.wire.condition import ConditionKey, Severity, Signal, SignalState, Values
from benchside.protocol.wire.text import clean

__all__ = ["answer", "happened", "subjects"]

MAX_SUBJECT = 80
"""As `Name` of the wire."""


def answer(
    source: str,
    subject: str,
    code: str,
    is_on: bool | None,
    *,
    severity: Severity | None = None,
    values: Values | None = None,
) -> list[Signal]:
    """Return the signal of one condition; none when `is_on` is None: how it is is not known."""
    if is_on is None:
        return []
    key = ConditionKey(source, _subject(subject), code)
    if not is_on:
        return [Signal(key, SignalState.OFF)]
    return [Signal(key, SignalState.ON, values or {}, severity)]


def happened(source: str, subject: str, code: str, *, values: Values | None = None, count: int = 1) -> Signal:
    """Return the signal of something that is over already."""
    return Signal(ConditionKey(source, _subject(subject), code), SignalState.PULSE, values or {}, count=count)


def subjects(names: Iterable[str]) -> frozenset[str]:
    """Return what conditions about these are called, for a check's `knows`."""
    return frozenset(map(_subject, names))


def _subject(name: str) -> str:
    return clean(name, MAX_SUBJECT) or "?"
