"""Messages over a local stream: 4 bytes of length, big endian, then the message."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.wire.codec import Codec

__all__ = ["FrameStream"]

M = TypeVar("M")

MAX_WAITING_BYTES = 8 * 1024 * 1024
"""A local peer that does not read so much is hung; its connection is cut rather than its messages kept."""


class FrameStream(Generic[M]):
    """One end of a local conversation in messages of one family."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, codec: Codec[M]) -> None:
        self._reader = reader
        self._writer = writer
        self._codec = codec

    def send(self, message: M) -> None:
        """Queue `message`; does not wait.  A peer that stopped reading is cut off, which its reader sees as the end."""
        if self._writer.is_closing():
            return
        data = self._codec.encode(message)
        self._writer.write(len(data).to_bytes(4, "big") + data)
        if self._writer.transport.get_write_buffer_size() > MAX_WAITING_BYTES:
            self._writer.transport.abort()

    async def receive(self) -> M | None:
        """Return the next message; None at the end.  PeerError for one that is malformed or too long."""
        try:
            length = int.from_bytes(await self._reader.readexactly(4), "big")
            if not 0 < length <= self._codec.max_bytes:
                raise PeerError(
                    PeerFault.TOO_LARGE,
                    f"expected a {self._codec.name} message of at most {self._codec.max_bytes} bytes, got {length}",
                )
            return self._codec.decode(await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError, OSError):
            return None

    def abort(self) -> None:
        """End the connection at once, dropping what was not sent."""
        self._writer.transport.abort()

    async def close(self, within_s: float = 1.0) -> None:
        """Send what is queued, then end the connection; at most `within_s` seconds."""
        try:
            async with asyncio.timeout(within_s):
                await self._writer.drain()
        except (TimeoutError, ConnectionError, OSError):
            self._writer.transport.abort()
            return
        self._writer.close()

    async def say_no_more(self, within_s: float) -> None:
        """Send what is queued and say that nothing follows; what the peer says can still be received.

        A connection that is closed while the peer writes loses what the peer had not read yet.
        """
        try:
            async with asyncio.timeout(within_s):
                await self._writer.drain()
            self._writer.write_eof()
        except (TimeoutError, ConnectionError, OSError):
            self._writer.transport.abort()
