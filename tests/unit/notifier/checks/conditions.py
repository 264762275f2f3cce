"""Reads what a look answered: which of its conditions are on, with their values; and what a worker makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from benchside.notifier.checks.worker import check_of
from benchside.notifier.watch.told import Told
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState, Values

__all__ = ["off", "on", "pulses", "whole"]


def on(signals: Iterable[Signal]) -> dict[tuple[str, str], Values]:
    """By subject and code."""
    return {(one.key.subject, one.key.code): one.values for one in signals if one.state is SignalState.ON}


def off(signals: Iterable[Signal]) -> set[tuple[str, str]]:
    """By subject and code."""
    return {(one.key.subject, one.key.code) for one in signals if one.state is SignalState.OFF}


def pulses(signals: Iterable[Signal]) -> dict[tuple[str, str], int]:
    """How often, by subject and code."""
    return {(one.key.subject, one.key.code): one.count for one in signals if one.state is SignalState.PULSE}


def whole(
    name: str, look: Callable[[], Sequence[Signal]], standing: Iterable[ConditionKey] = ()
) -> Callable[[], list[Signal]]:
    """Return the look of the check of that name, with what a worker adds: OFF for what it no longer knows of."""
    check, told = check_of(name, 60, 5, look), Told(standing)

    def answered() -> list[Signal]:
        signals = list(check.look())
        return [*signals, *told.looked(check, signals)]

    return answered
