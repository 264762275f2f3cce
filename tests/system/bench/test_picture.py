"""`bench picture` runs part by part and writes every figure that it promises; the figures are judged elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.long]

ROOT = Path(__file__).resolve().parents[3]
PARTS = {
    "proof": {"line_6m_rate_mbit", "line_6m_rtt_ms", "line_2m_rate_mbit", "line_2m_rtt_ms"},
    "photon": {"photon_ratio_novnc", "photon_ratio_tigervnc", "photon_p99_ratio_novnc", "floor_p50_ms"},
    "slow": {"slow_small_p95_over_rtt_ms"},
    "page": {"page_bytes_ratio_png", "page_exact_6m_s", "page_exact_2m_s"},
    "photo": {"photo_first_s", "photo_exact_s"},
    "motion": {"motion_fps", "motion_seen_fps", "motion_exact_s"},
    "whole": {"bytes_ratio_tigervnc", "rest_wrong_pixels"},
    "covered": {"covered_pixels_sent", "uncovered_pixels_seen"},
    "still": {"still_bytes", "still_cpu_percent", "host_pss_mb"},
}
"""Without the large peers: installing them is the benchmark's own affair."""


@pytest.mark.parametrize("part", PARTS)
def test_a_part_writes_its_figures(part: str, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench.picture", "--json", str(out), "--quick", "--only", part]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    written = json.loads(out.read_text())
    assert written.keys() >= {"figures", "peers", "machine", "notes"}
    assert written["figures"].keys() >= PARTS[part]
    assert (tmp_path / "figures" / "picture.md").exists()


def test_a_part_that_there_is_not_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.picture", "--json", str(tmp_path / "x.json"), "--only", "page,nothing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "no part nothing" in done.stderr
