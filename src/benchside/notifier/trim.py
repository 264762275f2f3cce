"""Keeps the journal small, and says so in it.

What is above `journal_mb` goes each hour, but never what is needed.  What is old, and what is no longer needed because
it is, goes by a clock that may be wrong: at most a tenth of the journal in a day.  Hours and days are those in which
the notifier ran, counted in parts over restarts: no clock that jumps makes one shorter, and a PC that is off at night
has longer ones.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from benchside.notifier.journal import Journal
from benchside.notifier.settings import NotifierSettings
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.flow.conditions.projection import States
from benchside.protocol.wire.condition import ChangeKind, ConditionKey, Signal, SignalState

__all__ = ["PART_S", "Trimmer"]

PART_S = 600.0
"""Of an hour: a PC whose runs are all shorter than that trims its journal all the same."""
PARTS = 6
DAY_HOURS = 24
PIECE = 2000
"""Entries at a time: some tens of milliseconds in which nobody is told of anything."""
PAUSE_S = 0.05
"""What came meanwhile has its turn."""
TRIMMED = ConditionKey("benchside.notifier", "journal", "trimmed")
DAY = "trim"
"""The fact that keeps the day over restarts."""


class _Day(msgspec.Struct, frozen=True):
    """`hours`: of running since it began, and `parts` of the next.  `left`: entries that may still go by a clock."""

    hours: Annotated[int, Meta(ge=0)]
    left: Annotated[int, Meta(ge=0)]
    parts: Annotated[int, Meta(ge=0)] = 0


class Trimmer:
    """Cuts one journal: for age once a day, for size each hour."""

    def __init__(self, journal: Journal, settings: NotifierSettings) -> None:
        self._journal = journal
        self._settings = settings

    async def part_passed(self, states: States, *, kept: int, utc_ms: int) -> Signal | None:
        """Cut what is too old or too much, each piece with its entry; return the signal for whoever looks.

        To be called after each PART_S of running.  `kept`: up to where the server has it.
        UnavailableError: the disk does not take it; what was cut before is whole.  May be cancelled between two pieces.
        """
        day = self._day()
        day = replace(day, parts=day.parts + 1)
        if day.parts >= PARTS:
            return await self._hour_passed(day, states, kept, utc_ms)
        self._keep(day)
        return None

    async def _hour_passed(self, day: _Day, states: States, kept: int, utc_ms: int) -> Signal | None:
        day = _Day(day.hours + 1, day.left)
        is_new = day.hours >= DAY_HOURS
        if is_new:
            day = _Day(0, self._journal.part())
        cut = None
        if is_new or self._journal.is_larger_than(self._settings.journal_mb):
            cut = self._journal.to_cut(
                now_utc_ms=utc_ms,
                max_age_s=self._settings.journal_days * 24 * 3600,
                max_bytes=self._settings.journal_mb * 1_000_000,
                kept=kept,
                states=states,
                most=day.left,
            )
        if cut is not None:
            day = _Day(day.hours, max(0, day.left - cut.by_clock))
        # before anything is cut: whoever kills us at it again and again gains nothing
        self._keep(day)
        if cut is None:
            return None
        first = cut.sequence - cut.entries + 1
        for until in (*range(first + PIECE - 1, cut.sequence, PIECE), cut.sequence):
            self._journal.cut(until, drafted(ChangeKind.CUT, utc_ms, count=until))
            await asyncio.sleep(PAUSE_S)
        return Signal(TRIMMED, SignalState.PULSE, {"entries": cut.entries})

    def _keep(self, day: _Day) -> None:
        self._journal.keep_fact(DAY, msgspec.msgpack.encode(day))

    def _day(self) -> _Day:
        kept = self._journal.fact(DAY)
        if kept is None:
            return _Day(DAY_HOURS - 1, 0)  # the first hour ever begins a day
        try:
            return msgspec.msgpack.decode(kept, type=_Day)
        except msgspec.MsgspecError:
            return _Day(0, 0)  # nobody knows how much went; the next day will
