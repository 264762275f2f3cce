"""What a part of the benchmark found."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

Figures = dict[str, float]


SHOWN = (
    "page_exact_6m_s", "page_exact_2m_s", "photo_first_s", "photo_exact_s", "motion_lag_ms", "motion_exact_s",
)  # fmt: skip
"""Figures that can fail to come about, and that are missed where they do."""


@dataclass
class Result:
    """`figures` are Benchside's, `peers` the others' with the peer's name before the key; None is never a figure.

    `notes` are sentences about what could not be measured, or what a figure does not say by itself; `series` are
    numbers to be drawn.
    """

    figures: Figures = field(default_factory=dict)
    peers: Figures = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    series: dict[str, list[float]] = field(default_factory=dict)

    def say(self, name: str, key: str, value: float | None, digits: int = 3) -> None:
        """Keep a figure of the product of this name; one that could not be had becomes a note, if it is of `SHOWN`."""
        if value is None:
            if key not in SHOWN:
                return
            self.notes.append(f"{name} has no {key}: it did not come about in the time given to it")
        elif name == "benchside":
            self.figures[key] = round(value, digits)
        else:
            self.peers[f"{name}_{key}"] = round(value, digits)

    def add(self, other: Result) -> None:
        self.figures |= other.figures
        self.peers |= other.peers
        self.notes += other.notes
        self.series |= other.series


def median(values: Sequence[float | None]) -> float | None:
    """None when more than half of them are."""
    ranked = sorted(float("inf") if value is None else value for value in values)
    if not ranked:
        return None
    middle = statistics.median(ranked)
    return None if middle == float("inf") else middle


def worst(values: Sequence[float | None]) -> float | None:
    """None when one of them is."""
    known = [value for value in values if value is not None]
    return max(known) if known and len(known) == len(values) else None


def percentile(values: Sequence[float], which: int) -> float:
    ranked = sorted(values)
    return statistics.quantiles(ranked, n=100, method="inclusive")[which - 1] if len(ranked) > 1 else ranked[0]
