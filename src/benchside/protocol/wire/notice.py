"""The notifier's local socket: desks that show and act, programs that push signals, and the agent that carries.

Frames are a length (4 bytes, big endian) and one message.  The notifier checks who calls (SO_PEERCRED, or the pipe's
client on Windows) before it reads (R74).  The first message says what the caller is:

    desk     NoticesWanted(locale)       ->        <-  NoticesShown(...), at each change again
             Acknowledge | Shelve | ...  ->        <-  NoticeRefused where it cannot be
             QuietTold(full_screen)      ->        <-  PopUp(...) when one is due; PopUpShown answers it
    program  SignalPushed(signal)        ->        <-  SignalTaken, for each
    agent    (dials the other way: the notifier enters the agent's door, wire/desk.py, with CarrierWanted)
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from benchside.protocol.wire.codec import Codec, Message
from benchside.protocol.wire.condition import ConditionChange, ConditionKey, ConditionState, Severity, Signal
from benchside.protocol.wire.text import Line, Name, Paragraph, Word
from benchside.protocol.wire.ticket import UtcMs

__all__ = [
    "NOTICE",
    "NOTICE_VERSION",
    "Acknowledge",
    "HistoryOfConditions",
    "HistoryOfConditionsWanted",
    "NoticeAlive",
    "NoticeMessage",
    "NoticeRefused",
    "NoticeShown",
    "NoticesShown",
    "NoticesWanted",
    "PopUp",
    "PopUpShown",
    "PutOutOfService",
    "QuietTold",
    "ResetLatch",
    "Shelve",
    "SignalPushed",
    "SignalTaken",
    "Unshelve",
    "WatchShown",
]

NOTICE_VERSION = 1
MAX_SHELVE_S = 7 * 24 * 3600
"""A week: a longer wish is *out of service*, which an administrator of the PC sets in a file."""
MAX_SHOWN = 500
"""Conditions of one PC that a window can show; beyond, the worst and newest are shown and the rest counted."""

_Locale = Annotated[str, Meta(pattern="^[a-z]{2}(_[A-Z]{2})?\\Z")]


class NoticesWanted(Message, frozen=True, kw_only=True, tag="notices_wanted"):
    """A desk: show me what is wrong, in this language; said again when the person changes the language.

    `pops_up`: false for a command that only looks: a card that nobody sees must not use the budget up.
    """

    version: int
    locale: _Locale
    pops_up: bool = True


class NoticeShown(Message, frozen=True, kw_only=True, tag="notice"):
    """One condition with its words: what is wrong, and what to do next."""

    state: ConditionState
    text: Annotated[str, Meta(max_length=300)]
    advice: Paragraph
    subject: Line
    """What it is about, in words: "Drive C:", "Analyser DX-2"."""


class WatchShown(Message, frozen=True, kw_only=True, tag="watch"):
    """One thing that is watched, and whether that works: a worker, a check, an adapter."""

    name: Word
    is_well: bool
    seen_ago_s: Annotated[int, Meta(ge=0, le=2**31)]


class NoticesShown(Message, frozen=True, kw_only=True, tag="notices"):
    """All that is shown now, worst first, then newest; whole each time.  `beyond`: so many more are not in the list."""

    notices: Annotated[tuple[NoticeShown, ...], Meta(max_length=MAX_SHOWN)]
    beyond: Annotated[int, Meta(ge=0, le=2**31)] = 0
    watches: Annotated[tuple[WatchShown, ...], Meta(max_length=64)] = ()
    intact: bool = True
    """The chain of the journal holds."""
    unsent: Annotated[int, Meta(ge=0, le=2**53)] = 0
    """Changes that the server does not have yet."""


class Acknowledge(Message, frozen=True, kw_only=True, tag="acknowledge"):
    """The person has seen it.  For an advisory: has read it.

    `since_utc_ms`, `severity`: as they were shown, for what came or grew worse since has been seen by nobody (OPC
    10000-9, 5.7.3, has the EventId for this); None: whatever it says now.
    """

    key: ConditionKey
    by: Name
    since_utc_ms: UtcMs | None = None
    severity: Severity | None = None


class Shelve(Message, frozen=True, kw_only=True, tag="shelve"):
    """Do not bother us with it for a time, because …"""

    key: ConditionKey
    by: Name
    why: Annotated[Line, Meta(min_length=1)]
    for_s: Annotated[int, Meta(ge=60, le=MAX_SHELVE_S)]


class Unshelve(Message, frozen=True, kw_only=True, tag="unshelve"):
    """Show it again before its time."""

    key: ConditionKey
    by: Name


class ResetLatch(Message, frozen=True, kw_only=True, tag="reset_latch"):
    """The cause is gone and somebody has looked: a latched condition may clear."""

    key: ConditionKey
    by: Name


class PutOutOfService(Message, frozen=True, kw_only=True, tag="out_of_service"):
    """From an administrator's command alone: not watched until it is put back."""

    key: ConditionKey
    by: Name
    why: Annotated[Line, Meta(min_length=1)]
    back: bool = False


class QuietTold(Message, frozen=True, kw_only=True, tag="quiet"):
    """A desk tells whether a full-screen program has the screen; only critical notices pop up then."""

    full_screen: bool


class PopUp(Message, frozen=True, kw_only=True, tag="pop_up"):
    """Show this now, without taking the focus.  Several notices make one card.  Answered by PopUpShown."""

    number: Annotated[int, Meta(ge=1, le=2**53)]
    severity: Severity
    notices: Annotated[tuple[NoticeShown, ...], Meta(min_length=1, max_length=5)]
    more: Annotated[int, Meta(ge=0, le=2**31)] = 0


class PopUpShown(Message, frozen=True, kw_only=True, tag="pop_up_shown"):
    """The desk has put it on the screen."""

    number: Annotated[int, Meta(ge=1, le=2**53)]


class HistoryOfConditionsWanted(Message, frozen=True, kw_only=True, tag="history_wanted"):
    """Earlier changes, newest first; of one condition, or of all."""

    before: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    key: ConditionKey | None = None


class HistoryOfConditions(Message, frozen=True, kw_only=True, tag="history"):
    """Up to 100 changes."""

    changes: Annotated[tuple[ConditionChange, ...], Meta(max_length=100)]
    more: bool
    intact: bool


class NoticeRefused(Message, frozen=True, kw_only=True, tag="refused"):
    """What was asked last cannot be: the condition is gone, or is no such thing (a fixed word)."""

    key: ConditionKey | None = None
    reason: Word


class NoticeAlive(Message, frozen=True, kw_only=True, tag="alive"):
    """A desk every 20 s, and the notifier's answer to it; 45 s without a word is a hung desk."""


class SignalPushed(Message, frozen=True, kw_only=True, tag="signal"):
    """A program of the lab's or the vendor's: how one condition is.  Its source begins with `local.`"""

    version: int
    signal: Signal


class SignalTaken(Message, frozen=True, kw_only=True, tag="taken"):
    """Answers SignalPushed: it is in the journal, or changed nothing that belongs there; else a fixed word why not.

    `disk_full`: it is kept in memory, shown, and written when there is room.
    """

    refused: Word | None = None


NoticeMessage = (
    NoticesWanted
    | NoticesShown
    | Acknowledge
    | Shelve
    | Unshelve
    | ResetLatch
    | PutOutOfService
    | QuietTold
    | PopUp
    | PopUpShown
    | HistoryOfConditionsWanted
    | HistoryOfConditions
    | NoticeRefused
    | NoticeAlive
    | SignalPushed
    | SignalTaken
)

NOTICE: Codec[NoticeMessage] = Codec(NoticeMessage, max_bytes=2 * 1024 * 1024, name="notice")
"""2 MiB: 500 conditions with their words.  From a caller the notifier takes 16 KiB (notifier/door.py)."""
