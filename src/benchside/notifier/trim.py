"""Keeps the journal small, and says so in it."""

from __future__ import annotations

import asyncio

from benchside.notifier.journal import Journal
from benchside.notifier.settings import NotifierSettings
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.flow.conditions.projection import States
from benchside.protocol.wire.condition import ChangeKind, ConditionKey, Signal, SignalState

__all__ = ["trim"]

PIECE = 2000
"""Entries at a time: some tens of milliseconds in which nobody is told of anything."""
PAUSE_S = 0.05
"""What came meanwhile has its turn."""
TRIMMED = ConditionKey("benchside.notifier", "journal", "trimmed")


async def trim(
    journal: Journal, settings: NotifierSettings, states: States, *, kept: int, utc_ms: int
) -> Signal | None:
    """Cut what is too old or too much, each piece with its entry; return the signal for whoever looks.

    `kept`: up to where the server has it.  UnavailableError: the disk does not take it; what was cut before is whole.
    May be cancelled between two pieces.
    """
    cut = journal.to_cut(
        now_utc_ms=utc_ms,
        max_age_s=settings.journal_days * 24 * 3600,
        max_bytes=settings.journal_mb * 1_000_000,
        kept=kept,
        states=states,
    )
    if cut is None:
        return None
    first = cut.sequence - cut.entries + 1
    for until in (*range(first + PIECE - 1, cut.sequence, PIECE), cut.sequence):
        journal.cut(until, drafted(ChangeKind.CUT, utc_ms, count=until))
        await asyncio.sleep(PAUSE_S)
    return Signal(TRIMMED, SignalState.PULSE, {"entries": cut.entries})
