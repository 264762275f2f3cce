"""Reads what a look answered: which of its conditions are on, with their values."""

from __future__ import annotations

from collections.abc import Iterable

from benchside.protocol.wire.condition import Signal, SignalState, Values

__all__ = ["off", "on", "pulses"]


def on(signals: Iterable[Signal]) -> dict[tuple[str, str], Values]:
    """By subject and code."""
    return {(one.key.subject, one.key.code): one.values for one in signals if one.state is SignalState.ON}


def off(signals: Iterable[Signal]) -> set[tuple[str, str]]:
    """By subject and code."""
    return {(one.key.subject, one.key.code) for one in signals if one.state is SignalState.OFF}


def pulses(signals: Iterable[Signal]) -> dict[tuple[str, str], int]:
    """How often, by subject and code."""
    return {(one.key.subject, one.key.code): one.count for one in signals if one.state is SignalState.PULSE}
