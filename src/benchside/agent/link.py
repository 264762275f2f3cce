"""The agent's permanent link to the gateway: dial, prove, keep, and come back."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from benchside.agent.keys import DeviceKeys, KeyChange
from benchside.agent.sealed import SealedLink
from benchside.agent.standing import Standing
from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError, UnavailableError
from benchside.protocol.trust.device import (
    LinkNonces,
    LinkState,
    link_proof_agent,
    state_proof,
)
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.channel import RECORD_TAG_BYTES, Channel
from benchside.protocol.wire.codec import VERSION
from benchside.transport.backoff import Backoff
from benchside.transport.way_out import WayOut
from benchside.transport.websocket import WebSocketLink, dial

__all__ = ["Link", "LinkEvents"]

log = logging.getLogger(__name__)

HELLO_WITHIN_S = 15.0
PING_AFTER_S = 20.0
DEAD_AFTER_S = 45.0
"""Two pings without an answer: a NAT or proxy has dropped the connection without telling."""
FIRST_WAIT_S = 0.5
MAX_WAIT_S = 60.0
"""A server that was away for an hour gets its PCs back within a minute, spread over it by jitter."""
TICKET_WITHIN_S = 7.0
MAX_MESSAGE_BYTES = wire.LINK.max_bytes + RECORD_TAG_BYTES


class LinkEvents(Protocol):
    """What the agent wants to hear."""

    def link_up(self, welcome: wire.LinkWelcome) -> None:
        """The server proved itself; say what it must know, unless it says that this device is held."""

    def link_held(self) -> None:
        """This device is held: no help until a person has decided."""

    def link_down(self) -> None:
        """No contact any more."""

    def link_said(self, message: wire.LinkMessage) -> None:
        """A message that answers no ticket."""


@dataclass(frozen=True)
class _Proved:
    """A connection whose two ends have proved themselves."""

    link: SealedLink
    welcome: wire.LinkWelcome
    key: bytes
    nonces: LinkNonces


class Link:
    """Owns the connection; `run` keeps it for as long as the agent lives."""

    def __init__(
        self,
        *,
        url: str,
        tls: ssl.SSLContext | None,
        out: WayOut,
        device_id: bytes,
        keys: DeviceKeys,
        standing: Standing,
        events: LinkEvents,
    ) -> None:
        self._url = url.rstrip("/") + "/v1/agent"
        self._tls = tls
        self.out = out
        self._device_id = device_id
        self._keys = keys
        self._standing = standing
        self._events = events
        self._open: SealedLink | None = None
        self._asks: dict[int, asyncio.Future[bytes]] = {}
        self._last_ask = 0
        self._hurry = asyncio.Event()
        self.server_ahead_ms = 0
        """How far the server's clock is before ours."""

    @property
    def is_up(self) -> bool:
        """True while the server is there and proved."""
        return self._open is not None

    def send(self, message: wire.LinkMessage) -> None:
        """Send now; dropped when there is no link (what matters is said again by `link_up`)."""
        if self._open is not None:
            self._open.send(message)

    def hurry(self) -> None:
        """Somebody waits: try again now rather than after the back-off."""
        self._hurry.set()

    async def ticket(self, request_id: bytes, channel: Channel) -> bytes:
        """Return a ticket for one connection of our host; UnavailableError or RefusedError."""
        if self._open is None:
            raise UnavailableError("expected the server to be reached, got no link")
        self._last_ask += 1
        ask = self._last_ask
        waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asks[ask] = waiting
        try:
            self.send(wire.AskTicket(ask=ask, request_id=request_id, channel=channel))
            async with asyncio.timeout(TICKET_WITHIN_S):
                return await waiting
        except TimeoutError as error:
            # a line that swallows what we say would hold up a session's return until the pings notice
            if self._open is not None:
                self._open.abort()
            raise UnavailableError(f"expected a ticket within {TICKET_WITHIN_S} s, got none") from error
        finally:
            del self._asks[ask]

    async def run(self, on_wait: Callable[[float], None] | None = None) -> None:
        """Dial for ever.  Cancel to end.  `on_wait` hears how long the next pause is."""
        backoff = Backoff(first_s=FIRST_WAIT_S, most_s=MAX_WAIT_S)
        while True:
            try:
                met = await self._meet()
                backoff.reset()
                await self._keep(met)
            except (UnavailableError, PeerError, RefusedError, TimeoutError) as error:
                log.info("link ended", extra={"cause": str(error), "kind": type(error).__name__})
            finally:
                self._drop()
            pause_s = backoff.next_s()
            if on_wait is not None:
                on_wait(pause_s)
            await self._pause(pause_s)

    async def _pause(self, pause_s: float) -> None:
        self._hurry.clear()
        try:
            async with asyncio.timeout(pause_s):
                await self._hurry.wait()
        except TimeoutError:
            return
        await asyncio.sleep(0.2)  # even in a hurry, not in a tight loop

    async def _meet(self) -> _Proved:
        """Dial and prove both ends."""
        socket = await dial(self._url, tls=self._tls, max_bytes=MAX_MESSAGE_BYTES, out=self.out)
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                challenge = await _hear(socket)
                if not isinstance(challenge, wire.LinkChallenge) or challenge.version != VERSION:
                    raise PeerError(
                        PeerFault.WRONG_VERSION, f"expected a challenge of version {VERSION}, got another message"
                    )
                key = self._keys.key
                nonces = LinkNonces(self._device_id, agent=os.urandom(32), gateway=challenge.nonce)
                socket.send(wire.OPENING.encode(self._hello(key, nonces)))
                answer = await _hear(socket)
                if isinstance(answer, wire.LinkRefused):
                    self._keys.refused()
                    raise RefusedError(Refusal.NOT_AUTHORISED, f"expected to be welcomed, got refused: {answer.reason}")
                if not isinstance(answer, wire.HelloTaken):
                    raise PeerError(PeerFault.OUT_OF_ORDER, "expected an answer to the hello, got another message")
                link = SealedLink(socket, key, nonces)
                welcome = await link.receive()
            if isinstance(welcome, wire.DeviceHeld):
                self._events.link_held()
                raise RefusedError(Refusal.HELD, f"expected to be welcomed, got held: {welcome.reason}")
            if not isinstance(welcome, wire.LinkWelcome):
                raise PeerError(PeerFault.OUT_OF_ORDER, "expected a welcome, got another message")
            await self._keys.proved(key)
            if welcome.offer is not None:
                self._keep_state(link, welcome.offer)
        except BaseException:
            socket.abort()
            raise
        self.server_ahead_ms = welcome.now_utc_ms - time.time_ns() // 1_000_000
        return _Proved(link, welcome, key, nonces)

    def _hello(self, key: bytes, nonces: LinkNonces) -> wire.LinkHello:
        state, instance, has_next = self._standing.state(key), self._standing.instance, self._keys.has_next
        proof_of_state = state_proof(key, nonces, state)
        return wire.LinkHello(
            version=VERSION,
            device_id=nonces.device_id,
            nonce=nonces.agent,
            instance=instance,
            step=state.step,
            state=proof_of_state,
            has_next=has_next,
            proof=link_proof_agent(
                key, nonces, instance=instance, step=state.step, state=proof_of_state, has_next=has_next
            ),
        )

    def _keep_state(self, link: SealedLink, offered: wire.OfferedState) -> None:
        """INVARIANT: on disk before the server hears that it is; nothing is said on this link before."""
        self._standing.keep(LinkState(offered.step, offered.value))
        link.send(wire.StateKept(step=offered.step))

    async def _keep(self, met: _Proved) -> None:
        """Listen until the connection ends or falls silent."""
        self._open = met.link
        change = KeyChange(self._keys, met.key, met.nonces, self.send)
        self._events.link_up(met.welcome)
        silent_s = 0.0
        while True:
            if not met.welcome.held:
                change.begin_when_due()
            try:
                async with asyncio.timeout(PING_AFTER_S):
                    message = await met.link.receive()
            except TimeoutError:
                silent_s += PING_AFTER_S
                if silent_s >= DEAD_AFTER_S - PING_AFTER_S / 2:
                    raise UnavailableError("expected the server to answer a ping, got silence") from None
                self.send(wire.LinkPing())
                continue
            silent_s = 0.0
            match message:
                case wire.RotateKey() | wire.NextKeyKept() | wire.KeyChanged():
                    await change.take(message)
                case wire.AreYouThere():
                    self.send(wire.HereIAm(nonce=message.nonce))
                case _:
                    self._take(message)

    def _take(self, message: wire.LinkMessage) -> None:
        match message:
            case wire.LinkPing():
                self.send(wire.LinkPong())
            case wire.DeviceHeld():
                self._events.link_held()
            case wire.LinkPong():
                pass
            case wire.TicketIssued():
                if (waiting := self._asks.get(message.ask)) is not None and not waiting.done():
                    waiting.set_result(message.ticket)
            case wire.TicketRefused():
                if (waiting := self._asks.get(message.ask)) is not None and not waiting.done():
                    wait_s = None if message.wait_s is None else float(message.wait_s)
                    waiting.set_exception(RefusedError(message.reason, "expected a ticket, got refused", wait_s=wait_s))
            case _:
                self._events.link_said(message)

    def _drop(self) -> None:
        link, self._open = self._open, None
        if link is None:
            return
        link.abort()
        for waiting in self._asks.values():
            if not waiting.done():
                waiting.set_exception(UnavailableError("expected the server to stay, got the end of the link"))
        self._events.link_down()


async def _hear(socket: WebSocketLink) -> wire.OpeningMessage:
    data = await socket.receive()
    if isinstance(data, str):
        raise PeerError(PeerFault.MALFORMED, "expected a link message, got text")
    return wire.OPENING.decode(data)
