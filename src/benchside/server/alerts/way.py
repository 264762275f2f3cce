"""The real ways out: mail through our own outbox, everything else through Apprise in a thread of its own.

A thread that is held by its target ends with the process: the message is sent again after its lease.
"""

from __future__ import annotations

import asyncio
from functools import partial

from benchside.protocol.errors import RefusedError, UnavailableError
from benchside.protocol.wire.condition import Severity
from benchside.server.alerts.facts import Line, Message
from benchside.server.alerts.targets import Allowed, mail_address, open_target
from benchside.server.alerts.threads import Threads
from benchside.server.mail.outbox import Outbox
from benchside.server.mail.texts import Texts

__all__ = ["SEND_WITHIN_S", "RealWay"]

SEND_WITHIN_S = 45.0
"""Less than the lease of a try; Apprise itself gives up on a silent server after some seconds."""
_NO_MARKUP = str.maketrans({"<": "‹", ">": "›", "@": "＠", "`": "'"})
THREADS = 4
"""Of their own: sign-ins hash passwords in the process's other threads and must not wait for a channel."""


class RealWay:
    """One for a process."""

    def __init__(self, outbox: Outbox, texts: Texts, allowed: Allowed, *, has_mail: bool, server_name: str) -> None:
        self._outbox = outbox
        self._texts = texts
        self._allowed = allowed
        self._has_mail = has_mail
        self._server_name = server_name
        self._threads = Threads[str | None](THREADS, "alert")
        self._busy: set[str] = set()

    def check(self, target: str) -> None:
        """RefusedError when a channel may not have this target."""
        if mail_address(target) is None:
            open_target(target, self._allowed)

    async def send(self, target: str, message: Message) -> str | None:
        """Send by mail or through Apprise."""
        if (address := mail_address(target)) is not None:
            return await self._mail(address, message)
        if target in self._busy:
            return "too_slow"  # one that drips is given up and its thread goes on: it must not take them all
        self._busy.add(target)
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                return await self._threads.run(
                    partial(self._apprise, target, message), ended=lambda: self._busy.discard(target)
                )
        except TimeoutError:
            return "too_slow"

    async def _mail(self, address: str, message: Message) -> str | None:
        if not self._has_mail:
            return "no_mail"
        values = {"server": self._server_name, "count": str(len(message.lines) + message.more)}
        template = "alert_test" if message.is_test else "alert"
        try:
            await self._outbox.put(address, template, values, message.language, listed=self._list(message))
        except UnavailableError:
            return "outbox_full"
        return None

    def _apprise(self, target: str, message: Message) -> str | None:
        try:
            plugin = open_target(target, self._allowed)
        except RefusedError:
            return "not_allowed"
        template = "alert_test" if message.is_test else "alert"
        values = {"server": self._server_name, "count": str(len(message.lines) + message.more)}
        title = self._texts.sentence(f"mail.{template}.subject", values, message.language)
        try:
            lines = [_without_markup(line) for line in self._list(message)]
            sent = plugin.notify(body="\n".join(lines) or title, title=title, body_format="text")
        except Exception:  # a plug-in of Apprise's; its text may hold the target
            return "failed"
        return None if sent else "refused"

    def _list(self, message: Message) -> list[str]:
        lines = [self._line(one, message.language) for one in message.lines]
        if message.more:
            values = {"count": str(message.more)}
            lines.append(self._texts.sentence("alert.more", values, message.language))
        return lines

    def _line(self, one: Line, language: str) -> str:
        severity = self._texts.word(f"alert.{Severity(one.severity).value}", language)
        return f"{severity} · {one.site} · {one.pc}: {one.text}"


def _without_markup(line: str) -> str:
    """Return a line that no service reads as more than text, whatever a PC wrote into it.

    Not every plug-in of Apprise's takes care of that: @everyone would call a whole company, a link would say what it
    is not, and half a tag is refused by some for good, with all that waits behind it.
    """
    return line.translate(_NO_MARKUP).replace("](", "] (")
