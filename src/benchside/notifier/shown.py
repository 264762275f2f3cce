"""What desks are shown: conditions with their words, worst first, and how the watch itself is."""

from __future__ import annotations

from collections.abc import Iterable

from benchside.notifier.words import Words
from benchside.protocol.flow.conditions.projection import States, is_shown
from benchside.protocol.flow.popups import ShowCard
from benchside.protocol.wire.condition import ConditionState
from benchside.protocol.wire.notice import MAX_SHOWN, NoticeShown, NoticesShown, PopUp, WatchShown

__all__ = ["notice", "notices", "pop_up"]


def notice(state: ConditionState, words: Words, locale: str) -> NoticeShown:
    """Return one condition as a person reads it."""
    said = words.say(state, locale)
    return NoticeShown(state=state, text=said.text, advice=said.advice, subject=said.subject)


def notices(
    states: States, words: Words, locale: str, *, watches: Iterable[WatchShown], is_intact: bool, unsent: int
) -> NoticesShown:
    """Return all that is shown now, worst first, then newest."""
    shown = [state for state in states.values() if is_shown(state)]
    shown.sort(key=lambda state: (not state.is_active, -state.severity.rank, -state.since_utc_ms))
    return NoticesShown(
        notices=tuple(notice(state, words, locale) for state in shown[:MAX_SHOWN]),
        beyond=max(0, len(shown) - MAX_SHOWN),
        watches=tuple(watches)[:64],
        intact=is_intact,
        unsent=unsent,
    )


def pop_up(card: ShowCard, number: int, states: States, words: Words, locale: str) -> PopUp | None:
    """Return the card in one language; None when all of it is over already."""
    told = tuple(notice(states[key], words, locale) for key in card.keys if key in states)
    return PopUp(number=number, severity=card.severity, notices=told, more=card.more) if told else None
