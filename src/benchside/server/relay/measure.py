"""The counterpart of a PC that measures its line: for anybody, little, seldom, and few at a time.

Before a PC is enrolled it has no key to show, and the session plane knows no device's key at all, so nobody is asked
who they are.  Instead it costs little: WebSocket over TLS, so nobody can have it sent to somebody else; 3 MB each way
at 12 Mbit/s and no faster, with no memory but a window of 256 KiB; one at a time from one address, few in a minute.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter, OrderedDict

from benchside.protocol.errors import PeerError, PeerFault, UnavailableError
from benchside.protocol.flow.measure import MAX_DIRECTION_BYTES, Flight
from benchside.protocol.wire.measure import (
    CHUNK,
    MAX_CHUNK_BYTES,
    TURN,
    WINDOW_BYTES,
    is_chunk,
    read_taken,
    say_taken,
)
from benchside.protocol.wire.relay import RelayClose
from benchside.transport.serve import Served, ServedLimits

__all__ = ["Measuring"]

MAX_AT_ONCE = 4
"""48 Mbit/s of the server's own line at the very most, which sessions then share with it."""
MAX_IN_A_WHILE = 6
WHILE_S = 60.0
"""A person who tries, and tries again; more from one hospital's address wait a minute."""
MAX_SOURCES = 10_000
"""Addresses that are remembered for a minute."""
LASTS_S = 10.0
"""Both directions with some delay; then the connection ends, whatever it is doing."""
SILENCE_S = 3.0
_LIMITS = ServedLimits(max_message_bytes=MAX_CHUNK_BYTES, max_waiting=8, max_outgoing_bytes=2 * WINDOW_BYTES)
_FILLING = os.urandom(MAX_CHUNK_BYTES - 1)
"""What nothing on the way can compress."""
_TICK_S = 0.01


class Measuring:
    """All that measure now, and who has lately."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        self._lately: OrderedDict[str, list[float]] = OrderedDict()

    def make_end(self) -> Served | None:
        """Return a listener for a new connection; None when there are too many."""
        return Served(_LIMITS, self._run, "measure") if self._running.total() < MAX_AT_ONCE else None

    async def _run(self, served: Served) -> None:
        now = time.monotonic()
        if not self._admit(served.source, now):
            served.close(RelayClose.TOO_MANY)
            return
        self._running[served.source] += 1
        try:
            await _take(served, now + LASTS_S)
            await _give(served, now + LASTS_S)
        finally:
            self._running[served.source] -= 1
            self._running += Counter()  # drops what is at nought

    def _admit(self, source: str, now: float) -> bool:
        lately = [at for at in self._lately.get(source, ()) if now - at < WHILE_S]
        is_free = not self._running[source] and len(lately) < MAX_IN_A_WHILE and self._running.total() < MAX_AT_ONCE
        self._lately[source] = [*lately, now] if is_free else lately
        self._lately.move_to_end(source)
        while len(self._lately) > MAX_SOURCES:
            self._lately.popitem(last=False)
        return is_free


async def _take(served: Served, until: float) -> None:
    """Take chunks and say so, until the other end gives the turn."""
    taken = 0
    while True:
        message = await served.receive(min(SILENCE_S, _left(until)))
        if message == TURN:
            return
        taken += len(message)
        if not is_chunk(message) or taken > MAX_DIRECTION_BYTES:
            raise PeerError(PeerFault.MALFORMED, "expected chunks of 3 MB at most, got something else")
        served.send(say_taken(taken))


async def _give(served: Served, until: float) -> None:
    """Send chunks until it was enough, then give the turn back."""
    flight = Flight(time.monotonic())
    while not flight.is_over(time.monotonic()):
        _left(until)
        for _ in range(flight.chunks(time.monotonic())):
            served.send(CHUNK + _FILLING)
        try:
            flight.took(read_taken(await served.receive(_TICK_S)))
        except UnavailableError:
            if served.is_closed:
                raise
    served.send(TURN)
    with contextlib.suppress(UnavailableError):
        while True:  # to close while the other end still says what it took would reset what is under way to it
            read_taken(await served.receive(min(SILENCE_S, _left(until))))


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise UnavailableError("expected a measurement to end in time, got one that lasts")
    return left
