"""What a worker has to say and has not said yet: folded by condition, bounded, and exact in its sums."""

from __future__ import annotations

from msgspec.structs import replace

from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState

__all__ = ["BEYOND", "MAX_AT_ONCE", "MAX_KEYS", "Fold"]

MAX_KEYS = 2000
"""As many conditions as the notifier keeps; what comes beyond is only counted."""
MAX_TURNS = 4
"""Of one condition, until they are said: it came, went, came and went; a longer story is counted into these."""
MAX_AT_ONCE = 500
"""Signals of one message."""
MAX_COUNT = 2**53
BEYOND = ConditionKey("benchside.notifier", "conditions", "too_many")


class Fold:
    """`take` signals as they come, `give` what a message can hold; each condition at most once in a message."""

    def __init__(self) -> None:
        self._turns: dict[ConditionKey, list[Signal]] = {}
        self.seen = 0

    def __bool__(self) -> bool:
        """Whether something waits."""
        return bool(self._turns)

    def take(self, signal: Signal) -> None:
        """Add one; what says the same as the last of its condition is counted into that."""
        self.seen = min(self.seen + signal.count, MAX_COUNT)
        turns = self._turns.get(signal.key)
        if turns is None:
            if len(self._turns) >= MAX_KEYS and signal.key != BEYOND:
                self._count_beyond(signal.count)
                return
            self._turns[signal.key] = [signal]
            return
        at = len(turns) - 1
        if turns[at].state is not signal.state:
            if len(turns) < MAX_TURNS:
                turns.append(signal)
                return
            # the first turn and the newest stay; what lies between is counted into the newest
            between = sum(turn.count for turn in turns[1:])
            turns[1:] = [replace(signal, count=min(signal.count + between, MAX_COUNT))]
            return
        turns[at] = replace(signal, count=min(turns[at].count + signal.count, MAX_COUNT))

    def give(self) -> tuple[Signal, ...]:
        """Return the next message's signals, the longest waiting first."""
        keys = list(self._turns)[:MAX_AT_ONCE]
        given = []
        for key in keys:
            turns = self._turns.pop(key)
            given.append(turns.pop(0))
            if turns:
                self._turns[key] = turns
        return tuple(given)

    def _count_beyond(self, count: int) -> None:
        beyond = Signal(BEYOND, SignalState.PULSE, count=count)
        self.seen -= count
        self.take(beyond)
