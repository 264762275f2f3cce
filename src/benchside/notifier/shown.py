"""What desks are shown: conditions with their words, worst first, and how the watch itself is."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from benchside.notifier.words import Words
from benchside.protocol.flow.conditions.projection import States, is_shown
from benchside.protocol.flow.popups import ShowCard
from benchside.protocol.wire.condition import ConditionState
from benchside.protocol.wire.notice import MAX_SHOWN, NoticeShown, NoticesShown, PopUp, WatchShown

__all__ = ["MAX_NOTICES_BYTES", "notice", "notices", "pop_up"]

MAX_NOTICES_BYTES = 3 * 512 * 1024
"""Of the 2 MiB of a message (wire/notice.py).  A notice has 1 kB, but one with all words in all languages 20."""


def notice(state: ConditionState, words: Words, locale: str) -> NoticeShown:
    """Return one condition as a person reads it."""
    said = words.say(state, locale)
    # nobody reads these, and a desk that was begun before an update refuses what it does not know
    state = replace(state, shelf_ends_utc_ms=None, pulse_until_utc_ms=None)
    return NoticeShown(state=state, text=said.text, advice=said.advice, subject=said.subject)


def notices(
    states: States, words: Words, locale: str, *, watches: Iterable[WatchShown], is_intact: bool, unsent: int
) -> NoticesShown:
    """Return all that is shown now, worst first, then newest; what wants nothing of anybody stands below."""
    shown = [state for state in states.values() if is_shown(state)]
    shown.sort(key=lambda state: (not state.is_active, _is_quiet(state), -state.severity.rank, -state.since_utc_ms))
    told = _as_many_as_fit(shown[:MAX_SHOWN], words, locale)
    return NoticesShown(
        notices=told,
        beyond=len(shown) - len(told),
        watches=tuple(watches)[:64],
        intact=is_intact,
        unsent=unsent,
    )


def _is_quiet(state: ConditionState) -> bool:
    """Whether it follows from another, or somebody has put it aside."""
    return state.is_suppressed or state.shelved_until_utc_ms is not None


def _as_many_as_fit(shown: list[ConditionState], words: Words, locale: str) -> tuple[NoticeShown, ...]:
    told, size_bytes = list[NoticeShown](), 0
    for state in shown:
        one = notice(state, words, locale)
        size_bytes += len(msgspec.msgpack.encode(one))
        if size_bytes > MAX_NOTICES_BYTES:
            break
        told.append(one)
    return tuple(told)


def pop_up(card: ShowCard, number: int, states: States, words: Words, locale: str) -> PopUp | None:
    """Return the card in one language; None when all of it is over already."""
    told = tuple(notice(states[key], words, locale) for key in card.keys if key in states)
    return PopUp(number=number, severity=card.severity, notices=told, more=card.more) if told else None
