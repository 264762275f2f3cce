"""Quick forms of what `bench notices` does to lose or double a condition: nothing is lost, and nothing doubled."""

from __future__ import annotations

import asyncio
import tempfile
from importlib import import_module
from pathlib import Path

import pytest

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.long]

RIGHT = {
    "kills": {"conditions_lost": 0, "conditions_doubled": 0, "kills": 12},
    "power": {"conditions_lost": 0, "conditions_doubled": 0, "power_points": 12},
    "away": {"away_conditions_lost": 0, "away_conditions_doubled": 0, "away_said_silent": 2},
}
TRIED = {
    "kills": ("kills_signals", "kills_acknowledged", "kills_changes"),
    "power": ("power_answered", "power_unsynced_writes"),
    "away": ("away_waiting_usual_day", "away_waiting_bad_day"),
}
"""What each has to have seen."""


@pytest.mark.parametrize("part", RIGHT)
def test_nothing_is_lost_or_doubled(part: str) -> None:
    # not pytest's folder: side by side its name is longer than a socket's path may be
    with tempfile.TemporaryDirectory(prefix="kept-") as folder:
        found = asyncio.run(import_module(f"bench.notices.{part}").main(Path(folder), True))
    assert found.items() >= RIGHT[part].items()
    assert all(found[name] > 0 for name in TRIED[part]), "a judge that has seen nothing finds nothing"
