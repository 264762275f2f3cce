"""What is said when a PC measures its line to the session plane: chunks, how much was taken, and whose turn it is.

The PC sends first, then the server.  Whoever sends keeps at most `WINDOW_BYTES` beyond what the other has said it took,
so that no buffer on the way hides how slow the line is.  Nothing in it is secret, and nothing is authentic.
"""

from __future__ import annotations

import struct

from benchside.protocol.errors import PeerError, PeerFault

__all__ = [
    "CHUNK",
    "MAX_CHUNK_BYTES",
    "MEASURE_PATH",
    "TURN",
    "WINDOW_BYTES",
    "is_chunk",
    "read_taken",
    "say_taken",
]

MEASURE_PATH = "/v1/measure"
MAX_CHUNK_BYTES = 16 * 1024
"""A record of TLS; at 2 Mbit/s it takes 65 ms, which is fine enough."""
WINDOW_BYTES = 256 * 1024
"""Enough for 12 Mbit/s over 170 ms of round trip; at 2 Mbit/s it is a second's worth."""

CHUNK = b"\x01"
"""First byte of a chunk; what follows means nothing."""
TURN = b"\x03"
"""The other one sends now; from the server: it is done."""
_TAKEN = b"\x02"
_TOTAL = struct.Struct(">I")


def is_chunk(message: bytes) -> bool:
    """Whether this is a chunk of a size that may be."""
    return message[:1] == CHUNK and len(message) <= MAX_CHUNK_BYTES


def say_taken(total_bytes: int) -> bytes:
    """How many bytes of chunks have come so far."""
    return _TAKEN + _TOTAL.pack(total_bytes)


def read_taken(message: bytes) -> int:
    """The same, read; PeerError when it is something else."""
    if message[:1] != _TAKEN or len(message) != 1 + _TOTAL.size:
        raise PeerError(PeerFault.MALFORMED, "expected how many bytes were taken, got another message")
    total: int = _TOTAL.unpack(message[1:])[0]
    return total
