"""How fast a PC's line to the session plane is, up and down, over the way that a session would take."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from dataclasses import dataclass

from benchside.protocol.errors import PeerError, PeerFault, UnavailableError
from benchside.protocol.flow.measure import MAX_BPS, SEND_FOR_S, Flight, Rate
from benchside.protocol.wire.measure import CHUNK, MAX_CHUNK_BYTES, TURN, is_chunk, read_taken, say_taken
from benchside.protocol.wire.relay import RelayClose
from benchside.transport.way_out import WayOut
from benchside.transport.websocket import Closed, WebSocketLink, dial

__all__ = ["Line", "NotMeasuredError", "measure"]

GOOD_BPS = 6_000_000
"""What is suggested for a session (R40)."""
USABLE_BPS = 2_000_000
"""Below, pictures come late enough that an engineer's hand runs ahead of them."""
_NEARLY_ALL = 0.95
_TICK_S = 0.01
_GRACE_S = 1.5
"""Beyond its time: what is under way on a slow line still comes."""


class NotMeasuredError(UnavailableError):
    """The server has no time for it, or is of a version without it: no fault of the line."""


@dataclass(frozen=True)
class Line:
    """Bits a second."""

    up_bps: float
    down_bps: float

    @property
    def is_good(self) -> bool:
        """Whether it is what is asked for."""
        return min(self.up_bps, self.down_bps) >= GOOD_BPS

    @property
    def is_usable(self) -> bool:
        """Whether a session makes sense over it."""
        return min(self.up_bps, self.down_bps) >= USABLE_BPS

    def __str__(self) -> str:
        return f"{_shown(self.up_bps)} up and {_shown(self.down_bps)} down"


def _shown(bps: float) -> str:
    if bps >= MAX_BPS * _NEARLY_ALL:
        return f"{MAX_BPS // 1_000_000} Mbit/s or more"
    return f"{bps / 1_000_000:.1f} Mbit/s"


async def measure(url: str, *, tls: ssl.SSLContext | None, out: WayOut) -> Line:
    """Measure, within some 5 s and with at most 3 MB each way; NotMeasuredError, UnavailableError, PeerError."""
    try:
        link = await dial(url, tls=tls, max_bytes=MAX_CHUNK_BYTES, out=out)
    except UnavailableError as error:
        raise NotMeasuredError(str(error)) from error
    try:
        return Line(await _up(link), await _down(link))
    except Closed as closed:
        if closed.code == RelayClose.TOO_MANY:
            raise NotMeasuredError("the server measures too many lines just now") from closed
        raise
    finally:
        link.abort()


async def _up(link: WebSocketLink) -> float:
    started_at = time.monotonic()
    flight, rate, filling = Flight(started_at), Rate(started_at), os.urandom(MAX_CHUNK_BYTES - 1)
    while not flight.is_over(time.monotonic()):
        for _ in range(flight.chunks(time.monotonic())):
            link.send(CHUNK + filling)
        message = await _next(link, _TICK_S)
        while message is not None:
            flight.took(read_taken(message))
            rate.note(flight.taken_bytes, time.monotonic())
            message = await _next(link, 0.0)
    until = time.monotonic() + _GRACE_S
    while flight.taken_bytes < flight.sent_bytes:  # or they would stand before what the server sends
        message = await _next(link, until - time.monotonic())
        if message is None:
            break
        flight.took(read_taken(message))
    return rate.bits_per_s()


async def _down(link: WebSocketLink) -> float:
    link.send(TURN)
    started_at = time.monotonic()
    rate, taken = Rate(started_at), 0
    while (now := time.monotonic()) - started_at < SEND_FOR_S + _GRACE_S:
        message = await _next(link, started_at + SEND_FOR_S + _GRACE_S - now)
        if message is None or message == TURN:
            break
        if is_chunk(message):
            if not taken:
                rate = Rate(started_at := time.monotonic())
            taken += len(message)
            rate.note(taken, time.monotonic())
            link.send(say_taken(taken))
        elif not _is_late(message):
            raise PeerError(PeerFault.MALFORMED, "expected chunks, got another message")
    return rate.bits_per_s()


async def _next(link: WebSocketLink, within_s: float) -> bytes | None:
    try:
        async with asyncio.timeout(within_s):
            message = await link.receive()
    except TimeoutError:
        return None
    if isinstance(message, str):
        raise PeerError(PeerFault.MALFORMED, "expected bytes, got text")
    return message


def _is_late(message: bytes) -> bool:
    """Whether it is still about what we sent."""
    try:
        return read_taken(message) >= 0
    except PeerError:
        return False
