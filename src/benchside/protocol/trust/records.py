"""Sealing and opening the records of one stream, in order: a channel's (docs/protocol/channels.md) or a link's."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchside.protocol.errors import CallerError, PeerError, PeerFault
from benchside.protocol.trust.bytes import lp, u32, u64
from benchside.protocol.trust.derivation import expand
from benchside.protocol.wire.channel import (
    MAX_RECORD_BYTES,
    RECORD_TAG_BYTES,
    REKEY_AFTER_RECORDS,
    Channel,
    Direction,
)

__all__ = ["RecordOpener", "RecordSealer", "StreamName"]


@dataclass(frozen=True)
class StreamName:
    """Which stream of a session's records: it goes into each record's associated data."""

    request_id: bytes
    channel: Channel
    direction: Direction
    epoch: int

    def prefix(self) -> bytes:
        """The associated data up to the counter."""
        return lp("benchside/1 record", self.request_id, self.channel.value, self.direction.value, u32(self.epoch))


class _Stream:
    """The key and counter of one direction.  `forget` makes it useless at once."""

    def __init__(self, key: bytes, prefix: bytes, *, max_bytes: int = MAX_RECORD_BYTES) -> None:
        """`prefix`: the associated data up to the counter, of this stream alone.  `max_bytes`: of what is sealed."""
        self._key = bytearray(key)
        self._aead: AESGCM | None = AESGCM(key)
        self._prefix = prefix + u32(8)
        self._max_bytes = max_bytes
        self._counter = 0

    def _next(self) -> tuple[AESGCM, bytes, bytes]:
        if self._aead is None:
            raise CallerError("a stream whose keys are forgotten was used")
        if self._counter and self._counter % REKEY_AFTER_RECORDS == 0:
            self._key[:] = expand(bytes(self._key), "benchside/1 rekey", 32)
            self._aead = AESGCM(bytes(self._key))
        counter = u64(self._counter)
        self._counter += 1
        return self._aead, bytes(4) + counter, self._prefix + counter

    def forget(self) -> None:
        """Overwrite and drop the key; nothing can be sealed or opened after."""
        self._aead = None
        self._key[:] = bytes(len(self._key))

    @property
    def is_forgotten(self) -> bool:
        """True once the key is gone."""
        return self._aead is None


class RecordSealer(_Stream):
    """Seals records in order."""

    def seal(self, plain: bytes) -> bytes:
        """Return the record for `plain`, 1 to `max_bytes` bytes."""
        if not 0 < len(plain) <= self._max_bytes:
            raise CallerError(f"a record holds 1 to {self._max_bytes} bytes, this has {len(plain)}")
        aead, nonce, associated = self._next()
        return aead.encrypt(nonce, plain, associated)


class RecordOpener(_Stream):
    """Opens records in order; the first that does not open makes the stream useless."""

    def open(self, record: bytes) -> bytes:
        """Return what was sealed; PeerError for any record that is not exactly the next one."""
        most = self._max_bytes + RECORD_TAG_BYTES
        if not RECORD_TAG_BYTES < len(record) <= most:
            self.forget()
            raise PeerError(PeerFault.TOO_LARGE, f"expected a record of 17 to {most} bytes, got {len(record)}")
        aead, nonce, associated = self._next()
        try:
            return aead.decrypt(nonce, record, associated)
        except InvalidTag as error:
            self.forget()
            raise PeerError(PeerFault.NOT_AUTHENTIC, "expected the next record of this stream, got another") from error
