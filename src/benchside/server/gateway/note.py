"""Faults of devices in the log, without letting one that keeps coming back fill it."""

from __future__ import annotations

from benchside.protocol.errors import PeerFault
from benchside.protocol.wire.audit import EventDetails
from benchside.server.audit.kind import ServerKind, device_stream
from benchside.server.audit.ledger import Ledger
from benchside.server.clock import NowUtcMs

__all__ = ["Notes"]

NOTE_EVERY_MS = 60_000
"""The same fault of a device is written down once a minute: one that keeps coming back would fill the log."""


class Notes:
    """Knows what was written of each device lately."""

    def __init__(self, ledger: Ledger, now: NowUtcMs) -> None:
        self._ledger = ledger
        self._now = now
        self._noted_utc_ms: dict[tuple[bytes, ServerKind], int] = {}

    async def note(self, device_id: bytes, kind: ServerKind, fault: PeerFault) -> None:
        """Write the fault down, unless the same was within the last minute."""
        now = self._now()
        if now - self._noted_utc_ms.get((device_id, kind), 0) < NOTE_EVERY_MS:
            return
        self._noted_utc_ms[device_id, kind] = now
        await self._ledger.record(device_stream(device_id), kind, EventDetails(cause=fault.value))
