"""The real notifier, agent and server of one small world, each of which may be killed at any moment."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from examples.demo.children import Child
from examples.demo.world import World, start_agent, start_notifier, start_server

__all__ = ["Programs"]

NAMES = ("notifier", "server", "agent")
SETTLED_WITHIN_S = 120.0
"""The agent waits up to a minute before it dials again, after it was turned away so often."""


class Programs:
    """Starts, kills, and says how far the journal has come."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._hands = {name: ThreadPoolExecutor(1, name) for name in NAMES}
        """One thread each for as long as the world: a program ends with the thread that started it."""

    async def start(self, name: str) -> None:
        """Start it and wait until it serves."""
        await self._do(name, self._start, name)

    async def kill(self, name: str) -> None:
        """SIGKILL, for it alone: what it has started must notice by itself."""
        await self._do(name, self._kill, name)

    async def _do(self, name: str, act: Callable[[str], None], *words: str) -> None:
        await asyncio.get_running_loop().run_in_executor(self._hands[name], functools.partial(act, *words))

    def _start(self, name: str) -> None:
        match name:
            case "notifier":
                self.world.notices.unlink(missing_ok=True)  # what a killed one left is no sign of a new one
                start_notifier(self.world)
            case "agent":
                self.world.socket.unlink(missing_ok=True)
                start_agent(self.world)
            case _:
                start_server(self.world)

    def _kill(self, name: str) -> None:
        child: Child | None = getattr(self.world, name)
        assert child is not None
        os.kill(child.pid, signal.SIGKILL)
        child.process.wait(5)

    @property
    def journal(self) -> Path:
        """The notifier's."""
        return self.world.notifier_folder / "notices.db"

    def written(self) -> int:
        """The newest change of the notifier's journal."""
        return _asked(self.journal, "SELECT max(sequence) FROM change")

    def kept(self) -> int:
        """Up to which change the server has it, by its own file."""
        query = "SELECT max(sequence) FROM notice_cursor WHERE is_current"
        return _asked(self.world.server_folder / "cloud.db", query)

    async def until_kept(self, sequence: int, within_s: float) -> bool:
        """Wait until the server has it up to there."""
        until = time.monotonic() + within_s
        while self.kept() < sequence:
            if time.monotonic() > until:
                return False
            await asyncio.sleep(0.05)
        return True

    async def settle(self) -> None:
        """Wait until the server has all of it, and leave no program running that could write more."""
        while True:
            assert await self.until_kept(self.written(), SETTLED_WITHIN_S), "the server does not get the journal"
            await self.kill("notifier")
            if self.kept() == self.written():
                break
            await self.start("notifier")
        for name in ("agent", "server"):
            await self.kill(name)


def _asked(path: Path, query: str) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as file:
        return int(file.execute(query).fetchone()[0] or 0)
