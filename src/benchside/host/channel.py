"""One channel of a session on the host: a connection through the relay, and the records on it."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from benchside.host.agent import AgentSide, HeldTicket
from benchside.protocol.errors import CallerError, PeerError, PeerFault
from benchside.protocol.trust.records import RecordOpener, RecordSealer
from benchside.protocol.trust.schedule import ChannelNonces, GrantSecret, SessionKeys
from benchside.protocol.wire.channel import CHANNEL_OPEN, MAX_FRAME_BYTES, Channel, ChannelOpen
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.relay import RelayWord
from benchside.transport.way_out import DIRECT, WayOut
from benchside.transport.websocket import WebSocketLink, dial

__all__ = ["Opened", "PairedLink", "RelayDialler", "open_epoch"]

OPEN_WITHIN_S = 15.0
"""From paired to the console's ChannelOpen: one round trip and a ticket."""

SEND_BUFFER_BYTES = 128 << 10
"""What the kernel may hold of a grant's channel.  Pictures that wait there would leave although the technician has
paused; what waits in this process does not leave once it is gone."""


@dataclass(frozen=True)
class PairedLink:
    """A connection with the console at its other end, and the ticket that opened it."""

    link: WebSocketLink
    held: HeldTicket


class RelayDialler:
    """Brings a channel to the point where the other end is there."""

    def __init__(self, agent: AgentSide, *, url: str, tls: ssl.SSLContext | None, out: WayOut = DIRECT) -> None:
        self._agent = agent
        self._url = url
        self._tls = tls
        self._out = out

    async def pair(self, channel: Channel, within_s: float | None) -> PairedLink:
        """Return a link once the relay says `paired`; UnavailableError or RefusedError.  May be cancelled.

        `within_s`: how long the other end may take to come; None waits as long as the relay lets us.
        """
        held = await self._agent.ticket(channel, is_patient=within_s is None)
        link = await dial(self._url, tls=self._tls, max_bytes=MAX_FRAME_BYTES, out=self._out)
        try:
            link.send(held.ticket)
            async with asyncio.timeout(within_s):
                await _until_paired(link)
        except BaseException:
            link.abort()
            raise
        return PairedLink(link, held)


async def _until_paired(link: WebSocketLink) -> None:
    while True:
        word = await link.receive()
        if word == RelayWord.PAIRED.value:
            return
        if word != RelayWord.WAITING.value:
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected the relay to say waiting or paired, got another message")


class Opened:
    """An open epoch of a channel: seals what is sent, opens what comes.  `forget` ends both at once."""

    def __init__(
        self, channel: Channel, link: WebSocketLink, sealer: RecordSealer, opener: RecordOpener, epoch: int
    ) -> None:
        self.channel = channel
        self.link = link
        self.epoch = epoch
        self._sealer = sealer
        self._opener = opener

    def send(self, plain: bytes) -> None:
        """Seal and send; nothing happens once the keys are forgotten."""
        if not self._sealer.is_forgotten:
            self.link.send(self._sealer.seal(plain))

    def seal(self, plain: bytes) -> bytes:
        """Return the record without sending it: a farewell is sealed before the keys go, and sent after."""
        return self._sealer.seal(plain)

    @property
    def is_forgotten(self) -> bool:
        """True once the keys are gone."""
        return self._sealer.is_forgotten

    def forget(self) -> None:
        """Destroy the keys of both directions."""
        self._sealer.forget()
        self._opener.forget()

    async def serve(self, on_plain: Callable[[bytes], None]) -> None:
        """Hand each record's content to `on_plain` as it comes, until the connection ends (Closed) or a PeerError.

        Records that come after `forget` are dropped unread.
        """

        def take(record: bytes) -> None:
            if not self._opener.is_forgotten:
                on_plain(self._opener.open(record))

        self.link.hand_over(take)
        while True:
            await self.link.receive()  # a relay has nothing more to say in words; its end raises


async def open_epoch(
    paired: PairedLink,
    channel: Channel,
    keys: SessionKeys,
    grant: GrantSecret,
    *,
    epoch: int,
    check_ticket: Callable[[bytes, Channel, int], None],
) -> Opened:
    """Exchange ChannelOpen and return the open channel; PeerError, RefusedError, UnavailableError, TimeoutError.

    `check_ticket(ticket, channel, server_ahead_ms)` raises unless the console's ticket admits it again.
    """
    if epoch < 1:
        raise CallerError("epoch 0 belongs to the handshake")
    link, nonce = paired.link, os.urandom(32)
    if channel is not Channel.MAIN:
        link.reset_on_death(SEND_BUFFER_BYTES)
    link.send(CHANNEL_OPEN.encode(ChannelOpen(version=VERSION, channel=channel, epoch=epoch, nonce=nonce)))
    async with asyncio.timeout(OPEN_WITHIN_S):
        data = await link.receive()
    if isinstance(data, str):
        raise PeerError(PeerFault.MALFORMED, "expected the console's opening, got text")
    reply = CHANNEL_OPEN.decode(data)
    if reply.version != VERSION or reply.channel is not channel or reply.epoch != epoch or reply.ticket is None:
        raise PeerError(
            PeerFault.OUT_OF_ORDER, f"expected an opening of {channel} in epoch {epoch} with a ticket, got another"
        )
    check_ticket(reply.ticket, channel, paired.held.server_ahead_ms)
    nonces = ChannelNonces(pc=nonce, console=reply.nonce)
    sealer, opener = keys.channel(channel, grant, epoch=epoch, nonces=nonces)
    return Opened(channel, link, sealer, opener, epoch)
