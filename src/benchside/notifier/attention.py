"""Brings changes of conditions to the pop-ups: what arose, what is over, what popped up before a restart."""

from __future__ import annotations

from collections.abc import Iterable

from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.flow.conditions.projection import States
from benchside.protocol.flow.popups import BUDGET_S, Arose, Ended, Popped, Popups, PopupsEvent, ShowCard
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, ConditionState, Severity

__all__ = ["Attention"]

K = ChangeKind
_AROSE = frozenset({K.RAISED, K.FLAPPING, K.CHANGED, K.UNSHELVED, K.UNSUPPRESSED, K.IN_SERVICE})
_ENDED = frozenset({K.CLEARED, K.ACKNOWLEDGED, K.SHELVED, K.SUPPRESSED, K.OUT_OF_SERVICE, K.LATCH_RESET})


class Attention:
    """Owns the pop-ups' machine, and makes the entries of the journal by which its budget survives."""

    def __init__(self, past: Iterable[ConditionChange], *, now: float, utc_ms: int) -> None:
        """`past`: the newest POPPED_UP entries of the journal."""
        popped = [
            Popped(change.key, change.severity or Severity.WARNING, now - max(0, utc_ms - change.at_utc_ms) / 1000)
            for change in past
            if change.key is not None and abs(utc_ms - change.at_utc_ms) < BUDGET_S * 1000
        ]
        self._popups = Popups(popped)
        self._told: dict[ConditionKey, int] = {}

    def begin(self, states: States, popped: dict[ConditionKey, ConditionChange], now: float) -> list[ShowCard]:
        """Go on after a restart: what is active and never popped up, or is worse than when it did, waits.

        `popped`: the newest POPPED_UP of each condition.
        """
        cards = []
        for state in states.values():
            told = popped.get(state.key)
            if told is not None and told.at_utc_ms >= state.since_utc_ms:
                self._told[state.key] = (told.severity or state.severity).rank
            cards += self._consider(state, now)
        return cards

    def hear(self, change: ConditionChange, state: ConditionState | None, now: float) -> list[ShowCard]:
        """Take one change and how its condition stands after it; return what is to be shown now."""
        if change.key is None:
            return []
        if state is None or not state.is_active:
            self._told.pop(change.key, None)
        if change.kind in _ENDED:
            return self._popups.step(Ended(change.key), now)
        if change.kind in _AROSE and state is not None:
            return self._consider(state, now)
        return []

    def step(self, event: PopupsEvent, now: float) -> list[ShowCard]:
        """Take what is no change: quiet, desks, time."""
        return self._popups.step(event, now)

    def deadline(self) -> float | None:
        """Return when to step with Ticked."""
        return self._popups.deadline()

    def _consider(self, state: ConditionState, now: float) -> list[ShowCard]:
        """Only what is new, or worse than what was told, is worth an interruption."""
        rank = state.severity.rank
        is_silent = (
            not state.is_active
            or state.is_acknowledged
            or state.is_suppressed
            or state.is_out_of_service
            or state.shelved_until_utc_ms is not None
        )
        if is_silent or self._told.get(state.key, -1) >= rank:
            return []
        self._told[state.key] = rank
        return self._popups.step(Arose(state.key, state.severity), now)

    @staticmethod
    def noted(card: ShowCard, states: States, utc_ms: int) -> list[ConditionChange]:
        """Return the entries that say that `card` popped up."""
        return [
            drafted(K.POPPED_UP, utc_ms, key, severity=states[key].severity if key in states else card.severity)
            for key in card.keys
        ]
