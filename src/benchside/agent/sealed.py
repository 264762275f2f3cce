"""The agent's connection after its hello: whatever goes over it is a record."""

from __future__ import annotations

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust.device import LinkNonces
from benchside.protocol.trust.link import LinkEnd, link_records
from benchside.protocol.wire.link import LINK, LinkMessage
from benchside.transport.websocket import WebSocketLink

__all__ = ["SealedLink"]


class SealedLink:
    """Says and hears messages of one link, in order and under the key that its hello proved."""

    def __init__(self, socket: WebSocketLink, key: bytes, nonces: LinkNonces) -> None:
        """Whether the server has that key, too, shows at the first message that is received."""
        self._socket = socket
        self._sealer, self._opener = link_records(key, nonces, own=LinkEnd.AGENT)

    def send(self, message: LinkMessage) -> None:
        """Send now; nothing happens once it has ended."""
        self._socket.send(self._sealer.seal(LINK.encode(message)))

    async def receive(self) -> LinkMessage:
        """Return the next message, as `WebSocketLink.receive`; PeerError also for what is not the server's next record.

        May be cancelled; no message is lost by it.
        """
        data = await self._socket.receive()
        if isinstance(data, str):
            raise PeerError(PeerFault.MALFORMED, "expected a record, got text")
        return LINK.decode(self._opener.open(data))

    def abort(self) -> None:
        """End the connection at once."""
        self._socket.abort()
