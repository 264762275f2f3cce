"""Keeps the journal small, and says so in it."""

from __future__ import annotations

from benchside.notifier.journal import Journal
from benchside.notifier.settings import NotifierSettings
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.flow.conditions.projection import States
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, Signal, SignalState

__all__ = ["trim"]

TRIMMED = ConditionKey("benchside.notifier", "journal", "trimmed")


def trim(
    journal: Journal, settings: NotifierSettings, states: States, *, kept: int, utc_ms: int
) -> tuple[list[ConditionChange], Signal | None]:
    """Cut what is too old or too much; return what is to be written of it, and the signal for whoever looks.

    `kept`: up to where the server has it.  UnavailableError: the disk does not take it, and nothing was cut.
    """
    cut = journal.to_cut(
        now_utc_ms=utc_ms,
        max_age_s=settings.journal_days * 24 * 3600,
        max_bytes=settings.journal_mb * 1_000_000,
        kept=kept,
        states=states,
    )
    if cut is None:
        return [], None
    journal.cut(cut)
    entry = drafted(ChangeKind.CUT, utc_ms, count=cut.sequence)
    return [entry], Signal(TRIMMED, SignalState.PULSE, {"entries": cut.entries})
