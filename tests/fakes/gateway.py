"""A hostile gateway: it has stolen the devices' keys, so agents believe that it is their server, and then it lies."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
from concurrent.futures import Future

from tests.fakes.wire_cut import stop_loop

from benchside.protocol.trust.device import LinkNonces
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.link import (
    OPENING,
    EventsKept,
    EventsReported,
    LinkChallenge,
    LinkHello,
    LinkMessage,
    LinkWelcome,
)
from benchside.server.clock import utc_ms
from benchside.server.gateway.sealed import SealedLink
from benchside.transport.serve import Served, ServedLimits, listen

__all__ = ["HostileGateway"]


class HostileGateway:
    """Serves in a thread of its own; `say` and `heard` are for the test's."""

    def __init__(self, tls: ssl.SSLContext, device_key: bytes, *, journal_sequence: int) -> None:
        """`device_key`: a wrong one plays a server that has stolen nothing."""
        self.heard: list[LinkHello | LinkMessage] = []
        self._device_key = device_key
        self._sequence = journal_sequence
        self._tls = tls
        self._agent: SealedLink | None = None
        self._loop = asyncio.new_event_loop()
        ready: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="hostile gateway", daemon=True)
        self._thread.start()
        self.port = ready.result(5)

    def has_heard(self, kind: type[LinkHello | LinkMessage]) -> bool:
        return any(isinstance(one, kind) for one in self.heard)

    def say(self, *messages: LinkMessage) -> None:
        assert self._agent is not None
        for message in messages:
            self._loop.call_soon_threadsafe(self._agent.send, message)

    def close(self) -> None:
        stop_loop(self._loop, self._thread)

    def _run(self, ready: Future[int]) -> None:
        asyncio.set_event_loop(self._loop)
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        bound.setblocking(False)
        limits = ServedLimits(max_message_bytes=512 * 1024)
        paths = {"/v1/agent": lambda: Served(limits, self._serve, "agent at the hostile gateway")}
        self._loop.run_until_complete(listen(bound, paths, tls=self._tls, max_frame_bytes=1024 * 1024))
        ready.set_result(bound.getsockname()[1])
        self._loop.run_forever()

    async def _serve(self, served: Served) -> None:
        nonce = os.urandom(32)
        served.send(OPENING.encode(LinkChallenge(version=VERSION, nonce=nonce)))
        hello = OPENING.decode(await served.receive(10))
        assert isinstance(hello, LinkHello)
        self.heard.append(hello)
        nonces = LinkNonces(hello.device_id, agent=hello.nonce, gateway=nonce)
        link = SealedLink(served, self._device_key, nonces, 0)
        welcome = LinkWelcome(
            now_utc_ms=utc_ms(),
            policy_version=1,
            journal_sequence=self._sequence,
            relay="relay-1",
            relay_url="wss://elsewhere.example/v1/relay",
            phone="+1 900 000 000",
        )
        link.send(welcome)
        self._agent = link
        while True:
            message = await link.receive(60)
            self.heard.append(message)
            if isinstance(message, EventsReported):
                link.send(EventsKept(sequence=message.events[-1].sequence))
