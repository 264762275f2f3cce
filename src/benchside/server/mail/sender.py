"""Brings what is due in the outbox to the mail server; the worker calls it again and again."""

from __future__ import annotations

import asyncio

from benchside.server.mail.model import Mail
from benchside.server.mail.outbox import Outbox
from benchside.server.mail.smtp import Outcome, Smtp

__all__ = ["Sender"]


class Sender:
    """One for a process; several processes share the outbox."""

    def __init__(self, outbox: Outbox, smtp: Smtp) -> None:
        self._outbox = outbox
        self._smtp = smtp

    async def send_due(self) -> None:
        """Send until nothing is due.  What a cancellation or a crash cuts off is sent again later."""
        while due := await self._outbox.take_due():
            async with asyncio.TaskGroup() as group:
                for mail in due:
                    group.create_task(self._send(mail), name="send a mail")

    async def _send(self, mail: Mail) -> None:
        if self._outbox.is_too_old(mail):
            await self._outbox.give_up(mail, "too_old")
            return
        answer = await self._smtp.deliver(mail)
        match answer.outcome:
            case Outcome.TAKEN:
                await self._outbox.sent(mail)
            case Outcome.LATER:
                await self._outbox.later(mail, answer.why)
            case Outcome.NEVER:
                await self._outbox.give_up(mail, answer.why)
