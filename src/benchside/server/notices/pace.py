"""How much one PC may tell: plenty at once after days without a server, and little for good."""

from __future__ import annotations

from collections import OrderedDict

__all__ = ["Pace"]

BURST = 20_000
"""Changes that a PC brings at once: what its journal gathers in a bad month without a server."""
REFILL_S = 20.0
"""Changes a second for good; a notifier folds floods long before (protocol/flow/conditions)."""
MAX_WAIT_S = 2.0
"""A wait for each batch of a hundred then; the agent's link says other things, too."""
WATCH_BURST, WATCH_REFILL_S = 10, 0.1
"""How often an agent may say whether its notifier is there: it waits a minute before it says that none is."""
MAX_DEVICES = 20_000
"""As many as a gateway has links."""


class Pace:
    """A bucket for each device, of `burst` and `refill_s` a second; `now` is the monotonic clock in seconds."""

    def __init__(self, burst: float = BURST, refill_s: float = REFILL_S) -> None:
        self._burst, self._refill_s = float(burst), refill_s
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def wait_s(self, device_id: bytes, changes: int, now: float) -> float:
        """Count `changes`, and return how long the device has to wait before they are kept: 0 to MAX_WAIT_S."""
        left, then = self._buckets.pop(device_id, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._refill_s) - changes
        self._buckets[device_id] = (max(left, -self._burst), now)
        if len(self._buckets) > MAX_DEVICES:
            self._buckets.popitem(last=False)
        return 0.0 if left >= 0 else min(MAX_WAIT_S, -left / self._refill_s)
