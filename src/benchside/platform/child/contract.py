"""What a child process must do, on every operating system."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

__all__ = ["ChildProcess", "Start"]


class ChildProcess(Protocol):
    """A program that was started."""

    @property
    def pid(self) -> int:
        """Its number."""

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs."""

    async def wait(self) -> int:
        """Return how it ended, once it has."""

    def kill(self) -> None:
        """End it and what it has started at once; harmless when it is gone.  OSError: the system refused."""


Start = Callable[[], Awaitable[tuple[ChildProcess, asyncio.StreamReader, asyncio.StreamWriter]]]
"""Starts a child and returns it with the line to it; UnavailableError when it cannot."""
