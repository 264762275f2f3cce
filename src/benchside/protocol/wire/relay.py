"""What a relay says in the clear: text messages of one word, and the codes with which it closes.

The first message on a connection is the bearer's ticket (binary).  The relay then says `waiting`, and
`paired` once the other end of the same channel and session is there; after that binary messages pass.
None of it is authentic to the ends.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

__all__ = ["TICKET_WITHIN_S", "RelayClose", "RelayWord"]

TICKET_WITHIN_S = 5.0
"""A connection without a ticket holds a slot of the relay: a slow mobile line needs two round trips, not more."""


class RelayWord(StrEnum):
    """Text messages from the relay."""

    WAITING = "waiting"
    PAIRED = "paired"


class RelayClose(IntEnum):
    """WebSocket close codes of our own range (RFC 6455 section 7.4.2)."""

    MALFORMED = 4400
    TICKET_REFUSED = 4401
    TICKET_USED = 4403
    NO_TICKET = 4408
    REPLACED = 4409
    PEER_LEFT = 4410
    TOO_LARGE = 4413
    TOO_MANY = 4429
    GOING_AWAY = 4503
