"""The real desk under a real window manager: killed, frozen or covered, it takes the session with it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from examples.demo.children import Child
from examples.demo.display import start_desktop, start_display
from examples.demo.world import BENCHSIDE, ROOT
from examples.technician.client import SYSTEM_PYTHON
from tests.fakes.engineer import Engineer
from tests.fakes.lab import Lab
from tests.fakes.visit import ViewEnd, Visit
from tests.fakes.xclient import XClient

from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.session import SessionEnd

pytestmark = [pytest.mark.system, pytest.mark.slow]

SEAT = ("-SecurityTypes", "None", "-rfbport", "-1", "-rfbunixpath", "{sockets}/vnc")


class RealDesk:
    """A desk's window on a desktop, and a technician at it by accessibility alone."""

    def __init__(self, lab: Lab, environment: dict[str, str], state: Path) -> None:
        self.lab = lab
        self.environment = environment
        self.program: Child = lab.children.start(
            "desk",
            [BENCHSIDE, "desk", "--socket", lab.world.socket, "--state-dir", state, "--language", "en"],
            env=environment,
        )

    def does(self, *words: str) -> dict[str, str]:
        done = subprocess.run(
            [SYSTEM_PYTHON, ROOT / "examples" / "technician" / "desk.py", *words],
            env={**os.environ, **self.environment}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-500:]
        said = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        return dict(said[-1]) if said else {}


@pytest.fixture(scope="module")
def desktop(the_lab: Lab) -> dict[str, str]:
    """Xvnc: a person's own input is told from a program's there."""
    display = start_display(the_lab.children, kind="Xvnc", size=(1280, 1024), numbers=range(80, 90), options=SEAT)
    return start_desktop(the_lab.children, display)


@pytest.fixture
async def real_desk(
    lab: Lab, desktop: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RealDesk]:
    monkeypatch.setenv("XAUTHORITY", desktop["XAUTHORITY"])
    desk = await lab.do(RealDesk, lab, {**desktop, "XDG_RUNTIME_DIR": str(tmp_path)}, tmp_path)
    yield desk
    await lab.do(lab.children.kill, desk.program)
    await lab.do(lab.wait, lambda: not lab.hosts())


async def viewed(lab: Lab, desk: RealDesk, engineer: Engineer) -> tuple[bytes, Visit, ViewEnd]:
    """The technician asked, read the code out, and allowed a view."""
    code = (await lab.do(desk.does, "request", "--name", "Pia Roca", "--reason", "The rack does not come out"))["code"]
    found = await engineer.wait_for_request()
    await engineer.claim(found["id"])
    visit = Visit(engineer, await engineer.enter(code, lab.device_id))
    visit.ask(Capability.VIEW)
    await lab.do(desk.does, "allow", "view")
    view = await visit.view(await visit.granted(Capability.VIEW))
    await view.picture()
    await lab.do(desk.does, "wait-state", "viewed")
    return bytes.fromhex(found["id"]), visit, view


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
@pytest.mark.alone
async def test_a_desk_that_is_killed_or_frozen_takes_the_session_with_it(
    lab: Lab, real_desk: RealDesk, engineer: Engineer, how: signal.Signals
) -> None:
    request_id, visit, view = await viewed(lab, real_desk, engineer)
    real_desk.program.signal(how)
    gone_at = time.monotonic()
    assert await visit.over() is SessionEnd.DESK_LOST
    assert time.monotonic() - gone_at < 1.0
    await view.until(lambda: view.is_over)
    await lab.do(lab.until_journalled, request_id, "session_ended")
    assert lab.outcomes(request_id) == ["desk_lost"]


@pytest.mark.alone
async def test_an_indicator_that_stays_covered_ends_the_session(
    lab: Lab, real_desk: RealDesk, engineer: Engineer
) -> None:
    """By a window that fights for its place on top for as long as it takes."""
    request_id, visit, _ = await viewed(lab, real_desk, engineer)
    client = XClient(real_desk.environment["DISPLAY"])
    cover = client.window(0, 0, 1280, 1024, 0x222222)
    covered_at = time.monotonic()
    while visit.end_code is None and time.monotonic() - covered_at < 3:
        client.raise_(cover)
        await asyncio.sleep(0.01)
    ended_at = time.monotonic()
    client.close()
    assert await visit.over() is SessionEnd.INDICATOR_LOST
    assert ended_at - covered_at < 1.0
    await lab.do(lab.until_journalled, request_id, "session_ended")
    assert lab.outcomes(request_id) == ["indicator_lost"]
