"""What a worker has to say and has not said yet: folded by condition, bounded, and exact in its sums."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass
class _Turn:
    """What a message says of one condition, and the number of the first signal that was folded into it."""

    signal: Signal
    since: int


class Fold:
    """`take` signals as they come, `give` what a message can hold; each condition at most once in a message."""

    def __init__(self) -> None:
        self._turns: dict[ConditionKey, list[_Turn]] = {}
        self.seen = 0
        self.told = 0
        """How often `take` was called, which numbers what it took."""

    def __bool__(self) -> bool:
        """Whether something waits."""
        return bool(self._turns)

    @property
    def given(self) -> int:
        """So many of the first that were taken are in what `give` has returned, each of them; MAX_KEYS steps."""
        return min((turns[0].since for turns in self._turns.values()), default=self.told + 1) - 1

    def take(self, signal: Signal) -> None:
        """Add one; what says the same as the last of its condition is counted into that."""
        self.told += 1
        self.seen = min(self.seen + signal.count, MAX_COUNT)
        if signal.key not in self._turns and len(self._turns) >= MAX_KEYS:
            signal = Signal(BEYOND, SignalState.PULSE, count=signal.count)
        turns = self._turns.setdefault(signal.key, [])
        if not turns or (turns[-1].signal.state is not signal.state and len(turns) < MAX_TURNS):
            turns.append(_Turn(signal, self.told))
            return
        # the first turn and the newest stay; what lies between is counted into the newest
        at = len(turns) - 1 if turns[-1].signal.state is signal.state else 1
        count = signal.count + sum(turn.signal.count for turn in turns[at:])
        turns[at:] = [_Turn(replace(signal, count=min(count, MAX_COUNT)), turns[at].since)]

    def give(self) -> tuple[Signal, ...]:
        """Return the next message's signals, the longest waiting first."""
        keys = list(self._turns)[:MAX_AT_ONCE]
        given = []
        for key in keys:
            turns = self._turns.pop(key)
            given.append(turns.pop(0).signal)
            if turns:
                self._turns[key] = turns
        return tuple(given)
