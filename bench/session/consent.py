"""Consent under a million random steps, and without each of its guards in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bench.session.scripts import breaches_of
from bench.session.walk import Walk
from benchside.protocol.flow.consent.table import TABLE, Table

STEPS = 1_000_000
STEPS_TO_FIND = 120_000
"""Within so many steps a missing guard must have shown; most show within a thousand."""


def tables_without_one_guard() -> Iterator[tuple[str, Table]]:
    """Every table that lacks exactly one guard in one place, with that place's name.

    Cells that share their rules (GRANTED and RENEWING, say) lose the guard together, as the code would.
    """
    seen: set[tuple[int, int, str]] = set()
    for (stage, event), rules in TABLE.items():
        for at, rule in enumerate(rules):
            for guard in rule.guards:
                if (id(rules), at, guard) in seen:
                    continue
                seen.add((id(rules), at, guard))
                weaker = replace(rule, guards=tuple(name for name in rule.guards if name != guard))
                changed = (*rules[:at], weaker, *rules[at + 1 :])
                table = {cell: changed if known is rules else known for cell, known in TABLE.items()}
                yield f"{stage} x {event.__name__}, rule {at + 1}, {guard}", table


def unfound_guards(seed: int = 7) -> tuple[int, list[str]]:
    """How many guards were removed, and which of them nobody missed."""
    removed, unfound = 0, []
    for name, table in tables_without_one_guard():
        removed += 1
        if breaches_of(table):
            continue
        if not Walk(seed, table).run(STEPS_TO_FIND, stop_at_breach=True).breaches:
            unfound.append(name)
    return removed, unfound


def main() -> dict[str, float]:
    """Measure; the figures' names are the issue's."""
    for sentence in breaches_of():
        print(f"  breach in a script: {sentence}")
    result = Walk(seed=20_261).run(STEPS)
    removed, unfound = unfound_guards()
    for sentence, times in result.breaches.most_common():
        print(f"  breach: {sentence} ({times} times)")
    for name in unfound:
        print(f"  not missed: {name}")
    for stage, event in result.unvisited:
        print(f"  never seen: {stage} x {event}")
    return {
        "consent_steps": result.steps,
        "cells_unvisited": len(result.unvisited),
        "consent_leaks": result.leaks,
        "consent_breaches": sum(result.breaches.values()),
        "guards_removed": removed,
        "guards_unfound": len(unfound),
    }


if __name__ == "__main__":
    print(main())
