"""Dialling a WebSocket out of the PC: whole messages in, bounded queues, and why it ended."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
import struct
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

import picows

from benchside.protocol.errors import PeerError, PeerFault, UnavailableError
from benchside.transport.tls import client_tls
from benchside.transport.way_out import DIRECT, Way, WayOut

__all__ = ["Closed", "WebSocketLink", "client_tls", "dial"]

DIAL_WITHIN_S = 15.0
"""DNS, TCP, TLS and the upgrade on a slow line with a proxy in between."""
LEAST_WITHIN_S = 5.0
"""Of one way, where there are several: a proxy that does not answer in this time is down."""
MAX_QUEUED_MESSAGES = 512
"""Messages that were received and not yet taken; more means that we hang, and the peer must slow down or go."""
MAX_QUEUED_BYTES = 6 * 1024 * 1024
"""The same in bytes: one policy of the largest size, or a few hundred records."""
MESSAGES_A_TURN = 32
"""A read buffer of small records would otherwise be worked off in one piece, for seconds."""
_IDLE_PING_S = 10.0
_PONG_WITHIN_S = 10.0
_PYTHONS_TLS = "_aiofastnet_force_fallback_ssl"
"""What aiofastnet 1.2 looks for in a context; no public name, so pyproject.toml binds the version."""


class Closed(UnavailableError):
    """The connection ended; `code` is the peer's close code, 1006 when there was none."""

    def __init__(self, code: int) -> None:
        super().__init__(f"expected an open connection, got its end with code {code}")
        self.code = code


class WebSocketLink(picows.WSListener):
    """One WebSocket: text and binary messages, in order."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._transport: picows.WSTransport | None = None
        self._queue: deque[bytes | str] = deque()
        self._wake: asyncio.Future[None] | None = None
        self._ended = False
        self._fault: PeerError | None = None
        self._parts = bytearray()
        self._parts_type: picows.WSMsgType | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._on_message: Callable[[bytes], None] | None = None
        self._late: deque[bytes] = deque()
        self._given = 0
        self._queued_bytes = 0

    # picows' callbacks

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        """Remember the transport."""
        self._transport = transport

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        """Put frames together and hand messages on."""
        kind = frame.msg_type
        if kind is picows.WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
            return
        if kind is picows.WSMsgType.PING:
            if transport.underlying_transport.get_write_buffer_size() == 0:
                transport.send_pong(frame.get_payload_as_bytes())  # a flood of pings fills no queue
            return
        if kind not in (picows.WSMsgType.TEXT, picows.WSMsgType.BINARY, picows.WSMsgType.CONTINUATION):
            return
        if kind is not picows.WSMsgType.CONTINUATION and frame.fin and not self._parts:
            self._deliver(kind, frame.get_payload_as_bytes())
            return
        if kind is not picows.WSMsgType.CONTINUATION:
            self._parts_type = kind
        self._parts += frame.get_payload_as_memoryview()
        if len(self._parts) > self._max_bytes:
            self._break(
                PeerError(PeerFault.TOO_LARGE, f"expected at most {self._max_bytes} bytes in a message, got more")
            )
        elif frame.fin:
            whole, kind = bytes(self._parts), self._parts_type or kind
            self._parts.clear()
            self._deliver(kind, whole)

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        """Wake whoever waits."""
        self._ended = True
        self._may_write.set()
        self._notify()

    def pause_writing(self) -> None:
        """The kernel's buffer is full."""
        self._may_write.clear()

    def resume_writing(self) -> None:
        """There is room again."""
        self._may_write.set()

    # for the product

    def send(self, message: bytes | str) -> None:
        """Send now or queue behind what the kernel did not take; nothing happens once it has ended."""
        if self._transport is None or self._ended:
            return
        if isinstance(message, str):
            self._transport.send(picows.WSMsgType.TEXT, message.encode())
        else:
            self._transport.send(picows.WSMsgType.BINARY, message)

    @property
    def is_congested(self) -> bool:
        """True while more is queued than the kernel takes."""
        return not self._may_write.is_set()

    async def writable(self) -> None:
        """Wait until sending makes sense again.  May be cancelled."""
        await self._may_write.wait()

    def hand_over(self, on_message: Callable[[bytes], None]) -> None:
        """Give each binary message to `on_message` at once from now on, what is queued first.

        It may raise PeerError, which ends the connection; `receive` then raises it.
        """
        while self._queue:
            message = self._queue.popleft()
            self._queued_bytes = 0
            if isinstance(message, bytes):
                on_message(message)
        self._on_message = on_message

    async def receive(self) -> bytes | str:
        """Return the next message; Closed at the end, PeerError when the peer broke a limit.  May be cancelled."""
        while not self._queue:
            if self._fault is not None:
                raise self._fault
            if self._ended:
                raise Closed(self.close_code)
            self._wake = asyncio.get_running_loop().create_future()
            try:
                await self._wake
            finally:
                self._wake = None
        message = self._queue.popleft()
        self._queued_bytes = 0 if not self._queue else self._queued_bytes - len(message)
        return message

    @property
    def close_code(self) -> int:
        """The peer's close code; 1006 when it just went away."""
        if self._transport is None:
            return 1006
        received = self._transport.close_handshake.recv if self._transport.close_handshake else None
        if received is None:
            return 1006
        code: object = received.code
        return code if isinstance(code, int) else received.code.value

    @property
    def has_ended(self) -> bool:
        """True once nothing more can be sent."""
        return self._ended

    def close(self, code: int = 1000) -> None:
        """Say goodbye and end the connection; what was queued is still sent."""
        if self._transport is not None and not self._ended:
            self._transport.send_close(code)  # type: ignore[arg-type]  # codes of our own range are plain numbers
            self._transport.disconnect()

    def reset_on_death(self, send_buffer_bytes: int) -> None:
        """Let nothing outlive this process: should it die, the kernel resets the connection and drops what it holds.

        `send_buffer_bytes`: how much the kernel may hold at all; it takes twice as much for its own books.
        """
        sock = None if self._transport is None else self._transport.underlying_transport.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError):  # it has just ended
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer_bytes)

    def abort(self) -> None:
        """End the connection at once, dropping what was not sent, also what the kernel still holds."""
        self._ended = True
        if self._transport is not None:
            sock = self._transport.underlying_transport.get_extra_info("socket")
            if sock is not None:
                with contextlib.suppress(OSError):
                    # a reset instead of a goodbye: pictures that wait for a slow line must not leave after a Stop
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.disconnect(graceful=False)
        self._notify()

    def _deliver(self, kind: picows.WSMsgType, payload: bytes) -> None:
        if kind is picows.WSMsgType.BINARY and self._on_message is not None:
            self._hand_on(payload)
            return
        try:
            self._queue.append(payload.decode() if kind is picows.WSMsgType.TEXT else payload)
        except UnicodeDecodeError:
            self._break(PeerError(PeerFault.MALFORMED, "expected text in UTF-8, got other bytes"))
            return
        self._queued_bytes += len(payload)
        if len(self._queue) > MAX_QUEUED_MESSAGES or self._queued_bytes > MAX_QUEUED_BYTES:
            self._break(
                PeerError(PeerFault.TOO_MANY, f"expected at most {MAX_QUEUED_MESSAGES} waiting messages, got more")
            )
        self._notify()

    def _hand_on(self, payload: bytes) -> None:
        """Give a message on at once, but only so many in one turn of the loop: a Stop must get its turn as well."""
        if self._late or self._given >= MESSAGES_A_TURN:
            if not self._late:
                self._read(on=False)
                asyncio.get_running_loop().call_soon(self._catch_up)
            self._late.append(payload)
            return
        if self._given == 0:
            asyncio.get_running_loop().call_soon(self._new_turn)
        self._given += 1
        self._give(payload)

    def _new_turn(self) -> None:
        self._given = 0

    def _catch_up(self) -> None:
        """Give on what had to wait; nothing more is read before that is done."""
        for _ in range(min(MESSAGES_A_TURN, len(self._late))):
            if self._ended:
                self._late.clear()
                return
            self._give(self._late.popleft())
        if self._late:
            asyncio.get_running_loop().call_soon(self._catch_up)
        else:
            self._read(on=True)

    def _give(self, payload: bytes) -> None:
        if self._on_message is None or self._ended:
            return
        try:
            self._on_message(payload)
        except PeerError as error:
            self._break(error)

    def _read(self, *, on: bool) -> None:
        if self._transport is None or self._ended:
            return
        underlying = self._transport.underlying_transport
        underlying.resume_reading() if on else underlying.pause_reading()

    def _break(self, fault: PeerError) -> None:
        self._fault = self._fault or fault
        self.abort()

    def _notify(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


async def dial(url: str, *, tls: ssl.SSLContext | None, max_bytes: int, out: WayOut = DIRECT) -> WebSocketLink:
    """Return an open WebSocket to `url` (ws or wss), for messages of at most `max_bytes`; UnavailableError otherwise.

    `out`: the way out of the network; its ways are tried one after the other.
    Plain ws is for loopback only: anything else is refused, so that no setting can take the encryption away.
    """
    if not url.startswith("wss://") and not _is_this_machine(url):
        raise UnavailableError("expected wss:// for any address but this machine's own, got ws://")
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80)
    last: UnavailableError | None = None
    ways = await out.ways(host, port)
    within_s = max(DIAL_WITHIN_S / len(ways), LEAST_WITHIN_S)
    for way in ways:
        try:
            link = await _dial_by(way, out, url, host, port, tls, max_bytes, within_s)
        except UnavailableError as error:
            last = error
        else:
            out.was_good(way, host, port)
            return link
    raise last or UnavailableError("expected a way out, got none")


async def _dial_by(
    way: Way, out: WayOut, url: str, host: str, port: int, tls: ssl.SSLContext | None, max_bytes: int, within_s: float
) -> WebSocketLink:
    try:
        async with asyncio.timeout(within_s):
            _, link = await picows.ws_connect(
                lambda: WebSocketLink(max_bytes),
                url,
                ssl_context=_without_files(tls) if url.startswith("wss://") else None,
                websocket_handshake_timeout=within_s,
                enable_auto_ping=True,
                enable_auto_pong=False,  # it queues without bound for a peer that pings and never reads
                auto_ping_idle_timeout=_IDLE_PING_S,
                auto_ping_reply_timeout=_PONG_WITHIN_S,
                max_frame_size=max_bytes,
                max_redirects=0,
                use_aiofastnet=True,  # asyncio's own TLS drops what was queued, and reads while it closes
                socket_factory=lambda _url: out.socket(way, host, port),
            )
    except (OSError, picows.WSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
        # the text of these errors names hosts and certificates, never a secret
        raise UnavailableError(f"expected a WebSocket at the server, got {type(error).__name__}: {error}") from error
    if not isinstance(link, WebSocketLink):
        raise UnavailableError("expected our own listener, got another")
    return link


def _without_files(tls: ssl.SSLContext | None) -> ssl.SSLContext | None:
    """Have aiofastnet go by Python's objects of this context, and not by those of OpenSSL that it takes out of it.

    With those it writes the server's certificate to a temporary file in each handshake, and hangs where a service has
    no place for one, nor has a full disk; and out of a context of truststore's, where there are none, it takes nothing.
    """
    if tls is not None:
        setattr(tls, _PYTHONS_TLS, True)
    return tls


def _is_this_machine(url: str) -> bool:
    """Whether a plain address names loopback: by its host as it is dialled, not by how the text begins."""
    try:
        parts = urlsplit(url)
        if parts.scheme != "ws" or parts.username is not None or parts.hostname is None:
            return False
        return parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False
