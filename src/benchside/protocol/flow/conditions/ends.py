"""When what began before a restart ends: shelves and pulses.  Only the wall clock knows, and it may be wrong.

While the board runs the monotonic clock counts, and nobody can set that.  Over a restart three things bound what is
left, so that a wrong clock makes nothing last longer:

    how long it was to last at most              a shelf MAX_SHELVE_S, a pulse its `off_after_s`
    what is left by the wall clock               and, for shelves, by that clock as soon as it is put right
    what was left at the journal's newest entry  the clock was past that; if it is before it now, it went back, and the
                                                 projection has moved the ends with it, so that each run counts

What runs for less than five minutes (conditions/clock.py) on a clock that begins anew each time counts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from benchside.protocol.flow.conditions.track import Track
from benchside.protocol.wire.condition import ConditionKey, ConditionState
from benchside.protocol.wire.notice import MAX_SHELVE_S

__all__ = ["Ends"]

_Tracks = Mapping[ConditionKey, Track]
_States = Mapping[ConditionKey, ConditionState]


class Ends:
    """Knows the shelves and pulses that are older than the board."""

    def __init__(self) -> None:
        self._shelved: set[ConditionKey] = set()
        self._pulses: set[ConditionKey] = set()

    def resume_shelf(self, track: Track, state: ConditionState, now: float, utc_ms: int) -> None:
        """Go on with the shelf of `state`."""
        self._shelved.add(track.key)
        track.unshelve_at = now + _shelf_left_s(state, utc_ms)

    def begin_shelf(self, track: Track, for_s: float, now: float) -> None:
        """Somebody shelves it now: from here on the monotonic clock counts."""
        self._shelved.discard(track.key)
        track.unshelve_at = now + for_s

    def resume_pulse(self, track: Track, until_utc_ms: int | None, now: float, utc_ms: int) -> None:
        """Go on with a pulse that ends at `until_utc_ms`; None: nobody wrote down when, so it has all its time."""
        track.clear_at = now + track.entry.off_after_s
        track.until_utc_ms = until_utc_ms
        if until_utc_ms is None:
            return
        self._pulses.add(track.key)
        track.clear_at = min(track.clear_at, now + _left_s(until_utc_ms, utc_ms))

    def begin_pulse(self, track: Track, now: float, utc_ms: int) -> None:
        """One comes now."""
        self._pulses.discard(track.key)
        track.clear_at = now + track.entry.off_after_s
        track.until_utc_ms = utc_ms + int(track.entry.off_after_s * 1000)

    def began(self, tracks: _Tracks, states: _States, now: float, newest_utc_ms: int) -> list[Track]:
        """Return those that end sooner, now that it is known how late it was at the end of the journal.

        `newest_utc_ms`: the later of that and of what the clock says now.
        """
        sooner = self._shelves_left(tracks, states, now, newest_utc_ms)
        for key in self._pulses & tracks.keys():
            track = tracks[key]
            if track.clear_at is None or track.until_utc_ms is None:
                continue
            ends_at = now + _left_s(track.until_utc_ms, newest_utc_ms)
            if ends_at < track.clear_at:
                track.clear_at = ends_at
                sooner.append(track)
        return sooner

    def clock_jumped(self, tracks: _Tracks, states: _States, by_s: int, now: float, utc_ms: int) -> list[Track]:
        """Move the ends of pulses along, as the projection does; return whose end is another one.

        Shelves end sooner where the clock says so now, and none later: silence must not grow by itself.
        """
        moved = [track for track in tracks.values() if track.until_utc_ms is not None]
        for track in moved:
            assert track.until_utc_ms is not None
            track.until_utc_ms = max(0, track.until_utc_ms + by_s * 1000)
        return [*self._shelves_left(tracks, states, now, utc_ms), *moved]

    def _shelves_left(self, tracks: _Tracks, states: _States, now: float, utc_ms: int) -> list[Track]:
        sooner = []
        for key in self._shelved & tracks.keys():
            state, track = states.get(key), tracks[key]
            if state is None or state.shelved_until_utc_ms is None or track.unshelve_at is None:
                continue
            ends_at = now + _shelf_left_s(state, utc_ms)
            if ends_at < track.unshelve_at:
                track.unshelve_at = ends_at
                sooner.append(track)
        return sooner


def _shelf_left_s(state: ConditionState, utc_ms: int) -> float:
    ends = (state.shelved_until_utc_ms, state.shelf_ends_utc_ms)
    return min((_left_s(end, utc_ms) for end in ends if end is not None), default=0.0)


def _left_s(until_utc_ms: int, utc_ms: int) -> float:
    return min(max((until_utc_ms - utc_ms) / 1000, 0.0), MAX_SHELVE_S)
