"""What `asyncua` (2.1) leaves unbounded when a server lies, bounded here.  See docs/libraries.md.

1. It takes over the limits that the server acknowledges, zero being none, and puts a message's bytes together without
   an end, so we count what is held and what comes, and hang up.
2. An array of Null has any length in no bytes at all, and is read into a list of that length.
3. It asks again at once after an answer that it cannot read, so small answers are counted as larger ones.
4. Its logs say what the server said, so they are off.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from asyncua.ua import UaError, ua_binary

__all__ = ["MAX_BYTES_S", "MAX_HELD_BYTES", "guard_client", "guard_library"]

MAX_HELD_BYTES = 1024 * 1024
"""Of one message; a full one of 500 events has some 200 kB."""
MAX_BYTES_S = 512 * 1024
"""What a server may send in the long run.  A PC's other programs want to run, too."""
BURST_BYTES = 8 * 1024 * 1024
"""The answer to the first refresh of a large server."""
LEAST_COST_BYTES = 4096
"""What each piece counts at least: small answers to a client that asks again at once are work, too."""
MAX_NULLS = 10_000
"""In one piece of what came: an event has at most some twenty."""


class _CountedNull:
    """Reads nothing, so often and no more."""

    def __init__(self) -> None:
        self.read = 0

    @staticmethod
    def pack(_value: object) -> bytes:
        return b""

    def unpack(self, _data: object) -> None:
        self.read += 1
        if self.read > MAX_NULLS:
            raise UaError("expected values, got an array of nothing")


_nulls = _CountedNull()


def guard_library() -> None:
    """Put the bounds into the library that hold for all of its clients in this process."""
    logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)
    ua_binary.Primitives.Null = _nulls  # type: ignore[assignment]


def guard_client(client: Any, now: Callable[[], float]) -> None:
    """Have `client` hang up on a server that sends too much at once or in the long run."""
    make = client.uaclient._make_protocol

    def make_guarded() -> Any:
        protocol = make()
        take = protocol.data_received
        left, at = float(BURST_BYTES), now()

        def data_received(data: bytes) -> None:
            nonlocal left, at
            moment = now()
            left, at = min(BURST_BYTES, left + (moment - at) * MAX_BYTES_S) - max(len(data), LEAST_COST_BYTES), moment
            parts = protocol._connection._incoming_parts
            held = len(protocol.receive_buffer or b"") + sum(len(part.Body) for part in parts) + len(data)
            if left < 0 or held > MAX_HELD_BYTES:
                protocol.receive_buffer = None
                if protocol.transport is not None:
                    protocol.transport.abort()
                return
            _nulls.read = 0
            take(data)

        protocol.data_received = data_received
        return protocol

    client.uaclient._make_protocol = make_guarded
