"""Serving WebSockets: listeners by path, whole messages within bounds, and slow peers kept at bay."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import picows

from benchside.protocol.errors import PeerError, PeerFault, UnavailableError

__all__ = ["Served", "ServedLimits", "Sourced", "bind", "counted_source", "forwarded_source", "listen", "server_tls"]

logger = logging.getLogger(__name__)

UPGRADE_WITHIN_S = 10.0
"""TLS and the upgrade on a slow line; afterwards each listener has its own deadlines."""
_HOST_BITS = 64
_CLOSE_WITHIN_S = 2.0
"""After a close frame was queued: a peer that does not read gets the connection cut instead."""


@dataclass(frozen=True, kw_only=True)
class ServedLimits:
    """Bounds of one connection."""

    max_message_bytes: int
    max_waiting: int = 32
    """Messages that were received and not yet handled: beyond, the socket is not read."""
    max_outgoing_bytes: int = 8 * 1024 * 1024
    """What may wait to be sent: one policy of the largest size and room beside it; beyond, the peer is too slow."""


class Sourced(picows.WSListener):
    """A listener that knows from where its connection comes."""

    forwarded_for = ""
    """As the edge says, where there is one."""

    def find_source(self, transport: picows.WSTransport) -> str:
        """The address that the connection comes from."""
        return self.forwarded_for or _source_of(transport)


class Served(Sourced):
    """One connection that a peer dialled: binary messages in order, for a task of its own."""

    def __init__(self, limits: ServedLimits, run: Callable[[Served], Awaitable[None]], name: str) -> None:
        """`run` owns the connection: when it returns or raises, the connection is closed.  `name`: for the task."""
        self._limits = limits
        self._run = run
        self._name = name
        self._transport: picows.WSTransport | None = None
        self._waiting: deque[bytes] = deque()
        self._arrived = asyncio.Event()
        self._parts = bytearray()
        self._is_partial = False
        self._reading = True
        self._fault: PeerError | None = None
        self._task: asyncio.Task[None] | None = None
        self.is_closed = False
        self.source = ""

    # what picows calls

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._transport = transport
        self.source = self.find_source(transport)
        self._task = asyncio.create_task(self._own(), name=self._name)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if self.is_closed or self._fault is not None:
            return
        kind = frame.msg_type
        if kind == picows.WSMsgType.CLOSE:
            self.close(1000)
        elif kind == picows.WSMsgType.PING:
            if transport.underlying_transport.get_write_buffer_size() == 0:
                transport.send_pong(frame.get_payload_as_bytes())  # a flood of pings fills no queue
        elif kind == (picows.WSMsgType.CONTINUATION if self._is_partial else picows.WSMsgType.BINARY):
            self._take(frame)
        elif kind != picows.WSMsgType.PONG:
            self._break(PeerFault.MALFORMED, "expected binary messages, got another frame")

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self.is_closed = True
        self._arrived.set()

    def pause_writing(self) -> None:
        """What waits is bounded in `send`."""

    def resume_writing(self) -> None:
        """What waits is bounded in `send`."""

    # for its owner

    async def receive(self, timeout_s: float) -> bytes:
        """Return the next message.

        PeerError when the peer broke a limit; UnavailableError when it is gone or silent for `timeout_s`.
        May be cancelled; no message is lost by it.
        """
        if not self._waiting:
            self._refuse_broken()
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), timeout_s)
            except TimeoutError as error:
                raise UnavailableError("expected a message in time, got silence") from error
        if not self._waiting:
            self._refuse_broken()
            raise UnavailableError("expected a message, got the end of the connection")
        message = self._waiting.popleft()
        if not self._reading and len(self._waiting) <= self._limits.max_waiting // 2 and self._transport is not None:
            self._reading = True
            self._transport.underlying_transport.resume_reading()
        return message

    def send(self, message: bytes) -> None:
        """Queue a message; a peer that does not read fast enough is cut.  Nothing happens once closed."""
        if self.is_closed or self._transport is None:
            return
        waiting = self._transport.underlying_transport.get_write_buffer_size()
        if waiting + len(message) > self._limits.max_outgoing_bytes:
            self._break(PeerFault.TOO_SLOW, "expected a peer that reads, got one that does not")
            self._transport.disconnect(graceful=False)
            return
        self._transport.send(picows.WSMsgType.BINARY, message)

    def close(self, code: int) -> None:
        """Say goodbye with `code` and end the connection, by force if the peer does not read."""
        if self.is_closed or self._transport is None:
            return
        self.is_closed = True
        transport = self._transport
        transport.send_close(code)  # type: ignore[arg-type]  # codes of our own range are plain numbers
        transport.disconnect()
        asyncio.get_running_loop().call_later(_CLOSE_WITHIN_S, transport.disconnect, False)
        self._arrived.set()

    async def finished(self) -> None:
        """Wait until the owner is done."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def cancel(self) -> None:
        """Stop the owner and close with "going away"."""
        self.close(1001)
        if self._task is not None:
            self._task.cancel()

    async def _own(self) -> None:
        code = 1000
        try:
            await self._run(self)
        except PeerError as error:
            logger.warning(
                "peer broke a rule", extra={"task": self._name, "fault": error.fault.value, "why": str(error)}
            )
            code = 4400
        except UnavailableError as error:
            logger.debug("connection over", extra={"task": self._name, "why": str(error)})
        except asyncio.CancelledError:
            code = 1001
            raise
        except Exception:
            logger.exception("a connection's task failed", extra={"task": self._name})
            code = 1011
        finally:
            self.close(code)

    def _take(self, frame: picows.WSFrame) -> None:
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._break(PeerFault.MALFORMED, "expected a frame without extensions, got one with reserved bits")
            return
        if len(self._parts) + frame.payload_size > self._limits.max_message_bytes:
            limit = self._limits.max_message_bytes
            self._break(PeerFault.TOO_LARGE, f"expected a message of at most {limit} bytes, got more")
            return
        if frame.fin and not self._is_partial:
            self._put(frame.get_payload_as_bytes())
            return
        self._parts += frame.get_payload_as_memoryview()
        self._is_partial = not frame.fin
        if frame.fin:
            self._put(bytes(self._parts))
            self._parts.clear()

    def _put(self, message: bytes) -> None:
        self._waiting.append(message)
        if self._reading and len(self._waiting) >= self._limits.max_waiting and self._transport is not None:
            self._reading = False
            self._transport.underlying_transport.pause_reading()
        self._arrived.set()

    def _refuse_broken(self) -> None:
        if self._fault is not None:
            raise self._fault
        if self.is_closed:
            raise UnavailableError("expected an open connection, got a closed one")

    def _break(self, fault: PeerFault, text: str) -> None:
        self._fault = self._fault or PeerError(fault, text)
        self._waiting.clear()
        self._arrived.set()


def forwarded_source(header: str) -> str:
    """The source that the edge has put into X-Forwarded-For, which it sets and does not add to; "" when it is none."""
    return counted_source(header.strip())


def counted_source(address: str) -> str:
    """Return the address by which whoever comes from `address` is counted; "" when it is none.

    Of IPv6 the first of its /64 (RFC 4291, 2.5.1): one machine has all of them, and a new one for each try.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(found) >> _HOST_BITS << _HOST_BITS))


def _source_of(transport: picows.WSTransport) -> str:
    peer = transport.underlying_transport.get_extra_info("peername")
    return counted_source(str(peer[0])) if isinstance(peer, tuple) and peer else ""


def server_tls(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return TLS 1.2 or newer with this chain and key; UnavailableError when they cannot be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")  # of TLS 1.2 only what has forward secrecy and an AEAD
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise UnavailableError(
            f"expected a certificate and its key in {certificate.name} and {key.name}: {error}"
        ) from error
    return context


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket's address taken; UnavailableError when it cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setblocking(False)
        bound.bind((host, port))
    except OSError as error:
        raise UnavailableError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return bound


async def listen(
    bound: socket.socket,
    paths: Mapping[str, Callable[[], picows.WSListener | None]],
    *,
    tls: ssl.SSLContext | None,
    max_frame_bytes: int,
    ping_idle_s: float | None = None,
    trusts_edge: bool = False,
) -> asyncio.Server:
    """Serve WebSockets on a socket from `bind`.

    `paths`: a maker of listeners for each path; None from it refuses the connection (too many).
    `ping_idle_s`: after so much silence the peer is pinged, and cut when it does not answer in the same time.
    `trusts_edge`: a proxy on this machine says in X-Forwarded-For who comes, and nobody else gets here.
    """

    def choose(request: picows.WSUpgradeRequest) -> picows.WSListener | None:
        make = paths.get(request.path.decode("latin-1"))
        if make is None:
            return None
        connection = request.headers.get("Connection", "")
        if "upgrade" in {token.strip().lower() for token in connection.split(",")}:
            request.headers["Connection"] = "Upgrade"  # Firefox says "keep-alive, Upgrade", which picows refuses
        listener = make()
        if trusts_edge and isinstance(listener, Sourced):
            listener.forwarded_for = forwarded_source(request.headers.get("X-Forwarded-For", ""))
        return listener

    return await picows.ws_create_server(
        choose,
        sock=bound,
        ssl=tls,
        backlog=512,
        websocket_handshake_timeout=UPGRADE_WITHIN_S,
        enable_auto_ping=ping_idle_s is not None,
        auto_ping_idle_timeout=ping_idle_s or 20.0,
        auto_ping_reply_timeout=ping_idle_s or 20.0,
        enable_auto_pong=False,
        max_frame_size=max_frame_bytes,
        read_buffer_init_size=4096,  # a thousand idle agents should not cost a thousand large buffers
        use_aiofastnet=True,  # it copies what it cannot send at once: a frame's memory is reused right after
    )
