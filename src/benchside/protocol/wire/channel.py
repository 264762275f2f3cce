"""What opens each encrypted channel after the handshake, and the form of its records.

Every WebSocket through the relay starts with the sender's ticket (binary, to the relay itself).  Once
paired, each side sends one ChannelOpen in the clear: the PC first, naming the epoch and its nonce, then
the console with the same epoch, its nonce and its ticket.  From then on each binary message is one record:

    record = AES-256-GCM ciphertext || 16-byte tag
    nonce  = 4 zero bytes || counter (8 bytes, big endian), from 0 in each epoch and direction
    AAD    = "benchside/1 record" || request id || channel || direction || epoch || counter

The counter is not sent: WebSocket keeps order, so a record that is missing, doubled, moved or cut fails.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from benchside.protocol.wire.codec import Codec, Message
from benchside.protocol.wire.ids import Bytes32, TicketBytes

__all__ = [
    "CHANNEL_OPEN",
    "MAX_FRAME_BYTES",
    "MAX_RECORD_BYTES",
    "RECORD_TAG_BYTES",
    "REKEY_AFTER_RECORDS",
    "Channel",
    "ChannelOpen",
    "Direction",
    "Epoch",
    "Role",
]

MAX_RECORD_BYTES = 320 * 1024
"""Plain bytes in one record: a tile of 65,536 pixels that does not compress, with room for its header."""
RECORD_TAG_BYTES = 16
MAX_FRAME_BYTES = MAX_RECORD_BYTES + RECORD_TAG_BYTES
"""What relay and ends accept as one WebSocket message."""
REKEY_AFTER_RECORDS = 65_536
"""A new key after so many records of one direction: far below GCM's limit of 2^32, often enough to be tested."""


class Channel(StrEnum):
    """One encrypted stream each, with a WebSocket of its own."""

    MAIN = "main"
    VIEW = "view"
    CONTROL = "control"


class Role(StrEnum):
    """The two ends of a channel."""

    CONSOLE = "console"
    PC = "pc"


class Direction(StrEnum):
    """Which way a record goes; each has its own key."""

    TO_PC = "to_pc"
    TO_CONSOLE = "to_console"


Epoch = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]


class ChannelOpen(Message, frozen=True, kw_only=True, tag="open"):
    """Opens one epoch of one channel.  Not authentic by itself: a change in it gives different keys."""

    version: int
    channel: Channel
    epoch: Epoch
    nonce: Bytes32
    ticket: TicketBytes | None = None


CHANNEL_OPEN: Codec[ChannelOpen] = Codec(ChannelOpen, max_bytes=2048, name="channel-open")
