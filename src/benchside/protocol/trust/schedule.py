"""From a finished handshake to the keys of each channel: the key schedule (docs/protocol/handshake.md)."""

from __future__ import annotations

from dataclasses import dataclass

from benchside.protocol.errors import CallerError
from benchside.protocol.trust.bytes import lp, u32
from benchside.protocol.trust.derivation import derive, expand
from benchside.protocol.trust.records import RecordOpener, RecordSealer, StreamName
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.channel import Channel, Direction, Role

__all__ = ["ChannelNonces", "GrantSecret", "SessionKeys"]

_OTHER_WAY = {
    Role.PC: (Direction.TO_CONSOLE, Direction.TO_PC),
    Role.CONSOLE: (Direction.TO_PC, Direction.TO_CONSOLE),
}


@dataclass(frozen=True)
class ChannelNonces:
    """32 fresh bytes from each end."""

    pc: bytes
    console: bytes


class GrantSecret:
    """The consent itself: without these 32 bytes there is no key.  Overwritten by `forget`."""

    def __init__(self, *, capability: Capability | None, grant: bytes, secret: bytes) -> None:
        """`capability` is None for `main`, whose grant is 16 zero bytes."""
        self.capability = capability
        self.grant = grant
        self._secret = bytearray(secret)

    def reveal(self) -> bytes:
        """Return the secret; CallerError when it was forgotten."""
        if not self._secret:
            raise CallerError("a grant's secret was used after it was forgotten")
        return bytes(self._secret)

    def forget(self) -> None:
        """Overwrite and drop the secret."""
        self._secret[:] = bytes(len(self._secret))
        self._secret.clear()


class SessionKeys:
    """What a session keeps of its handshake: the exporter and the secret of `main`."""

    def __init__(self, *, request_id: bytes, role: Role, master: bytes) -> None:
        """`master`: 64 bytes; the caller drops it after this."""
        self.request_id = request_id
        self._role = role
        self._exporter = bytearray(expand(master, "benchside/1 exporter", 64))
        self.main = GrantSecret(capability=None, grant=bytes(16), secret=expand(master, "benchside/1 main", 32))

    def channel(
        self, channel: Channel, grant: GrantSecret, *, epoch: int, nonces: ChannelNonces
    ) -> tuple[RecordSealer, RecordOpener]:
        """Return how this end seals and opens the records of one epoch of one channel."""
        if not self._exporter:
            raise CallerError("session keys were used after they were forgotten")
        seal_way, open_way = _OTHER_WAY[self._role]
        return (
            RecordSealer(
                self._key(channel, grant, seal_way, epoch, nonces),
                StreamName(self.request_id, channel, seal_way, epoch).prefix(),
            ),
            RecordOpener(
                self._key(channel, grant, open_way, epoch, nonces),
                StreamName(self.request_id, channel, open_way, epoch).prefix(),
            ),
        )

    def _key(self, channel: Channel, grant: GrantSecret, way: Direction, epoch: int, nonces: ChannelNonces) -> bytes:
        capability = "main" if grant.capability is None else grant.capability.value
        info = lp(
            "benchside/1 channel",
            self.request_id,
            capability,
            grant.grant,
            channel.value,
            way.value,
            u32(epoch),
            nonces.pc,
            nonces.console,
        )
        return derive(salt=bytes(self._exporter), ikm=grant.reveal(), info=info, length=32)

    def forget(self) -> None:
        """Overwrite and drop everything; no channel can be opened after."""
        self._exporter[:] = bytes(len(self._exporter))
        self._exporter.clear()
        self.main.forget()
