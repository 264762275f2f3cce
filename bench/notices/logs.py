"""The log adapter beside programs of others: `logger` writes, `iconv` writes in other encodings, `logrotate` rotates.

Each line is something that happened, so that the sum of what is told must be the number of lines: each once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

from tests.fakes.reporter import KeepingReporter

from bench.notices.proof import Proofs, until
from benchside.notifier.adapters.log import make

RULES = """
[[rule]]
code = "failed"
state = "pulse"
line = "ERROR E7001 pump {number} failed"
subject = "Pump {number}"
[rule.fields]
number = { least = 1, most = 99, whole = true }
"""
WORDS = {
    "utf-8": "ERROR E7001 pump {} failed: Störung der Pumpe",
    "utf-16-le": "ERROR E7001 pump {} failed: Störung der Pumpe",
    "cp1252": "ERROR E7001 pump {} failed: Störung der Pumpe",
    "cp932": "ERROR E7001 pump {} failed: ポンプ故障",
}
ICONV = {"utf-16-le": "UTF-16LE", "cp1252": "CP1252", "cp932": "CP932"}
LINES = 30


class Watched:
    """A log, and an adapter that watches it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.path = folder / "cx.log"
        self.reporter = KeepingReporter()
        self.written = 0

    async def run(self, word: str, *, by: str) -> None:
        """Have a program of somebody else's write a line; the adapter goes on looking meanwhile."""
        await asyncio.to_thread(self._run, word, by)

    def _run(self, word: str, by: str) -> None:
        line = word.format(self.written % 9 + 1)
        self.written += 1
        with self.path.open("ab") as file:
            if by == "logger":
                words = ["logger", "--no-act", "--socket-errors=off", "--stderr", "--tag", "cx200", line]
                subprocess.run(words, stderr=file, check=True, timeout=10)
            else:
                words = ["iconv", "-f", "UTF-8", "-t", by]
                subprocess.run(words, input=f"{line}\r\n".encode(), stdout=file, check=True, timeout=10)

    @property
    def counted(self) -> int:
        return sum(one.count for one in self.reporter.signals if one.key.source == "log.cx")

    async def until_all(self) -> None:
        await until(lambda: self.counted >= self.written, f"{self.written} lines")
        assert self.counted == self.written, f"expected {self.written} lines, each once, got {self.counted}"


@contextlib.asynccontextmanager
async def watching(folder: Path, encoding: str = "utf-8") -> AsyncIterator[Watched]:
    """Run an adapter on a log that is empty at first."""
    log = Watched(folder)
    rules = folder / "rules.toml"
    rules.write_text(RULES)
    log.path.write_bytes(b"\xff\xfe" if encoding == "utf-16-le" else b"")
    settings = {"path": str(log.path), "rules": str(rules), "encoding": "auto" if encoding == "utf-16-le" else encoding}
    task = asyncio.create_task(make("cx", {**settings, "from_start": True}).run(log.reporter))
    try:
        yield log
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def rotate(log: Watched, how: str) -> None:
    """As a system does each night; `how` is a directive of logrotate's."""
    settings = log.path.with_name("logrotate.conf")
    # logrotate refuses a folder that others may write in, unless it is told as whom to work
    settings.write_text(f'"{log.path}" {{\n  rotate 5\n  {how}\n  missingok\n  su root root\n}}\n')
    settings.chmod(0o600)
    state = log.path.with_name("logrotate.state")
    words: list[str | Path] = ["logrotate", "--force", "--state", state, settings]
    subprocess.run(words, check=True, timeout=30, env={"PATH": f"{os.defpath}:/usr/sbin:/sbin"})


async def prove(proofs: Proofs, folder: Path) -> None:
    """All facts of logs."""
    async with proofs.trying("log", f"{LINES} lines that `logger` wrote, each told once"):
        async with watching(folder / "logger") as log:
            for _ in range(LINES):
                await log.run(WORDS["utf-8"], by="logger")
            await log.until_all()
    for encoding, name in ICONV.items():
        async with proofs.trying("log", f"lines in {name} that `iconv` wrote, each told once"):
            async with watching(folder / encoding, encoding) as log:
                for _ in range(LINES):
                    await log.run(WORDS[encoding], by=name)
                await log.until_all()
    for how in ("create 0600", "copytruncate", "create 0600\n  dateext\n  dateformat -%s", "delaycompress\n  compress"):
        async with proofs.trying("log", f"lines around three turns of logrotate ({' '.join(how.split())}), each once"):
            async with watching(folder / how.replace("\n", "").replace(" ", "_").replace("%", "")) as log:
                await around_rotation(log, how)
    async with proofs.trying("log", "the vendor's file is not held open between two looks"):
        async with watching(folder / "open") as log:
            await log.run(WORDS["utf-8"], by="logger")
            await log.until_all()
            held = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
            assert str(log.path) not in held


async def around_rotation(log: Watched, how: str) -> None:
    """Lines just before and after each turn; a turn comes no sooner than the one before was looked at.

    Nor before the first line was: a file that was empty when it was looked at, and was filled, copied away and cut
    before the next look, is as if nothing had happened.
    """
    await log.run(WORDS["utf-8"], by="logger")
    await log.until_all()
    for turn in range(3):
        for _ in range(LINES // 3):
            await log.run(WORDS["utf-8"], by="logger")
        if turn and "dateformat" in how:
            await asyncio.sleep(1.1)  # its names count seconds
        await asyncio.to_thread(rotate, log, how)
        if not log.path.exists():
            log.path.touch()
        for _ in range(LINES // 3):
            await log.run(WORDS["utf-8"], by="logger")
        await log.until_all()
