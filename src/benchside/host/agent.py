"""The host's side of its conversation with the agent: asks with answers, and orders that may come any time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from benchside.protocol.errors import Refusal, RefusedError, UnavailableError
from benchside.protocol.wire import host as wire
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.channel import Channel
from benchside.transport.frames import FrameStream

__all__ = ["AgentSide", "HeldTicket"]

_T = TypeVar("_T")

ANSWER_WITHIN_S = 8.0
"""A ticket needs the server; the agent itself answers in milliseconds or not at all."""


@dataclass(frozen=True)
class HeldTicket:
    """A ticket for one connection, and the server's clock against ours."""

    ticket: bytes
    server_ahead_ms: int


class AgentSide:
    """Sends to the agent and sorts what it says.  `on_order` gets what is not an answer."""

    def __init__(
        self, stream: FrameStream[wire.HostMessage], on_order: Callable[[wire.HostMessage | None], None]
    ) -> None:
        self._stream = stream
        self._on_order = on_order
        self._tickets: dict[Channel, asyncio.Future[HeldTicket]] = {}
        self._guess: asyncio.Future[int] | None = None
        self._signature: asyncio.Future[bytes] | None = None
        self._settled: asyncio.Future[None] | None = None
        self._entries: dict[int, Callable[[bool], None]] = {}
        self._last_entry = 0

    def send(self, message: wire.HostMessage) -> None:
        """Say something that needs no answer."""
        self._stream.send(message)

    async def listen(self) -> None:
        """Sort messages until the agent is gone; then tell `on_order(None)`.  Runs as the host's own task."""
        while (message := await self._stream.receive()) is not None:
            self._sort(message)
        self._on_order(None)

    async def ticket(self, channel: Channel, *, is_patient: bool = False) -> HeldTicket:
        """Return a fresh ticket for one connection; UnavailableError or RefusedError when there is none now.

        `is_patient`: wait for as long as it takes until an associate has claimed the request.
        """
        waiting = self._tickets.get(channel)
        if waiting is None or waiting.done():
            waiting = self._tickets[channel] = asyncio.get_running_loop().create_future()
            self.send(wire.WantTicket(channel=channel))
        return await (asyncio.shield(waiting) if is_patient else self._answer(waiting))

    async def spend_guess(self, associate: str, key: bytes, second: str | None) -> int:
        """Have one attempt counted; return how many are left.  RefusedError: none now."""
        self._guess = asyncio.get_running_loop().create_future()
        self.send(wire.SpendGuess(associate=associate, key=key, second=second))
        return await self._answer(self._guess)

    async def settle_guess(self) -> None:
        """Tell that the code was right; return once that is journalled."""
        self._settled = asyncio.get_running_loop().create_future()
        self.send(wire.GuessRight())
        await self._answer(self._settled)

    async def sign(self, content: bytes) -> bytes:
        """Return the device identity's signature over the answer."""
        self._signature = asyncio.get_running_loop().create_future()
        self.send(wire.SignAnswer(content=content))
        return await self._answer(self._signature)

    def record(self, kind: EventKind, details: EventDetails, then: Callable[[bool], None] | None = None) -> None:
        """Have it journalled; `then(True)` once it is on disk, `then(False)` when it cannot be."""
        self._last_entry += 1
        if then is not None:
            self._entries[self._last_entry] = then
        self.send(wire.RecordEntry(entry=self._last_entry, kind=kind, details=details))

    async def _answer(self, waiting: asyncio.Future[_T]) -> _T:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await asyncio.shield(waiting)
        except TimeoutError as error:
            raise UnavailableError(f"expected the agent's answer within {ANSWER_WITHIN_S} s, got none") from error

    def _sort(self, message: wire.HostMessage) -> None:
        match message:
            case wire.TicketGiven():
                self._settle(self._tickets.get(message.channel), HeldTicket(message.ticket, message.server_ahead_ms))
            case wire.TicketWithheld():
                self._fail(self._tickets.get(message.channel), _withheld(message.reason))
            case wire.GuessCounted():
                self._settle(self._guess, message.attempts_left)
            case wire.GuessRefused():
                wait_s = None if message.wait_s is None else float(message.wait_s)
                refused = RefusedError(message.reason, "expected an attempt, got the agent's no", wait_s=wait_s)
                self._fail(self._guess, refused)
            case wire.GuessSettled():
                self._settle(self._settled, None)
            case wire.AnswerSigned():
                self._settle(self._signature, message.signature)
            case wire.EntryRecorded() | wire.EntryFailed():
                then = self._entries.pop(message.entry, None)
                if then is not None:
                    then(isinstance(message, wire.EntryRecorded))
            case _:
                self._on_order(message)

    @staticmethod
    def _settle(waiting: asyncio.Future[_T] | None, value: _T) -> None:
        if waiting is not None and not waiting.done():
            waiting.set_result(value)

    @staticmethod
    def _fail(waiting: asyncio.Future[_T] | None, error: Exception) -> None:
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)
            waiting.exception()  # whoever gave up waiting must not leave a warning behind


def _withheld(reason: Refusal | None) -> Exception:
    if reason is None:
        return UnavailableError("expected a ticket, got none while the server is out of reach")
    return RefusedError(reason, f"expected a ticket, got refused: {reason}")
