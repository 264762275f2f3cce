"""A disk without room: said on the screen, and all written once there is room again."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.fakes.notifier_process import NotifierProcess, heard, key, pushed

from benchside.protocol.wire.condition import ConditionKey, SignalState
from benchside.protocol.wire.notice import NoticesShown

pytestmark = [pytest.mark.system, pytest.mark.slow]

DISK_FULL = ConditionKey("benchside.notifier", "journal", "disk_full")


@pytest.fixture
async def notifier(small_disk: Path) -> AsyncIterator[NotifierProcess]:
    notifier = NotifierProcess(small_disk)
    await notifier.start()
    yield notifier
    await notifier.stop()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Two megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder))
    if os.getuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root can make a small disk")
    yield folder
    subprocess.run(("umount", "-l", str(folder)), check=True)


async def test_a_full_disk_is_said_and_nothing_is_lost(notifier: NotifierProcess, small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    desk, _ = await notifier.desk()
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    answers = [await notifier.push(pushed(number)) for number in range(300)]
    assert ["disk_full"] in answers
    shown = await heard(desk, NoticesShown)
    while DISK_FULL not in (notice.state.key for notice in shown.notices):
        shown = await heard(desk, NoticesShown)
    ballast.unlink()
    await notifier.push(pushed(0, SignalState.OFF))
    while any(notice.state.key == DISK_FULL and notice.state.is_active for notice in shown.notices):
        shown = await heard(desk, NoticesShown)
    assert await notifier.stop() == 0
    projection = notifier.journal()
    assert projection.broken_at is None
    assert all(projection.states[key(number)].count >= 1 for number in range(300))
    assert not projection.states[key(0)].is_active
