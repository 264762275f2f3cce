"""`bench notices` runs from end to end, and the figures that are right or wrong are right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.long]

ROOT = Path(__file__).resolve().parents[3]
PARTS: dict[str, dict[str, float]] = {
    "reach": {"events": 4, "events_notify": 4},
    "intake": {},
    "flood": {"flood_popups": 1, "flood_counted_wrong": 0},
    "rest": {"notifier_processes": 6},
    "adapters": {"adapters_failed": 0},
}
NAMES: dict[str, set[str]] = {
    "reach": {"popup_p99_ms", "console_p99_ms"},
    "intake": {"notices_s", "notices_ratio_jetstream"},
    "flood": {"flood_cpu_percent", "flood_journal_entries", "flood_journal_kb"},
    "rest": {
        "notifier_cpu_percent", "notifier_pss_mb", "notifier_bytes_hour", "pc_pss_mb", "pc_cpu_percent",
    },
    "adapters": {"adapters_proven"},
}  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_a_part_writes_its_figures(part: str, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench.notices", "--json", str(out), "--quick", "--only", part]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    written = json.loads(out.read_text())
    assert written.keys() == {"figures", "peers", "machine"}
    assert written["figures"].items() >= PARTS[part].items(), done.stdout[-4000:]
    assert written["figures"].keys() >= NAMES[part]
    assert all(value >= 0 for value in written["figures"].values())


def test_a_part_that_there_is_not_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.notices", "--json", str(tmp_path / "x.json"), "--only", "reach,nothing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "no part nothing" in done.stderr
