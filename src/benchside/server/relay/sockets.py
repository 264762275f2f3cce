"""What the relay asks of the kernel for each connection: small buffers, a reset, and whether the peer has reset."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable

import picows

__all__ = ["KERNEL_BUFFER_BYTES", "NOTICE_WITHIN_S", "ResetWatch", "keep_buffers_small", "reset"]

KERNEL_BUFFER_BYTES = 128 * 1024
"""For each direction of a connection.  Full, it is half a second of a line of 2 Mbit/s; the line of 6 Mbit/s that is
asked for needs no more up to a round trip of 170 ms.  Left alone, the kernel would grow it to some megabytes."""
NOTICE_WITHIN_S = 0.05
"""How often ends that are not read are asked whether they were reset: 12 kB of a line of 2 Mbit/s pass meanwhile."""
_LINGER_NOT = struct.pack("ii", 1, 0)


def keep_buffers_small(transport: picows.WSTransport) -> None:
    """Bound what the kernel keeps of a connection, so that a slow end holds its peer back early."""
    sock = _socket_of(transport)
    if sock is not None:
        with contextlib.suppress(OSError):  # it is gone already
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER_BYTES)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER_BYTES)


def reset(transport: picows.WSTransport) -> None:
    """End a connection at once; what was not sent is dropped, also what the kernel still holds."""
    sock = _socket_of(transport)
    if sock is not None:
        with contextlib.suppress(OSError):  # it is gone already
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.disconnect(graceful=False)


class ResetWatch:
    """Looks after connections that are not read: only reading would tell that they were reset."""

    def __init__(self) -> None:
        self._watched: dict[picows.WSTransport, Callable[[], None]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, transport: picows.WSTransport, on_reset: Callable[[], None]) -> None:
        """Call `on_reset` once, within `NOTICE_WITHIN_S` of a reset, unless removed before."""
        self._watched[transport] = on_reset
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(NOTICE_WITHIN_S, self._look)

    def remove(self, transport: picows.WSTransport) -> None:
        """It is read again, or over."""
        self._watched.pop(transport, None)

    def _look(self) -> None:
        self._timer = None
        for transport, on_reset in tuple(self._watched.items()):
            if _was_reset(transport) and self._watched.pop(transport, None) is not None:
                on_reset()
        if self._watched:
            self._timer = asyncio.get_running_loop().call_later(NOTICE_WITHIN_S, self._look)


def _was_reset(transport: picows.WSTransport) -> bool:
    sock = _socket_of(transport)
    if sock is None:
        return True
    try:
        # what arrived before a reset stays readable, so looking at the data would not show it; the error does
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
    except OSError:
        return True


def _socket_of(transport: picows.WSTransport) -> socket.socket | None:
    # a TransportSocket, which has these methods of a socket
    found: socket.socket | None = transport.underlying_transport.get_extra_info("socket")
    return found
