"""The connected agents: one connection per device, and no more from one address than a hospital has PCs."""

from __future__ import annotations

from benchside.server.gateway.sealed import SealedLink
from benchside.transport.serve import Served

__all__ = ["Links"]

MAX_CONNECTIONS = 20_000
"""What one process can hold at some 60 kB each."""
MAX_FROM_ONE_SOURCE = 500
"""A hospital behind one address."""


class Links:
    """Counts connections and knows which one speaks for a device."""

    def __init__(self) -> None:
        self._all: set[Served] = set()
        self._from: dict[str, int] = {}
        self._of_device: dict[bytes, SealedLink] = {}

    @property
    def is_full(self) -> bool:
        """Whether no further connection is taken."""
        return len(self._all) >= MAX_CONNECTIONS

    def add(self, served: Served) -> bool:
        """Count a new connection; False when its address has too many already."""
        here = self._from.get(served.source, 0)
        if here >= MAX_FROM_ONE_SOURCE:
            return False
        self._all.add(served)
        self._from[served.source] = here + 1
        return True

    def remove(self, served: Served) -> None:
        """Count a connection no more."""
        if served not in self._all:
            return
        self._all.discard(served)
        left = self._from[served.source] - 1
        if left:
            self._from[served.source] = left
        else:
            del self._from[served.source]

    def take_over(self, device_id: bytes, link: SealedLink) -> SealedLink | None:
        """Let this link speak for the device; return the one it replaces.

        Whether both are alive, and so two PCs, was asked before (gateway/meeting.py).
        """
        before = self._of_device.get(device_id)
        self._of_device[device_id] = link
        return before

    def of_device(self, device_id: bytes) -> SealedLink | None:
        """The link that speaks for the device."""
        return self._of_device.get(device_id)

    def give_up(self, device_id: bytes, link: SealedLink) -> bool:
        """This link speaks for the device no more; False when a newer one does already."""
        if self._of_device.get(device_id) is not link:
            return False
        del self._of_device[device_id]
        return True

    def all(self) -> tuple[Served, ...]:
        """All connections, for closing them."""
        return tuple(self._all)
