"""The demo comes up whole, tells outside tools how to take part, and ends whole."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from examples.technician.client import Technician
from tests.system.examples.test_children import wait_dead

pytestmark = [pytest.mark.system, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[3]


@contextlib.contextmanager
def held_demo() -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "examples.demo", "--hold"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_seat_can_be_taken_and_everything_ends_with_ctrl_c() -> None:
    with held_demo() as (process, world):
        with urllib.request.urlopen(world["pc"], timeout=5) as page:
            assert b"The lab's PC" in page.read()
        with urllib.request.urlopen(world["pc"] + "core/rfb.js", timeout=5) as script:
            assert b"class RFB" in script.read()
        with Technician(world["environment"], app="CX-200") as technician:
            technician.press("button", "Start run")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        wait_dead(*world["pids"].values())


def test_foreign_page_cannot_sit_down() -> None:
    """Else any page in the person's browser could use the demo's PC."""
    with held_demo() as (_, world):
        upgrade = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "Origin": "http://elsewhere.example",
        }
        request = urllib.request.Request(world["pc"] + "websockify", headers=upgrade)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=5)
        assert refused.value.code == 403
        refused.value.close()


def test_killed_demo_leaves_nothing() -> None:
    with held_demo() as (process, world):
        process.kill()
        wait_dead(*world["pids"].values())


def test_lost_program_is_named() -> None:
    with held_demo() as (process, world):
        subprocess.run(["kill", "-9", str(world["pids"]["instrument"])], check=True)
        assert process.wait(10) == 1
        wait_dead(*world["pids"].values())
