"""`bench access` runs from end to end, and the figures that are right or wrong are right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.long]

ROOT = Path(__file__).resolve().parents[3]
PARTS = {
    "entries": {"entry_points_unproven": 0},
    "scope": {"scope_leaks": 0, "scope_wrongly_refused": 0},
    "ending": {},
    "tls": {"tls_findings": 0},
    "api": {"api_failures": 0},
    "guesses": {"strangers_guesses": 0},
    "scripts": {"xss_runs": 0, "csp_reports": 0},
    "ports": {"open_ports": 0},
    "keys": {"enrolments": 6, "shared_keys": 0},
}
"""Without ways, which runs tests of its own."""


@pytest.mark.parametrize("part", PARTS)
def test_a_part_writes_its_figures(part: str, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench.access", "--json", str(out), "--quick", "--only", part]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    written = json.loads(out.read_text())
    assert written.keys() == {"figures", "peers", "machine"}
    assert written["figures"].items() >= PARTS[part].items()
    if part == "ending":
        assert written["figures"]["disable_to_end_s"] < 5  # a limit of the product's, far from what it takes
