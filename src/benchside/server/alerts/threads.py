"""A few threads at once for what cannot be broken off (transport/threads.py)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Generic, TypeVar

from benchside.transport.threads import begin

__all__ = ["Threads"]

T = TypeVar("T")


class Threads(Generic[T]):
    """Belongs to one event loop."""

    def __init__(self, most: int, name: str) -> None:
        """`most` at once; further ones wait until one has ended."""
        self._room = asyncio.Semaphore(most)
        self._name = name

    async def run(self, do: Callable[[], T], ended: Callable[[], None] = lambda: None) -> T:
        """Return what `do` returns, or raise what it raises; RuntimeError where the system gives no thread.

        May be cancelled: `do` goes on then if it has begun, and does not begin if it has not.  `ended` is called in the
        loop when it has come to its end, or never begins.
        """
        try:
            await self._room.acquire()
        except asyncio.CancelledError:
            ended()
            raise
        loop = asyncio.get_running_loop()

        def leave() -> None:
            self._room.release()
            ended()

        def tell(_: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
                loop.call_soon_threadsafe(leave)

        try:
            work = begin(do, self._name)
        except RuntimeError:  # the system gives no more of them
            leave()
            raise
        work.add_done_callback(tell)
        return await asyncio.wrap_future(work)
