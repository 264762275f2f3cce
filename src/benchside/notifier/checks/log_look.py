"""What the checks `event_log` and `journal` share: from new entries to one signal for each rule and subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from benchside.notifier.checks.answer import happened
from benchside.notifier.checks.rules import Entry, LogRule, matches
from benchside.protocol.wire.condition import Signal

__all__ = ["left_out", "signals_of"]

SOURCE = "pc.events"
MAX_SIGNALS = 64
"""Of one look; a log in which everything fails is said by the rules that fail most."""


def signals_of(entries: Iterable[Entry], rules: Sequence[LogRule]) -> list[Signal]:
    """Return what the entries say by the rules, each entry by the first rule that it fits."""
    counts: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        rule = next((one for one in rules if matches(one, entry)), None)
        if rule is not None:
            counts[(rule.code, rule.subject or entry.source or "?")] += 1
    return [
        happened(SOURCE, subject, code, values={"count": count}, count=count)
        for (code, subject), count in counts.most_common(MAX_SIGNALS)
    ]


def left_out(log: str) -> Signal:
    """Return the signal that this log was written faster than it is read."""
    return happened(SOURCE, log, "entries_lost")
