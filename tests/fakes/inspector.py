"""A hospital's proxy that ends TLS and means harm: it sees each message between a PC and the server, and passes on
what it likes.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from enum import Enum

from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.link import OPENING, HelloTaken, LinkRefused
from benchside.transport.serve import Served, ServedLimits, listen
from benchside.transport.websocket import Closed, WebSocketLink, dial

__all__ = ["Inspected", "Inspector", "To", "inspecting"]

MAX_BYTES = 6 * 1024 * 1024
LIMITS = ServedLimits(max_message_bytes=MAX_BYTES)
PATHS = ("/v1/agent", "/v1/enrol")
HELLO_TAKEN = OPENING.encode(HelloTaken())


class To(Enum):
    """Which way a message goes."""

    PC = "to the PC"
    SERVER = "to the server"


class Inspected:
    """One connection: what went over it, and a way to say things on both sides of it."""

    def __init__(self, pc: Served, server: WebSocketLink) -> None:
        self.pc = pc
        self.server = server
        self.seen: dict[To, list[bytes]] = {To.PC: [], To.SERVER: []}
        self.ended_with: int | None = None
        """The server's code, once it has closed."""

    @property
    def records(self) -> dict[To, list[bytes]]:
        """What came after the hello was taken."""
        said = self.seen[To.PC]
        begin = said.index(HELLO_TAKEN) + 1 if HELLO_TAKEN in said else len(said)
        return {To.PC: said[begin:], To.SERVER: self.seen[To.SERVER][1:]}

    def say(self, way: To, *messages: bytes) -> None:
        for message in messages:
            self.pc.send(message) if way is To.PC else self.server.send(message)


class Inspector:
    """`deed` says for each message what is passed on instead of it."""

    def __init__(self, target: str) -> None:
        self._target = target
        self.url = ""
        self.all: list[Inspected] = []
        self.deed: Callable[[Inspected, To, bytes], list[bytes]] = lambda _one, _way, message: [message]
        self.keeps_the_server_up = False
        """Whether a connection goes on at the server when its PC has gone."""

    @property
    def last(self) -> Inspected:
        return self.all[-1]

    def is_honest(self) -> None:
        """Pass everything on from now on."""
        self.deed = lambda _one, _way, message: [message]

    def refuse_once(self, reason: str) -> None:
        """Answer the next hello with a refusal of one's own, and be honest again."""

        def deed(one: Inspected, way: To, message: bytes) -> list[bytes]:
            if way is To.SERVER:
                self.is_honest()
                one.pc.send(OPENING.encode(LinkRefused(reason=reason)))
                return []
            return [message]

        self.deed = deed

    async def passes(self, served: Served, path: str) -> None:
        try:
            server = await dial(self._target + path, tls=None, max_bytes=MAX_BYTES)
        except UnavailableError:
            return
        one = Inspected(served, server)
        self.all.append(one)
        back = asyncio.create_task(self._back(one), name="inspector, to the PC")
        try:
            with suppress(UnavailableError):
                while True:
                    self._pass(one, To.SERVER, await served.receive(60))
            if self.keeps_the_server_up:
                await asyncio.wait([back])
        finally:
            back.cancel()
            server.close()

    async def _back(self, one: Inspected) -> None:
        try:
            while True:
                message = await one.server.receive()
                assert isinstance(message, bytes)
                self._pass(one, To.PC, message)
        except Closed as closed:
            one.ended_with = closed.code
            one.pc.close(closed.code if closed.code != 1006 else 1001)

    def _pass(self, one: Inspected, way: To, message: bytes) -> None:
        one.seen[way].append(message)
        one.say(way, *self.deed(one, way, message))


@asynccontextmanager
async def inspecting(target: str) -> AsyncIterator[Inspector]:
    """A proxy in front of the server at `target`, in this loop."""
    made = Inspector(target)
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.setblocking(False)

    def path_of(path: str) -> Callable[[], Served]:
        return lambda: Served(LIMITS, lambda served: made.passes(served, path), "inspected")

    server = await listen(bound, {path: path_of(path) for path in PATHS}, tls=None, max_frame_bytes=MAX_BYTES)
    made.url = f"ws://127.0.0.1:{bound.getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        for one in made.all:
            one.pc.cancel()
            one.server.abort()
