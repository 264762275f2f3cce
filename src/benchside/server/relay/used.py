"""The serials of tickets that were used, kept until they have expired."""

from __future__ import annotations

import heapq

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.trust.ticket import TICKET_SKEW_MS
from benchside.protocol.wire.ticket import TicketPayload

__all__ = ["UsedTickets"]

MAX_KEPT = 200_000
"""A minute of 3,000 connections a second, in some 30 MB; beyond, no ticket is taken rather than one forgotten."""


class UsedTickets:
    """Lets each ticket pass once."""

    def __init__(self) -> None:
        self._serials: set[bytes] = set()
        self._order: list[tuple[int, bytes]] = []

    def use(self, ticket: TicketPayload, now_utc_ms: int) -> None:
        """Return when this ticket was not used before, and remember it; RefusedError otherwise, or when full."""
        while self._order and self._order[0][0] <= now_utc_ms:
            self._serials.discard(heapq.heappop(self._order)[1])
        if ticket.serial in self._serials:
            raise RefusedError(Refusal.TICKET_USED, "expected a fresh ticket, got one that was used")
        if len(self._serials) >= MAX_KEPT:
            raise RefusedError(Refusal.WAIT, "expected fewer connections at a time", wait_s=60)
        self._serials.add(ticket.serial)
        heapq.heappush(self._order, (ticket.expires_utc_ms + 2 * TICKET_SKEW_MS, ticket.serial))
