"""What sources have said and no change tells yet: it waits for a delay, for quiet, or to be summed up.

It is kept beside the journal, so that a notifier that is killed has not forgotten what it answered as taken: OFF of a
condition that flaps or has a delay would else never come again, for its source has said it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from benchside.protocol.flow.conditions.projection import States
from benchside.protocol.flow.conditions.track import FOLDED_AT_LEAST, Track
from benchside.protocol.wire.condition import ConditionKey, ConditionState, Severity, Signal, SignalState, Values

__all__ = ["Unsaid", "UnsaidBook"]


class Unsaid(msgspec.Struct, frozen=True):
    """The newest that was heard of one condition.

    `count`: signals that are in no change yet.  `until_utc_ms`: when a pulse is over, by the wall clock; None where an
    older version kept it.  Both stand still at FOLDED_AT_LEAST: a flood must not write to the disk with each signal,
    and is summed up within the minute.
    """

    key: ConditionKey
    state: SignalState
    severity: Severity
    values: Values
    count: int
    until_utc_ms: int | None = None

    def heard(self) -> Signal:
        """Return the signal that says the same."""
        return Signal(self.key, self.state, self.values, self.severity)


class UnsaidBook:
    """Knows what is kept, and gives what is to be kept instead."""

    def __init__(self, kept: Iterable[Unsaid]) -> None:
        self._kept = {unsaid.key: unsaid for unsaid in kept}
        self._touched = set(self._kept)

    def touch(self, key: ConditionKey) -> None:
        """Look at this condition when news are asked for."""
        self._touched.add(key)

    def news(self, tracks: Mapping[ConditionKey, Track], states: States) -> dict[ConditionKey, Unsaid | None]:
        """Return what is other than at the last call; None: all has been said."""
        news: dict[ConditionKey, Unsaid | None] = {}
        touched, self._touched = self._touched, set()
        for key in touched:
            track = tracks.get(key)
            before, now = self._kept.get(key), None if track is None else _unsaid(track, states.get(key))
            if before is not None and now is not None and before.count == now.count == FOLDED_AT_LEAST:
                now = replace(now, until_utc_ms=before.until_utc_ms)
            if now == before:
                continue
            news[key] = now
            if now is None:
                del self._kept[key]
            else:
                self._kept[key] = now
        return news


def _unsaid(track: Track, state: ConditionState | None) -> Unsaid | None:
    count = min(track.folded, FOLDED_AT_LEAST)
    if not count and not _is_behind(track, state):
        return None
    said = SignalState.OFF if not track.is_wanted else SignalState.PULSE if track.is_pulse else SignalState.ON
    until_utc_ms = track.until_utc_ms if said is SignalState.PULSE else None
    return Unsaid(track.key, said, track.severity, dict(track.values), count, until_utc_ms)


def _is_behind(track: Track, state: ConditionState | None) -> bool:
    """Whether the state, which a restart begins with, is other than what the source said last."""
    if state is None or not state.is_active:
        return track.is_wanted
    return not track.is_wanted or track.is_dirty or track.is_pulse is not state.is_pulse
