"""The demo comes up whole, tells outside tools how to take part, and ends whole."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
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


def test_seat_is_for_its_own_page_and_everything_ends_with_ctrl_c() -> None:
    """One start for all of it: the whole world takes seconds to come up."""
    with held_demo() as (process, world):
        with urllib.request.urlopen(world["pc"], timeout=5) as page:
            assert b"The lab's PC" in page.read()
        with urllib.request.urlopen(world["pc"] + "core/rfb.js", timeout=5) as script:
            assert b"class RFB" in script.read()
        foreign_page_cannot_sit_down(world["pc"])
        with Technician(world["environment"], app="CX-200") as technician:
            technician.press("button", "Start run")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        wait_dead(*world["pids"].values())


def foreign_page_cannot_sit_down(address: str) -> None:
    """Else any page in the person's browser could use the demo's PC."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        "Origin": "http://elsewhere.example",
    }
    request = urllib.request.Request(address + "websockify", headers=upgrade)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert refused.value.code == 403
    refused.value.close()


# How children are ended is proved in test_children.py; these show it once more on the whole world.
@pytest.mark.long
def test_killed_demo_leaves_nothing() -> None:
    with held_demo() as (process, world):
        process.kill()
        wait_dead(*world["pids"].values())


@pytest.mark.long
def test_lost_program_ends_the_demo() -> None:
    with held_demo() as (process, world):
        os.kill(world["pids"]["instrument"], signal.SIGKILL)
        assert process.wait(30) == 1
        wait_dead(*world["pids"].values())
