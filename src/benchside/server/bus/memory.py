"""The bus within one process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from benchside.server.bus.contract import Bus, News, Subscription

__all__ = ["MemoryBus"]


class _Listening:
    def __init__(self, bus: MemoryBus, wants: Callable[[News], bool], limit: int) -> None:
        self._bus = bus
        self.wants = wants
        self._waiting: deque[News] = deque()
        self._limit = limit
        self._arrived = asyncio.Event()
        self._overflowed = False

    @property
    def has_overflowed(self) -> bool:
        return self._overflowed

    def clear_overflow(self) -> None:
        self._overflowed = False
        self._waiting.clear()

    def put(self, news: News) -> None:
        if len(self._waiting) >= self._limit:
            self._overflowed = True
        else:
            self._waiting.append(news)
        self._arrived.set()

    async def next(self, timeout_s: float) -> News | None:
        if not self._waiting:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), timeout_s)
            except TimeoutError:
                return None
        return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        self._bus.listening.discard(self)


class MemoryBus(Bus):
    """Delivers by appending to each listener's bounded queue."""

    def __init__(self) -> None:
        self.listening: set[_Listening] = set()

    def publish(self, news: News) -> None:
        for one in tuple(self.listening):
            if one.wants(news):
                one.put(news)

    def subscribe(self, wants: Callable[[News], bool], *, limit: int) -> Subscription:
        one = _Listening(self, wants, limit)
        self.listening.add(one)
        return one
