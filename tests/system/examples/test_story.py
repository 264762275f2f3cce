"""The demo's story with nobody there comes true, from the broken analyser to the mended one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from project.paths import ROOT

pytestmark = [pytest.mark.system, pytest.mark.long]

STEPS = (
    "the analyser is broken",
    "the card came up, and the technician opens the notices",
    "the notice is read, from the log and from OPC UA",
    "request",
    "the engineer sees it on the fleet's page",
    "the engineer reads the request",
    "claim",
    "session over",
    "log verified",
    "the analyser is mended",
    "nothing of it is left on the fleet's page",
)


def test_the_story_comes_true(tmp_path: Path) -> None:
    out = tmp_path / "story.json"
    words = [sys.executable, "-m", "examples.demo", "--scripted", "--json", str(out)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    told = json.loads(out.read_text())
    assert (done.returncode, told["error"]) == (0, "")
    said = [step["step"] for step in told["steps"]]
    assert [step for step in said if step in STEPS] == list(STEPS)
