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
        self._sending: set[asyncio.Task[None]] = set()
        """One for each channel at most: nobody is given its next message within the lease."""

    async def send_due(self) -> None:
        """Look for what is new, and begin one message to each channel whose time has come.

        It does not wait until they are out: a channel that is slow keeps no other waiting.
        """
        await self._queue.gather()
        for due in await self._queue.take_due():
            task = asyncio.create_task(self._send(due), name="send an alert")
            self._sending.add(task)
            task.add_done_callback(self._ended)

    async def settled(self) -> None:
        """Wait until what was begun is out or has to wait."""
        if self._sending:
            await asyncio.wait(self._sending)

    async def close(self) -> None:
        """Break off what is on its way; it is tried again after its lease."""
        for task in self._sending:
            task.cancel()
        await self.settled()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("an alert could not be sent", exc_info=error)

    async def _send(self, due: Due) -> None:
        why = await self._way.send(due.target, due.message)
        if why is None:
            await self._queue.sent(due)
            return
        logger.info("an alert has to wait", extra={"channel": due.channel, "tries": due.tries, "why": why})
        await self._queue.later(due, why)
