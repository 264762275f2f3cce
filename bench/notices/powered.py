"""A program under strace, and moments of its run at which it loses power."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.notices.disk import Disk
from bench.notices.traced import COMMAND, Said, read

__all__ = ["Loss", "Moment", "Traced", "moments"]


@dataclass(frozen=True)
class Loss:
    """What became of one loss of power."""

    lost: int
    doubled: int
    lines: tuple[str, ...]
    unsynced: int
    answered: int
    """So much had been answered by then in this run."""


@dataclass(frozen=True)
class Moment:
    """A disk as it may be after a loss of power."""

    folder: Path
    answers: list[bytes]
    """What had left the program by then, that `is_answer` chose."""
    unsynced: int


class Traced:
    """A program that strace hears; its process group ends as one."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, words: Sequence[str | Path], *, out: int = asyncio.subprocess.DEVNULL) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *COMMAND, self.trace, "--", *words, stdout=out, stderr=asyncio.subprocess.DEVNULL, start_new_session=True
        )

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def wait(self, within_s: float) -> int | None:
        """Until it ends by itself; return its exit code."""
        assert self._process is not None
        async with asyncio.timeout(within_s):
            await self._process.communicate()
        return self._process.returncode

    async def kill(self) -> None:
        """The program and all that it started, in the middle of whatever they do."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()


def moments(
    trace: Path, disk: Disk, folder: Path, dice: random.Random, count: int, is_answer: Callable[[bytes], bool]
) -> list[Moment]:
    """Return so many moments of a run, each with a folder made as the disk may be; any call may be the last one."""
    happened = list(read(trace))
    chosen = sorted(dice.sample(range(1, len(happened)), min(count, len(happened) - 1)))
    made, answers = list[Moment](), list[bytes]()
    for number, what in enumerate(happened, 1):
        if isinstance(what, Said):
            if is_answer(what.data):
                answers.append(what.data)
        else:
            disk.step(what)
        if chosen and number == chosen[0]:
            chosen.pop(0)
            place = folder / f"moment-{number}"
            place.mkdir(mode=0o700)
            made.append(Moment(place, list(answers), disk.lose_power(place, dice)))
    return made
