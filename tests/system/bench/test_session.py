"""`bench session` runs from end to end and writes every figure that it promises; the figures are judged elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.long]

ROOT = Path(__file__).resolve().parents[3]
PARTS = {
    "opening": {"request_to_exact_ms", "approve_to_exact_ms"},
    "photon": {
        "photon_p50_ms", "photon_p90_ms", "photon_p99_ms", "novnc_p50_ms", "photon_ratio_novnc", "floor_p50_ms",
    },
    "ending": {"stop_to_dark_ms", "stop_hung_ms", "indicator_gone_ms"},
    "footprint": {
        "agent_pss_mb", "desk_pss_mb", "host_pss_mb", "agent_idle_pss_mb", "desk_idle_pss_mb", "idle_cpu_percent",
        "agent_cpu_percent", "desk_cpu_percent", "host_cpu_percent",
    },
    "relay": {"relay_mutations", "relay_undetected"},
}  # fmt: skip
"""Without consent: it has no quick way, and a test of its own."""


@pytest.mark.parametrize("part", PARTS)
def test_a_part_writes_its_figures(part: str, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench.session", "--json", str(out), "--quick", "--only", part]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    written = json.loads(out.read_text())
    assert written.keys() == {"figures", "peers", "machine"}
    assert written["figures"].keys() >= PARTS[part]
    assert all(value >= 0 for value in written["figures"].values())
