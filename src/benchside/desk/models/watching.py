"""What the desk knows of the notifier's world: what is wrong now, what was, and a card that wants to be seen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from benchside.desk.models.glance import Tone
from benchside.desk.models.phrase import Phrase
from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.wire.condition import ConditionChange, ConditionKey, Severity
from benchside.protocol.wire.notice import (
    HistoryOfConditions,
    NoticeAlive,
    NoticeMessage,
    NoticeRefused,
    NoticeShown,
    NoticesShown,
    PopUp,
)

__all__ = ["Past", "Watch", "WatchState", "attention", "learn_notices", "lose_notifier", "summary", "tone_of"]

MAX_PAST = 1000
"""Ten pages of changes: more than anybody reads in a window."""


class Watch(StrEnum):
    """Whether the notifier on this PC answers."""

    SEEKING = "seeking"
    HERE = "here"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Past:
    """Earlier changes, newest first; of one condition or of all."""

    of: ConditionKey | None
    changes: tuple[ConditionChange, ...]
    more: bool
    intact: bool


@dataclass(frozen=True, slots=True)
class WatchState:
    """Everything that the page of notices and the pop-up show."""

    watch: Watch = Watch.SEEKING
    shown: NoticesShown | None = None
    past: Past | None = None
    pop_up: PopUp | None = None
    refused: NoticeRefused | None = None
    asked_of: ConditionKey | None = field(default=None)
    """Whose history was asked for last."""


def learn_notices(state: WatchState, message: NoticeMessage) -> WatchState:
    """Return the state after `message`; PeerError for one that a notifier does not say."""
    match message:
        case NoticesShown():
            return replace(state, watch=Watch.HERE, shown=message)
        case PopUp():
            return replace(state, pop_up=message)
        case HistoryOfConditions():
            return replace(state, past=_longer(state, message))
        case NoticeRefused():
            return replace(state, refused=message)
        case NoticeAlive():
            return state
        case _:
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected a message that a notifier sends, got one of a desk's")


def lose_notifier(state: WatchState) -> WatchState:
    """The connection is gone: what was shown may be old, so it is not shown as if it were so now."""
    del state
    return WatchState(watch=Watch.AWAY)


def attention(state: WatchState) -> int:
    """Return how many conditions somebody should look at: neither acknowledged nor put aside, and more than a hint."""
    if state.shown is None:
        return 0
    return sum(1 for one in state.shown.notices if _wants_attention(one)) + state.shown.beyond


def tone_of(severity: Severity) -> Tone:
    """Return the tone of a severity; serious and critical differ by their words, not by colour alone."""
    return {Severity.INFO: Tone.INFO, Severity.WARNING: Tone.WARN}.get(severity, Tone.DANGER)


def summary(state: WatchState) -> tuple[Tone, Phrase, Phrase | None]:
    """Return what the page says on top: a tone, a head, and what it means."""
    if state.watch is Watch.SEEKING:
        return Tone.INFO, Phrase("notices.seeking"), None
    if state.watch is Watch.AWAY or state.shown is None:
        return Tone.WARN, Phrase("notices.away"), Phrase("notices.away.why")
    if not state.shown.intact:
        return Tone.DANGER, Phrase("notices.broken"), Phrase("notices.broken.why")
    blind = tuple(one.name for one in state.shown.watches if not one.is_well)
    wanted = [one for one in state.shown.notices if _wants_attention(one)]
    if wanted:
        worst = max(wanted, key=lambda one: one.state.severity.rank).state.severity
        count = len(wanted) + state.shown.beyond
        head = Phrase("notices.one") if count == 1 else Phrase("notices.many", {"count": count})
        return tone_of(worst), head, None
    if blind:
        return Tone.WARN, Phrase("notices.blind"), Phrase("notices.blind.why", {"names": ", ".join(blind[:5])})
    if state.shown.notices:
        return Tone.INFO, Phrase("notices.known"), Phrase("notices.known.why")
    return Tone.GOOD, Phrase("notices.none"), Phrase("notices.none.why")


def _wants_attention(notice: NoticeShown) -> bool:
    state = notice.state
    is_aside = state.shelved_until_utc_ms is not None or state.is_suppressed or state.is_out_of_service
    return not is_aside and not state.is_acknowledged and state.severity is not Severity.INFO


def _longer(state: WatchState, page: HistoryOfConditions) -> Past:
    past = state.past
    if past is None or past.of != state.asked_of:
        past = Past(state.asked_of, (), False, True)
    oldest = past.changes[-1].sequence if past.changes else None
    fresh = tuple(one for one in page.changes if oldest is None or one.sequence < oldest)
    changes = (past.changes + fresh)[:MAX_PAST]
    return Past(past.of, changes, page.more and len(changes) < MAX_PAST, page.intact)
