"""Learning at once that a file of another program's stirs."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from collections.abc import Awaitable
from pathlib import Path

import pytest

from benchside.platform.stirs.contract import Stirs
from benchside.platform.stirs.here import FileStirs
from benchside.platform.stirs.windows import FileStirs as GlancedStirs

APART_S = 0.1
"""Between two looks while other files are busy (platform/stirs/linux.py)."""
NEVER_S = 30.0
"""Longer than a test may take: only what stirs ends it."""
SOON_S = 10.0


async def soon(waits: Awaitable[None]) -> None:
    """TimeoutError where nothing stirs: the wait itself would end as if something had."""
    async with asyncio.timeout(SOON_S):
        await waits


async def waiting(stirs: Stirs) -> asyncio.Task[None]:
    task = asyncio.create_task(stirs.wait(NEVER_S))
    await asyncio.sleep(0)
    return task


def counted_reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the list that grows with each look into what the folder says."""
    reads: list[int] = []
    read = os.read

    def counting(handle: int, most: int) -> bytes:
        reads.append(handle)
        return read(handle, most)

    monkeypatch.setattr("benchside.platform.stirs.linux.os.read", counting)
    return reads


@pytest.fixture(params=[FileStirs, GlancedStirs])
async def stirs(request: pytest.FixtureRequest, tmp_path: Path) -> Stirs:
    """Both ways: the one that looks runs anywhere."""
    stirs: Stirs = request.param(tmp_path / "cx.log")
    if not isinstance(stirs, GlancedStirs):
        await soon(stirs.wait(NEVER_S))  # the first only says that it listens from now on
    return stirs


@pytest.fixture
async def told(tmp_path: Path) -> FileStirs:
    stirs = FileStirs(tmp_path / "cx.log")
    await soon(stirs.wait(NEVER_S))
    return stirs


@pytest.mark.parametrize("is_there", [True, False])
async def test_what_is_written_while_somebody_waits(stirs: Stirs, tmp_path: Path, is_there: bool) -> None:
    if is_there:
        (tmp_path / "cx.log").write_text("before\n")
        await soon(stirs.wait(NEVER_S))
    task = await waiting(stirs)
    (tmp_path / "cx.log").write_text("line\n")
    await soon(task)


async def test_what_was_written_before_is_known(stirs: Stirs, tmp_path: Path) -> None:
    (tmp_path / "cx.log").write_text("line\n")
    await soon(stirs.wait(NEVER_S))


async def test_a_file_that_is_moved_away(stirs: Stirs, tmp_path: Path) -> None:
    (tmp_path / "cx.log").write_text("line\n")
    await soon(stirs.wait(NEVER_S))
    task = await waiting(stirs)
    (tmp_path / "cx.log").rename(tmp_path / "cx.log.1")
    await soon(task)


async def test_time_ends_it(stirs: Stirs) -> None:
    await stirs.wait(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="a folder's word is Linux's")
class TestFolders:
    """What inotify says of more than one file."""

    async def test_other_files_are_no_matter(self, told: FileStirs, tmp_path: Path) -> None:
        task = await waiting(told)
        (tmp_path / "other.log").write_text("line\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(task), 0.05)
        (tmp_path / "cx.log").write_text("line\n")
        await soon(task)

    async def test_an_uproar_of_other_files_wakes_nobody_for_each_write(
        self, told: FileStirs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reads = counted_reads(monkeypatch)
        task, began_at = await waiting(told), time.monotonic()
        for _ in range(500):
            (tmp_path / "raw.dat").write_bytes(b"x")
            await asyncio.sleep(0)
        most = 3 + (time.monotonic() - began_at) / APART_S
        assert not task.done()
        assert len(reads) <= most
        (tmp_path / "cx.log").write_text("line\n")
        await soon(task)

    async def test_after_quiet_the_first_word_of_our_own_file_waits_for_nothing(
        self, told: FileStirs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("benchside.platform.stirs.linux.APART_S", NEVER_S)
        for _ in range(3):
            task = await waiting(told)
            (tmp_path / "cx.log").write_text("line\n")
            await soon(task)

    async def test_an_uproar_does_not_make_time_longer(
        self, told: FileStirs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("benchside.platform.stirs.linux.APART_S", NEVER_S)
        (tmp_path / "raw.dat").write_bytes(b"x")
        await soon(told.wait(0.01))

    async def test_more_than_is_read_at_a_time_is_a_stir(
        self, told: FileStirs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Our own file's may be behind it, by more than we read in a second."""
        monkeypatch.setattr("benchside.platform.stirs.linux._READ_BYTES", 1024)
        for number in range(100):
            (tmp_path / f"raw{number}.dat").touch()
        await soon(told.wait(NEVER_S))

    async def test_a_pattern(self, tmp_path: Path) -> None:
        stirs = FileStirs(tmp_path / "trace_*.log")
        await soon(stirs.wait(NEVER_S))
        task = await waiting(stirs)
        (tmp_path / "trace_2.log").write_text("line\n")
        await soon(task)

    async def test_a_folder_that_is_another_one_now(self, told: FileStirs, tmp_path: Path) -> None:
        task = await waiting(told)
        shutil.move(tmp_path, tmp_path.with_suffix(".old"))
        await soon(task)
        await told.wait(0.01)  # there is no such folder, so time alone ends it
        tmp_path.mkdir()
        await soon(told.wait(NEVER_S))
        task = await waiting(told)
        (tmp_path / "cx.log").write_text("line\n")
        await soon(task)

    async def test_the_end_keeps_nothing_open(self, told: FileStirs) -> None:
        open_before = len(list(Path("/proc/self/fd").iterdir()))
        told.close()
        told.close()
        assert len(list(Path("/proc/self/fd").iterdir())) == open_before - 1
