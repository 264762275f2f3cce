"""Many messages from one piece of bytes: what a program that pushes a lot is read by."""

from __future__ import annotations

from collections.abc import Iterator

from benchside.protocol.errors import PeerError, PeerFault

__all__ = ["split"]


def split(rest: bytearray, most: int) -> Iterator[bytes]:
    """Take the whole frames (4 bytes of length, big endian, and a message) off the front of `rest`, one by one.

    PeerError for a frame that is empty or longer than `most` bytes, as soon as its length is there.
    """
    at = 0
    try:
        while len(rest) - at >= 4:
            length = int.from_bytes(rest[at : at + 4], "big")
            if not 0 < length <= most:
                raise PeerError(PeerFault.TOO_LARGE, f"expected a message of at most {most} bytes, got {length}")
            if len(rest) - at - 4 < length:
                return
            frame = bytes(rest[at + 4 : at + 4 + length])
            at += 4 + length
            yield frame
    finally:
        del rest[:at]
