"""One agent's connection after its hello: whatever goes over it is a record."""

from __future__ import annotations

from benchside.protocol.trust.device import LinkNonces
from benchside.protocol.trust.link import LinkEnd, link_records
from benchside.protocol.wire.link import LINK, OPENING, HelloTaken, LinkMessage
from benchside.transport.serve import Served

__all__ = ["SealedLink"]


class SealedLink:
    """Says and hears messages of one link, in order and under the key that its hello proved."""

    def __init__(self, served: Served, key: bytes, nonces: LinkNonces, decisions: int) -> None:
        """Tell the agent that its hello is taken; no plain message follows.

        `decisions`: how often a person had decided about the device when the hello was judged.
        """
        self.decisions = decisions
        self._served = served
        self._sealer, self._opener = link_records(key, nonces, own=LinkEnd.GATEWAY)
        served.send(OPENING.encode(HelloTaken()))

    @property
    def is_closed(self) -> bool:
        """Whether nothing goes over it any more."""
        return self._served.is_closed

    def send(self, message: LinkMessage) -> None:
        """Queue a message, as `Served.send`."""
        self._served.send(self._sealer.seal(LINK.encode(message)))

    async def receive(self, timeout_s: float) -> LinkMessage:
        """Return the next message, as `Served.receive`; PeerError also for a record that is not the agent's next."""
        return LINK.decode(self._opener.open(await self._served.receive(timeout_s)))

    def close(self, code: int) -> None:
        """Say goodbye with `code` and end the connection."""
        self._served.close(code)

    async def finished(self) -> None:
        """Wait until the connection's owner is done."""
        await self._served.finished()
