"""How many conditions each source may have, so that one which invents them blinds the PC to no other."""

from __future__ import annotations

from collections import Counter

from benchside.protocol.flow.conditions.projection import States
from benchside.protocol.flow.conditions.renewal import ALL_PUSHED, Renewal
from benchside.protocol.flow.conditions.track import Track
from benchside.protocol.wire.condition import ConditionKey, ConditionState, Severity

__all__ = [
    "MAX_ADVISED",
    "MAX_CONDITIONS",
    "MAX_CRITICAL",
    "MAX_OF_SOURCE",
    "MAX_PUSHED",
    "MAX_WORDLESS",
    "OWN",
    "Shares",
]

MAX_CONDITIONS = 2000
"""Some megabyte.  More different conditions than that come from a program that invents them."""
MAX_OF_SOURCE = 500
"""As many as a window shows (wire/notice.py): nobody reads more of one source."""
MAX_PUSHED = 1000
"""Of all `local.` sources together, for a program that pushes names its source itself: half is left for the rest."""
MAX_ADVISED = 100
"""Of the vendor's, whose advisories are 50 at a time (notifier/carrier.py), and as many that nobody has read."""
MAX_CRITICAL = 50
"""So many more where they are critical: results are in danger, and a flood of warnings must not hide that."""
OWN = "benchside."
"""Our own have no limit: they are few, and tell that others were dropped."""
MAX_WORDLESS = 250
"""Of our own about catalogues: of each file that has a fault (notifier/words.py), and of each source that no file has,
which a program may invent."""
_WORDLESS = "benchside.catalogue"
_VENDOR = "vendor"
_MOST = {_VENDOR: MAX_ADVISED, _WORDLESS: MAX_WORDLESS}


class Shares:
    """Counts the conditions that are remembered, and names the one that may be forgotten."""

    def __init__(self) -> None:
        self._of_source: Counter[str] = Counter()
        self._pushed = 0
        self._renewal = Renewal()

    def add(self, key: ConditionKey) -> None:
        """One more is remembered."""
        self._of_source[key.source] += 1
        self._pushed += key.source.startswith(ALL_PUSHED)

    def remove(self, key: ConditionKey) -> None:
        """One less is."""
        self._of_source[key.source] -= 1
        if not self._of_source[key.source]:
            del self._of_source[key.source]
            self._renewal.forget(key.source)
        self._pushed -= key.source.startswith(ALL_PUSHED)

    def is_full(self, key: ConditionKey, severity: Severity = Severity.WARNING) -> bool:
        """Return whether another condition like `key` must wait for room."""
        if key.source.startswith(OWN) and key.source != _WORDLESS:
            return False
        most = _MOST.get(key.source, MAX_OF_SOURCE)
        more = MAX_CRITICAL if severity is Severity.CRITICAL else 0
        return (
            self._of_source[key.source] >= most + more
            or (key.source.startswith(ALL_PUSHED) and self._pushed >= MAX_PUSHED + more)
            or self._of_source.total() >= MAX_CONDITIONS + more
        )

    def dispensable(
        self, key: ConditionKey, tracks: dict[ConditionKey, Track], states: States, now: float
    ) -> Track | None:
        """Return what goes to make room for `key`: the oldest of its source that is over; None where none is.

        Of a source that has none, where all that is pushed has its fill, the oldest that was pushed.  None, too, where
        it is asked for too fast (conditions/renewal.py).
        """
        if not self._renewal.take(key.source, now):
            return None
        over = [track for track in tracks.values() if _is_over(track, states.get(track.key))]
        likes = [track for track in over if track.key.source == key.source]
        if not likes and key.source.startswith(ALL_PUSHED):
            likes = [track for track in over if track.key.source.startswith(ALL_PUSHED)]
        if not likes and not self._of_source[key.source]:
            self._renewal.forget(key.source)
        return min(likes, key=lambda track: _age(track, states), default=None)


def _is_over(track: Track, state: ConditionState | None) -> bool:
    """Whether nothing of it is left but that nobody has acknowledged it, or that it came and went often."""
    if track.is_wanted or track.raise_at is not None:
        return False
    return state is None or not (
        state.is_active
        or state.is_latched
        or state.is_out_of_service
        or state.is_flapping
        or state.shelved_until_utc_ms is not None
    )


def _age(track: Track, states: States) -> tuple[float, int]:
    """After a restart all have turned at the same moment; their numbers tell then."""
    state = states.get(track.key)
    return track.turned_at, 0 if state is None else state.sequence
