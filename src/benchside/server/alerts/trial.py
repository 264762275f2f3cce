"""Trial messages: an administrator sees at once whether a channel works."""

from __future__ import annotations

import asyncio

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.audit import EventDetails
from benchside.server.alerts.facts import Message, Way
from benchside.server.alerts.model import AlertChannel
from benchside.server.audit.kind import SERVER, ServerKind
from benchside.server.audit.ledger import Ledger
from benchside.server.clock import NowUtcMs
from benchside.server.store.database import Database

__all__ = ["Trials"]

TRIAL_EVERY_MS = 10_000
"""For one channel: whoever mends an address tries again soon, and nobody floods a team's room."""
TRIAL_WITHIN_S = 12.0
"""Less than a page waits for an answer."""


class Trials:
    """Each is in the log with who asked for it, before it goes out."""

    def __init__(self, database: Database, ledger: Ledger, way: Way, now: NowUtcMs) -> None:
        self._database = database
        self._ledger = ledger
        self._way = way
        self._now = now

    async def send(self, by: str, id_: str) -> str | None:
        """Send a trial message at once, also where the channel is off; None when it was taken, else a fixed word.

        RefusedError: UNKNOWN for no such channel, WAIT when one was sent a moment ago.
        """
        now = self._now()
        async with self._database.write() as rows:
            row = await rows.get(AlertChannel, id_, with_for_update=True)
            if row is None:
                raise RefusedError(Refusal.UNKNOWN, "expected a channel that there is, got another")
            left_ms = (row.tried_utc_ms or 0) + TRIAL_EVERY_MS - now
            if 0 < left_ms <= TRIAL_EVERY_MS:  # a clock that went back keeps nobody waiting
                raise RefusedError(Refusal.WAIT, "expected a pause between trials, got none", wait_s=left_ms / 1000)
            await self._ledger.record(SERVER, ServerKind.ALERT_TRIED, EventDetails(associate=by, scope=id_))
            row.tried_utc_ms = now
            target, message = row.target, Message(row.language, (), 0, is_test=True)
        try:
            async with asyncio.timeout(TRIAL_WITHIN_S):
                return await self._way.send(target, message)
        except TimeoutError:
            return "too_slow"
