"""One browser's connection: uvicorn's, with a limit for each address and no patience for requests that never end."""

from __future__ import annotations

import asyncio
from collections import Counter

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["EdgedHttp", "GuardedHttp"]

REQUEST_WITHIN_S = 15.0
"""A header and at most 16 KiB of body take a second on the slowest line; nothing lasts longer than twice this."""
MAX_FROM_ONE_SOURCE = 300
"""A support centre behind one address: fifty people with a stream and the six connections that a browser opens."""

_from: Counter[str] = Counter()
"""Connections by address, of this process: uvicorn makes the protocols by itself and hands nothing of ours on."""


class GuardedHttp(H11Protocol):
    """What uvicorn leaves to a proxy in front: here there may be none."""

    _guard: asyncio.TimerHandle | None = None
    _seen: tuple[int, object] | None = None
    _source = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._source = self.client[0] if self.client else ""
        _from[self._source] += 1
        if _from[self._source] > self._most_from_one_source():
            transport.abort()
            return
        self._guard = self.loop.call_later(REQUEST_WITHIN_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._guard is not None:
            self._guard.cancel()
        _from[self._source] -= 1
        if _from[self._source] <= 0:
            del _from[self._source]
        super().connection_lost(exc)

    def _most_from_one_source(self) -> int:
        return MAX_FROM_ONE_SOURCE

    def _look(self) -> None:
        now = (id(self.cycle), self.conn.their_state)
        if now[1] in (h11.IDLE, h11.SEND_BODY) and now == (self._seen or (id(None), h11.IDLE)):
            self.transport.abort()  # the same request was still on its way a whole round ago
            return
        self._seen = now
        self._guard = self.loop.call_later(REQUEST_WITHIN_S, self._look)


class EdgedHttp(GuardedHttp):
    """Behind the edge, from which all of them come and which counts by address itself."""

    def _most_from_one_source(self) -> int:
        return 10_000
