"""The agent tells systemd that it is ready, alive and stopping; the units are what systemd takes."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchside.platform.service.linux import Supervisor

UNITS = Path(__file__).resolve().parents[3] / "packaging" / "linux"
WORST_EXPOSURE = {"benchside-agent.service": 5.0, "benchside-server.service": 2.0, "benchside-notifier.service": 4.0}
"""Of 10, as `systemd-analyze security` counts.  The agent stays root, since it starts the host as the user."""


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.bind(str(tmp_path / "notify"))
        there.settimeout(5)
        yield there


def test_systemd_hears_of_readiness_and_of_the_end(listening: socket.socket) -> None:
    supervisor = Supervisor({"NOTIFY_SOCKET": listening.getsockname()})
    supervisor.ready()
    supervisor.stopping()
    assert [listening.recv(64), listening.recv(64)] == [b"READY=1", b"STOPPING=1"]


async def test_it_beats_as_often_as_systemd_wants(listening: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    sleep = asyncio.sleep

    async def noted(delay_s: float) -> None:
        slept.append(delay_s)
        await sleep(delay_s)

    monkeypatch.setattr(asyncio, "sleep", noted)
    supervisor = Supervisor({"NOTIFY_SOCKET": listening.getsockname(), "WATCHDOG_USEC": "90000"})
    beating = asyncio.create_task(supervisor.beat())
    heard = [await asyncio.to_thread(listening.recv, 64) for _ in range(2)]
    beating.cancel()
    assert heard == [b"WATCHDOG=1", b"WATCHDOG=1"]
    assert slept[0] == pytest.approx(0.03), "three times as often"


async def test_without_systemd_nothing_is_said(listening: socket.socket) -> None:
    somebody_elses = {"NOTIFY_SOCKET": listening.getsockname(), "WATCHDOG_USEC": "30000", "WATCHDOG_PID": "1"}
    for environment in ({}, {"NOTIFY_SOCKET": "/nowhere"}, somebody_elses):
        supervisor = Supervisor(environment)
        if environment is not somebody_elses:
            supervisor.ready()
        await supervisor.beat()
    listening.setblocking(False)
    with pytest.raises(BlockingIOError):
        listening.recv(64)


def unit_of(name: str, folder: Path) -> Path:
    """The unit with a program that exists here, so that only the unit itself is judged."""
    program = folder / "benchside"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = (UNITS / name).read_text()
    assert re.search(r"^ExecStart=/usr/bin/benchside ", text, re.MULTILINE)
    unit = folder / name
    unit.write_text(text.replace("/usr/bin/benchside", str(program)))
    return unit


def analyse(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""},
    )


needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")


@needs_systemd
@pytest.mark.parametrize("name", sorted(WORST_EXPOSURE))
def test_systemd_takes_the_unit(name: str, tmp_path: Path) -> None:
    done = analyse("verify", "--man=no", unit_of(name, tmp_path))
    complaints = [line for line in done.stderr.splitlines() if name in line]
    assert not complaints


@needs_systemd
@pytest.mark.parametrize("name", sorted(WORST_EXPOSURE))
def test_the_unit_is_hardened(name: str, tmp_path: Path) -> None:
    worst = int(WORST_EXPOSURE[name] * 10)
    done = analyse("security", "--offline=true", f"--threshold={worst}", unit_of(name, tmp_path))
    if "ailed to" in done.stderr:
        pytest.skip(f"systemd cannot judge offline here: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", sorted(WORST_EXPOSURE))
def test_it_comes_back_and_runs_from_boot(name: str) -> None:
    text = (UNITS / name).read_text()
    assert "Restart=on-failure" in text
    assert "WantedBy=multi-user.target" in text


def test_the_agent_keeps_four_capabilities() -> None:
    text = (UNITS / "benchside-agent.service").read_text()
    assert re.findall(r"^CapabilityBoundingSet=(.*)$", text, re.MULTILINE) == [
        "CAP_KILL CAP_SETGID CAP_SETUID CAP_DAC_OVERRIDE"
    ]
    assert "NoNewPrivileges=yes" in text
