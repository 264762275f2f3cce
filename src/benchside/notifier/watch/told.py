"""What checks have said is on, also before this process began: what they no longer know of is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchside.notifier.watch.contract import Check
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState

__all__ = ["Told"]

WATCH = "pc.watch"
"""Source of what a worker says of its checks themselves, by their names."""


class Told:
    """Which conditions are on.  `standing`: as workers before this one left them."""

    def __init__(self, standing: Iterable[ConditionKey] = ()) -> None:
        self._on = set(standing)

    def begin(self, checks: Sequence[Check]) -> list[Signal]:
        """Return OFF for what none of `checks` tells of: its check is off, or has nothing to look at any more."""
        names = {check.name for check in checks}
        told = {one for check in checks for one in check.conditions}
        return self._end(
            key
            for key in self._on
            if (key.subject not in names if key.source == WATCH else (key.source, key.code) not in told)
        )

    def looked(self, check: Check, signals: Sequence[Signal]) -> list[Signal]:
        """Return OFF for what `check` had on, did not mention in `signals`, and does not know of any more."""
        self.heard(signals)
        others = self._on - {signal.key for signal in signals}
        return self._end(key for key in others if (key.source, key.code) in check.conditions and not check.knows(key))

    def heard(self, signals: Iterable[Signal]) -> None:
        """Take what a look said that told of a part only."""
        for signal in signals:
            if signal.state is SignalState.ON:
                self._on.add(signal.key)
            elif signal.state is SignalState.OFF:
                self._on.discard(signal.key)

    def _end(self, keys: Iterable[ConditionKey]) -> list[Signal]:
        over = sorted(keys)
        self._on.difference_update(over)
        return [Signal(key, SignalState.OFF) for key in over]
