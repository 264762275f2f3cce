"""Measuring a line: how much may be under way, when it is enough, and how fast it was."""

from __future__ import annotations

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.wire.measure import MAX_CHUNK_BYTES, WINDOW_BYTES

__all__ = ["MAX_BPS", "MAX_DIRECTION_BYTES", "SEND_FOR_S", "Flight", "Rate"]

SEND_FOR_S = 2.0
"""In each direction; TCP needs up to half a second until a long line is full."""
MAX_BPS = 12_000_000
"""Twice what is asked for (R40): more would show nothing, and take the line from others."""
MAX_DIRECTION_BYTES = int(MAX_BPS / 8 * SEND_FOR_S)
"""3 MB."""
_WARM_UP_S = 0.5
_LEAST_SPAN_S = 0.25
_BURST_BYTES = 32 * 1024


class Flight:
    """What one end sends: no faster than the limit, no more than the other has room for, and not for long."""

    def __init__(self, now: float) -> None:
        self._started_at = now
        self.sent_bytes = 0
        self.taken_bytes = 0

    def chunks(self, now: float) -> int:
        """How many chunks of the largest size are sent now, and counted as sent."""
        paced = int((now - self._started_at) * MAX_BPS / 8) + _BURST_BYTES
        # the window opens as it is used, or a very slow line would have half a minute of it under way
        window = min(WINDOW_BYTES, _BURST_BYTES + self.taken_bytes)
        most = min(paced, self.taken_bytes + window, MAX_DIRECTION_BYTES)
        count = max(0, most - self.sent_bytes) // MAX_CHUNK_BYTES
        self.sent_bytes += count * MAX_CHUNK_BYTES
        return count

    def is_over(self, now: float) -> bool:
        """Whether it was long enough, or enough."""
        return now - self._started_at >= SEND_FOR_S or self.taken_bytes > MAX_DIRECTION_BYTES - MAX_CHUNK_BYTES

    def took(self, total_bytes: int) -> None:
        """The other end says how much has come; PeerError when that cannot be."""
        if not self.taken_bytes <= total_bytes <= self.sent_bytes:
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected as many bytes as were sent and more than before")
        self.taken_bytes = total_bytes


class Rate:
    """How fast bytes came through, from the moments at which totals were known."""

    def __init__(self, now: float) -> None:
        self._started_at = self._last_at = now
        self._warm: tuple[float, int] | None = None
        self._total_bytes = 0

    def note(self, total_bytes: int, now: float) -> None:
        """So many have come by now."""
        if self._warm is None and now - self._started_at >= _WARM_UP_S:
            self._warm = (now, total_bytes)
        self._total_bytes, self._last_at = total_bytes, now

    def bits_per_s(self) -> float:
        """The rate once the line was warm; over all of it where there was too little."""
        start_at, before = self._warm or (self._started_at, 0)
        if self._last_at - start_at < _LEAST_SPAN_S:
            start_at, before = self._started_at, 0
        return (self._total_bytes - before) * 8 / max(self._last_at - start_at, 0.001)
