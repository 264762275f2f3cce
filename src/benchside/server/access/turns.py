"""Lets one try of a subject pass at a time, so that what it is counted on cannot change meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from benchside.server.access.delays import Subject

__all__ = ["Turns"]


class Turns:
    """A lock for each subject that somebody holds or waits for, and none beside."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, *subjects: Subject) -> AsyncIterator[None]:
        """Wait for the turn of all of them, first come, first served."""
        # in one order everywhere, or two could wait for each other
        names = sorted({(one.kind, one.value) for one in subjects})
        locks = [self._locks.setdefault(name, asyncio.Lock()) for name in names]
        async with AsyncExitStack() as held:
            for lock in locks:
                await held.enter_async_context(lock)
            yield
