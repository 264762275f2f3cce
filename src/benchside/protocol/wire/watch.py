"""Between the notifier and one worker, over an inherited socket: what to watch, and what was seen.

    notifier                                        worker
    WatchStarted(what, settings)               ->
                                               <-   WatchReady(names)
                                               <-   Seen(signals) ...     each condition at most once in a message
    Taken(upto)                                ->   what these told is in the journal; after a kill, it still is
                                               <-   WatchBeat, every 5 s; 15 s without is a hung worker, which is ended
                                               <-   CheckFailed(name)     one check broke off; the others go on

A worker folds what comes too fast (Signal.count) before it sends: at most MAX_SEEN_A_S messages a second.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from benchside.protocol.wire.codec import Codec, Message
from benchside.protocol.wire.condition import ConditionKey, Signal
from benchside.protocol.wire.text import Line, Word

__all__ = [
    "MAX_SEEN_A_S",
    "MAX_STANDING",
    "STUCK",
    "WATCH",
    "CheckFailed",
    "Seen",
    "Taken",
    "WatchBeat",
    "WatchMessage",
    "WatchReady",
    "WatchStarted",
]

MAX_SEEN_A_S = 10
"""A person cannot tell a tenth of a second, and a journal should not."""
MAX_STANDING = 500
"""Conditions that a worker is told of as being on; of more the rest stays on until another start."""

STUCK = "stuck"
"""The cause with which a worker says that it goes, because of a check that does not come back."""


class WatchStarted(Message, frozen=True, kw_only=True, tag="start"):
    """`what`: which adapter, or `checks`; `settings`: its part of the settings file, as JSON.

    `resting`: checks that hung lately; they are left alone for the first ten minutes.
    `standing`: what workers before this one said is on, and nobody has said is over.
    """

    what: Word
    name: Word
    settings: Annotated[bytes, Meta(max_length=64 * 1024)]
    resting: Annotated[tuple[Word, ...], Meta(max_length=64)] = ()
    standing: Annotated[tuple[ConditionKey, ...], Meta(max_length=MAX_STANDING)] = ()


class WatchReady(Message, frozen=True, kw_only=True, tag="ready"):
    """It watches now."""

    names: Annotated[tuple[Word, ...], Meta(max_length=64)]


class Seen(Message, frozen=True, kw_only=True, tag="seen"):
    """What was seen since the last.  `upto`: so many of the worker's first signals, before folding, have been said."""

    signals: Annotated[tuple[Signal, ...], Meta(min_length=1, max_length=500)]
    upto: Annotated[int, Meta(ge=0, le=2**53)] = 0


class Taken(Message, frozen=True, kw_only=True, tag="taken"):
    """What follows from all up to a Seen's `upto` is in the journal: a worker may forget where it had that from."""

    upto: Annotated[int, Meta(ge=0, le=2**53)]


class CheckFailed(Message, frozen=True, kw_only=True, tag="failed"):
    """This check or source could not be looked at; `cause`: a fixed word or an error's name, never content."""

    name: Word
    cause: Line


class WatchBeat(Message, frozen=True, kw_only=True, tag="beat"):
    """The worker is alive; `seen`: signals since its start, before folding."""

    seen: Annotated[int, Meta(ge=0, le=2**53)]


WatchMessage = WatchStarted | WatchReady | Seen | Taken | CheckFailed | WatchBeat

WATCH: Codec[WatchMessage] = Codec(WatchMessage, max_bytes=1024 * 1024, name="watch")
