"""A hostile relay: pairs whoever comes, whatever their tickets say, and does with their messages as it is told."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass

import picows
from tests.fakes.wire_cut import stop_loop

from benchside.protocol.wire.channel import MAX_FRAME_BYTES, Channel, Role
from benchside.protocol.wire.ticket import SIGNED, TICKET, TicketPayload
from benchside.transport.serve import listen

__all__ = ["HostileRelay", "Passing"]


@dataclass(frozen=True)
class Passing:
    """A message on its way: whose it is, on which channel, and the how many-th of that end (from 0)."""

    sender: Role
    channel: Channel
    number: int
    data: bytes


Tamper = Callable[[Passing], Iterable[bytes]]


class HostileRelay:
    """Speaks TLS with the world's own certificate, in a thread of its own."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.tamper: Tamper | None = None
        self.tampered = 0
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self.ends: list[HostileEnd] = []
        ready: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="hostile relay", daemon=True)
        self._thread.start()
        self.port = ready.result(5)

    def behave(self) -> None:
        """Do nothing evil from now on."""
        self.tamper, self.tampered = None, 0

    def inject(self, receiver: Role, channel: Channel, data: bytes) -> None:
        """Send `data` to an end as if its other end had said it."""
        for end in tuple(self.ends):
            if end.ticket is not None and end.ticket.role is receiver and end.ticket.channel is channel:
                self._loop.call_soon_threadsafe(end.deliver, data)

    def close(self) -> None:
        stop_loop(self._loop, self._thread)

    def pair(self, end: HostileEnd, ticket: TicketPayload) -> None:
        """By request and channel alone; the newest end of a role counts."""
        end.ticket = ticket
        end.say("waiting")
        for other in reversed(self.ends):
            theirs = other.ticket
            if (
                theirs is not None
                and other.peer is None
                and (theirs.request_id, theirs.channel) == (ticket.request_id, ticket.channel)
                and theirs.role is not ticket.role
            ):
                end.peer, other.peer = other, end
                end.say("paired")
                other.say("paired")
                return

    def _run(self, ready: Future[int]) -> None:
        asyncio.set_event_loop(self._loop)
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        bound.setblocking(False)
        paths = {"/v1/relay": lambda: HostileEnd(self)}
        self._loop.run_until_complete(listen(bound, paths, tls=self._tls, max_frame_bytes=2 * MAX_FRAME_BYTES))
        ready.set_result(bound.getsockname()[1])
        self._loop.run_forever()


class HostileEnd(picows.WSListener):
    """One connection."""

    def __init__(self, relay: HostileRelay) -> None:
        self._relay = relay
        self._transport: picows.WSTransport | None = None
        self._parts = b""
        self.ticket: TicketPayload | None = None
        self.peer: HostileEnd | None = None
        self.passed = 0

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._transport = transport
        self._relay.ends.append(self)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.CLOSE:
            self.hang_up()
        if frame.msg_type == picows.WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        if frame.msg_type not in (picows.WSMsgType.BINARY, picows.WSMsgType.CONTINUATION):
            return
        self._parts += frame.get_payload_as_bytes()
        if not frame.fin:
            return
        message, self._parts = self._parts, b""
        if self.ticket is None:
            self._relay.pair(self, TICKET.decode(SIGNED.decode(message).payload))
        elif self.peer is not None:
            self._pass_on(message)

    def _pass_on(self, message: bytes) -> None:
        assert self.ticket is not None
        assert self.peer is not None
        passing = Passing(self.ticket.role, self.ticket.channel, self.passed, message)
        self.passed += 1
        instead = [message] if self._relay.tamper is None else list(self._relay.tamper(passing))
        if instead != [message]:
            self._relay.tampered += 1
        for data in instead:
            self.peer.deliver(data)

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        if self in self._relay.ends:
            self._relay.ends.remove(self)
        peer, self.peer = self.peer, None
        if peer is not None:
            peer.peer = None
            peer.hang_up()

    def say(self, word: str) -> None:
        if self._transport is not None:
            self._transport.send(picows.WSMsgType.TEXT, word.encode())

    def deliver(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.send(picows.WSMsgType.BINARY, data)

    def hang_up(self) -> None:
        if self in self._relay.ends:
            self._relay.ends.remove(self)  # nobody is paired with who is on the way out
        if self._transport is not None:
            self._transport.send_close(picows.WSCloseCode.OK)
            self._transport.disconnect()
