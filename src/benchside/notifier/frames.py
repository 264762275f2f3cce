"""Many messages from one piece of bytes: what a program that pushes a lot is read by."""

from __future__ import annotations

from benchside.protocol.errors import PeerError, PeerFault

__all__ = ["split"]


def split(rest: bytearray, most: int) -> list[bytes]:
    """Take the whole frames (4 bytes of length, big endian, and a message) off the front of `rest`.

    PeerError for a frame that is empty or longer than `most` bytes, as soon as its length is there.
    """
    frames, at = [], 0
    while len(rest) - at >= 4:
        length = int.from_bytes(rest[at : at + 4], "big")
        if not 0 < length <= most:
            raise PeerError(PeerFault.TOO_LARGE, f"expected a message of at most {most} bytes, got {length}")
        if len(rest) - at - 4 < length:
            break
        frames.append(bytes(rest[at + 4 : at + 4 + length]))
        at += 4 + length
    del rest[:at]
    return frames
