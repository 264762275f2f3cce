"""Writes down what strangers are refused, without letting them fill a log from which nothing is deleted."""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from benchside.protocol.wire.audit import EventDetails
from benchside.server.audit.kind import ServerKind
from benchside.server.audit.ledger import Ledger
from benchside.server.clock import NowUtcMs

__all__ = ["WRITE_EVERY_MS", "Refusals"]

logger = logging.getLogger(__name__)

WRITE_EVERY_MS = 60_000
"""Of one kind and from one address; what comes in between is counted."""
MAX_SOURCES = 10_000
"""Addresses whose refusals are counted apart, in some 5 MB; the least recent are forgotten first."""


@dataclass
class _Since:
    """The last one that was written, and what was only counted since."""

    written_utc_ms: int
    tries: int
    stream: str
    details: EventDetails


class Refusals:
    """Writes the first refusal at once and then at most one a minute, which stands for those before it.

    `scope` of such an event is how many tries it stands for when there were more than one; its other details are
    those of the last.
    """

    def __init__(self, ledger: Ledger, now: NowUtcMs) -> None:
        self._ledger = ledger
        self._now = now
        self._since: OrderedDict[tuple[ServerKind, str], _Since] = OrderedDict()

    async def note(self, kind: ServerKind, source: str, stream: str, details: EventDetails) -> None:
        """Write down or count a refusal; `source` is the address that asked, which is not written."""
        now = self._now()
        since = self._since.setdefault((kind, source), _Since(now - WRITE_EVERY_MS, 0, stream, details))
        self._since.move_to_end((kind, source))
        since.tries, since.stream, since.details = since.tries + 1, stream, details
        while len(self._since) > MAX_SOURCES:
            (lost, _), oldest = self._since.popitem(last=False)
            if oldest.tries:
                logger.warning("refusals were not written", extra={"kind": lost.value, "tries": oldest.tries})
        await self._write_due(kind, since)

    async def write_counted(self) -> None:
        """Write what was counted and is due, and forget who has been quiet."""
        for key, since in tuple(self._since.items()):
            if since.tries:
                await self._write_due(key[0], since)
            elif self._now() - since.written_utc_ms >= WRITE_EVERY_MS:
                self._since.pop(key, None)

    async def _write_due(self, kind: ServerKind, since: _Since) -> None:
        now = self._now()
        if now - since.written_utc_ms < WRITE_EVERY_MS:
            return
        details = since.details
        if since.tries > 1:
            details = msgspec.structs.replace(details, scope=str(since.tries))
        since.written_utc_ms, since.tries = now, 0  # before the wait, so that nobody writes it a second time
        await self._ledger.record(since.stream, kind, details)
