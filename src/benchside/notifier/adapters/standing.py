"""What an adapter says of its own source: each condition once when it is first known, and then when it changes."""

from __future__ import annotations

from benchside.notifier.watch.contract import Reporter
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState, Values

__all__ = ["Standing"]


class Standing:
    """The conditions `source` / `subject` / code of one adapter."""

    def __init__(self, source: str, subject: str) -> None:
        self._source = source
        self._subject = subject
        self._told: dict[str, tuple[bool, Values]] = {}

    def say(self, reporter: Reporter, code: str, is_on: bool, **values: int | float | str) -> None:
        """Tell that it is on or off; nothing where that was told already."""
        now: tuple[bool, Values] = (is_on, dict(values) if is_on else {})
        if self._told.get(code) == now:
            return
        self._told[code] = now
        state = SignalState.ON if is_on else SignalState.OFF
        reporter.tell(Signal(ConditionKey(self._source, self._subject, code), state, now[1]))

    def happened(self, reporter: Reporter, code: str, count: int = 1) -> None:
        """Tell that it happened and is over, so often."""
        if count > 0:
            key = ConditionKey(self._source, self._subject, code)
            reporter.tell(Signal(key, SignalState.PULSE, count=count))
