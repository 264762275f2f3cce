"""One strict way from bytes to a message family and back.

Messages are MessagePack maps with the tag in "t" (or arrays where a family is sent many times a
second).  Unknown tags, unknown fields, trailing bytes and values over a limit are all refused: the
protocol evolves by its version number, never by guessing (docs/protocol/README.md).
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from benchside.protocol.errors import CallerError, PeerError, PeerFault

__all__ = ["VERSION", "Codec", "Compact", "Message"]

VERSION = 1
"""The protocol's version.  Both ends say it and accept no other: there is nothing to negotiate down to."""

M = TypeVar("M")


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="t", forbid_unknown_fields=True):
    """A message that is a map with named fields."""


class Compact(msgspec.Struct, frozen=True, tag_field="t", array_like=True, forbid_unknown_fields=True):
    """A message that is an array with its tag first: for what is sent many times a second."""


class Codec(Generic[M]):
    """Encodes and decodes one family of messages, within `max_bytes` a message."""

    def __init__(self, family: object, *, max_bytes: int, name: str) -> None:
        """`family`: a union of message types; `name`: what the log calls it."""
        self._decoder: msgspec.msgpack.Decoder[M] = msgspec.msgpack.Decoder(family, strict=True)
        self._encoder = msgspec.msgpack.Encoder()
        self.max_bytes = max_bytes
        self.name = name

    def encode(self, message: M) -> bytes:
        """Return the bytes of `message`; CallerError when it is larger than the other side accepts."""
        data = self._encoder.encode(message)
        if len(data) > self.max_bytes:
            raise CallerError(f"a {self.name} message has at most {self.max_bytes} bytes, this has {len(data)}")
        return data

    def decode(self, data: bytes | bytearray | memoryview) -> M:
        """Return the message in `data`; PeerError when it is not exactly one valid message."""
        if len(data) > self.max_bytes:
            raise PeerError(
                PeerFault.TOO_LARGE,
                f"expected a {self.name} message of at most {self.max_bytes} bytes, got {len(data)}",
            )
        try:
            return self._decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, OverflowError, RecursionError) as error:
            # msgspec's text names types and paths, never values, so it may go into a log
            raise PeerError(
                PeerFault.MALFORMED, f"expected a {self.name} message, got one that breaks its form: {error}"
            ) from error
