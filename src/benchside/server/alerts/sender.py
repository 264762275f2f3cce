"""Brings what is due to the channels; the worker calls it again and again."""

from __future__ import annotations

import asyncio
import logging

from benchside.server.alerts.facts import Way
from benchside.server.alerts.queue import AlertQueue, Due

__all__ = ["AlertSender"]

logger = logging.getLogger(__name__)


class AlertSender:
    """One for a process; several processes share the queue."""

    def __init__(self, queue: AlertQueue, way: Way) -> None:
        self._queue = queue
        self._way = way

    async def send_due(self) -> None:
        """Look for what is new, and send one message to each channel whose time has come."""
        await self._queue.gather()
        async with asyncio.TaskGroup() as group:
            for due in await self._queue.take_due():
                group.create_task(self._send(due), name="send an alert")

    async def _send(self, due: Due) -> None:
        why = await self._way.send(due.target, due.message)
        if why is None:
            await self._queue.sent(due)
            return
        logger.info("an alert has to wait", extra={"channel": due.channel, "tries": due.tries, "why": why})
        await self._queue.later(due, why)
