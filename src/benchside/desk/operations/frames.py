"""Frames of the local socket: a length in 4 bytes, big endian, and that many bytes."""

from __future__ import annotations

from collections.abc import Iterator

from benchside.protocol.errors import CallerError, PeerError, PeerFault

__all__ = ["FrameReader", "frame"]

_HEAD_BYTES = 4


def frame(data: bytes) -> bytes:
    """Return `data` as a frame; CallerError when it is empty (no message is)."""
    if not data:
        raise CallerError("a frame has at least one byte, this has none")
    return len(data).to_bytes(_HEAD_BYTES, "big") + data


class FrameReader:
    """Cuts a stream of bytes into frames of at most `max_bytes`, however the bytes arrive."""

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield each frame that is whole now; PeerError as soon as a length is out of range."""
        self._held += data
        while len(self._held) >= _HEAD_BYTES:
            length = int.from_bytes(self._held[:_HEAD_BYTES], "big")
            if not 0 < length <= self._max_bytes:
                raise PeerError(PeerFault.TOO_LARGE, f"expected a frame of 1 to {self._max_bytes} bytes, got {length}")
            if len(self._held) < _HEAD_BYTES + length:
                return
            whole = bytes(self._held[_HEAD_BYTES : _HEAD_BYTES + length])
            del self._held[: _HEAD_BYTES + length]
            yield whole
