"""An agent as its unit runs it: it may write into its own two folders, and not where temporary files go."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from examples.demo.children import Child, is_open
from examples.demo.world import BENCHSIDE, World
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.lab import Lab

from benchside.protocol.wire import desk as shown
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.session import SessionEnd

pytestmark = [pytest.mark.system, pytest.mark.slow]

NAMESPACE = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
READ_ONLY = """
set -e
mount --make-rprivate /
for folder in "$1" "$2"; do mount --bind "$folder" "$folder"; done
for place in / /tmp /var/tmp /dev/shm; do
    if mountpoint -q "$place"; then mount -o remount,bind,ro "$place"; fi
done
shift 2
exec "$@"
"""
"""As ProtectSystem=strict does it (systemd.exec(5)), for the places where programs leave temporary files."""


def start_read_only(world: World) -> Child:
    world.socket.unlink(missing_ok=True)
    folders = (str(world.pc_folder), str(world.socket.parent))
    agent = [BENCHSIDE, "agent", "--state", world.pc_folder, "run", "--socket", world.socket]
    words = [*NAMESPACE, "sh", "-c", READ_ONLY, "sh", *folders, *map(str, agent)]
    child = world.agent = world.children.start("agent", words)
    return child


@pytest.fixture
def read_only(lab: Lab, tmp_path: Path) -> Lab:
    tried = subprocess.run(
        [*NAMESPACE, "sh", "-c", READ_ONLY, "sh", tmp_path, tmp_path, "sh", "-c", 'test ! -w "$1"', "sh", "/tmp"],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.stderr:
        pytest.skip(f"this machine lets nobody make its file system read-only: {tried.stderr}")
    assert tried.returncode == 0, "/tmp can still be written"
    return lab


async def test_a_whole_session_where_nothing_else_can_be_written(read_only: Lab, engineer: Engineer) -> None:
    lab = read_only
    lab.kill_agent()
    agent = start_read_only(lab.world)
    try:
        lab.wait(lambda: is_open(lab.world.socket) or not agent.is_running)
        assert agent.is_running, agent.last_lines()
        desk = await lab.desk()
        await play(lab, desk, engineer)
        await desk.close()
    finally:
        lab.world.children.stop(agent)
        lab.start_agent()


async def play(lab: Lab, desk: FakeDesk, engineer: Engineer) -> None:
    _, visit = await lab.session(desk, engineer)
    visit.ask(Capability.VIEW)
    await desk.answer()
    view = await visit.view(await visit.granted(Capability.VIEW))
    assert (await view.picture()).whole
    desk.say(shown.StopSession())
    assert await desk.outcome() is SessionEnd.STOPPED
    assert await visit.over() is SessionEnd.STOPPED
