"""One direction of a line: a drop-tail queue, a rate and a way, as a rule without clock or socket."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Shape:
    """`rate_bps`: bits of IP packets a second, 0 is no limit; `delay_s`: the way's length; `queue_s`: what may wait."""

    rate_bps: float = 0.0
    delay_s: float = 0.0
    queue_s: float = 0.1


@dataclass
class Count:
    """Of packets that passed, but for the dropped; `payload_bytes` is what TCP carried in them."""

    packets: int = 0
    wire_bytes: int = 0
    payload_bytes: int = 0
    dropped: int = 0
    longest_wait_s: float = 0.0

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


class Way:
    """Packets in the order in which they came, each with the moment at which it leaves."""

    def __init__(self) -> None:
        self.shape = Shape()
        self.count = Count()
        self._busy_until = 0.0
        self._under_way: deque[tuple[float, bytes]] = deque()

    def put(self, packet: bytes, now: float) -> None:
        """Take a packet, or drop it when the queue is full."""
        shape, count = self.shape, self.count
        wait_s = max(0.0, self._busy_until - now)
        takes_s = len(packet) * 8 / shape.rate_bps if shape.rate_bps else 0.0
        if shape.rate_bps and wait_s + takes_s > shape.queue_s:
            count.dropped += 1
            return
        self._busy_until = now + wait_s + takes_s
        # A way that has become shorter in between must not let one packet overtake another.
        earliest = self._under_way[-1][0] if self._under_way else 0.0
        self._under_way.append((max(earliest, self._busy_until + shape.delay_s), packet))
        count.longest_wait_s = max(count.longest_wait_s, wait_s)
        count.packets += 1
        count.wire_bytes += len(packet)
        count.payload_bytes += payload_of(packet)

    def due(self) -> float | None:
        """When the first packet leaves; None for an empty line."""
        return self._under_way[0][0] if self._under_way else None

    def take(self, now: float) -> list[bytes]:
        """The packets whose moment has come."""
        left = []
        while self._under_way and self._under_way[0][0] <= now:
            left.append(self._under_way.popleft()[1])
        return left


def payload_of(packet: bytes) -> int:
    """The bytes that TCP carries in this IPv4 packet; 0 for any other."""
    if len(packet) < 40 or packet[0] >> 4 != 4 or packet[9] != 6:
        return 0
    header = (packet[0] & 15) * 4
    return max(0, int.from_bytes(packet[2:4], "big") - header - (packet[header + 12] >> 4) * 4)
