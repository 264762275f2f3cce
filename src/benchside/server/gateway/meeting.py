"""The first words with an agent: which device it is, whether there are two of it, and where its chain stands."""

from __future__ import annotations

import asyncio
import itertools
import os
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust.device import LinkNonces, LinkState
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.link import (
    OPENING,
    AreYouThere,
    DeviceHeld,
    HereIAm,
    LinkChallenge,
    LinkHello,
    LinkRefused,
)
from benchside.server.audit.kind import ServerKind
from benchside.server.clock import NowUtcMs
from benchside.server.gateway.links import Links
from benchside.server.gateway.note import Notes
from benchside.server.gateway.sealed import SealedLink
from benchside.server.identity.chain import Hold
from benchside.server.identity.keeper import DeviceKeeper
from benchside.transport.serve import Served

__all__ = ["Meeting", "Met"]

HELLO_WITHIN_S = 10.0
"""One round trip on a slow line; nothing is known of the peer until then."""
THERE_WITHIN_S = 1.5
"""An older connection whose PC is alive answers in a round trip; one that died costs its own PC this much."""


@dataclass(frozen=True)
class Met:
    """An agent that proved a key of its device.  `offer`: the next state of its chain; None: it is held."""

    device_id: bytes
    key: bytes = field(repr=False)
    nonces: LinkNonces
    link: SealedLink = field(repr=False)
    offer: LinkState | None
    replaced: SealedLink | None
    """The link that spoke for the device before; nobody answers on it, or a person has decided against it."""


class Meeting:
    """Meets each connection; one at a time of each device, for what it decides depends on the one before."""

    def __init__(self, keeper: DeviceKeeper, links: Links, notes: Notes, now: NowUtcMs) -> None:
        self._keeper = keeper
        self._links = links
        self._notes = notes
        self._now = now
        self._numbers = itertools.count(1)
        self._newest: dict[bytes, int] = {}
        self._turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        self._asked: dict[SealedLink, tuple[bytes, asyncio.Future[None]]] = {}

    async def meet(self, served: Served) -> Met | None:
        """Run the first words up to the hello; None when the connection is refused, and was told."""
        number, nonce = next(self._numbers), os.urandom(32)
        served.send(OPENING.encode(LinkChallenge(version=VERSION, nonce=nonce)))
        hello = OPENING.decode(await served.receive(HELLO_WITHIN_S))
        if not isinstance(hello, LinkHello):
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected a hello, got another message")
        if hello.version != VERSION:
            served.send(OPENING.encode(LinkRefused(reason="wrong_version")))
            return None
        nonces = LinkNonces(hello.device_id, agent=hello.nonce, gateway=nonce)
        if await self._keeper.who(hello, nonces) is None:
            await self._refuse(served, hello.device_id)
            return None
        turn = self._turns.setdefault(hello.device_id, asyncio.Lock())
        async with turn:
            return await self._judge(served, hello, nonces, number)

    def answered(self, link: SealedLink, message: HereIAm) -> None:
        """The PC at the other end of an older link is alive; PeerError when nobody asked it that."""
        nonce, answer = self._asked.get(link, (b"", None))
        if answer is None or message.nonce != nonce:
            raise PeerError(PeerFault.OUT_OF_ORDER, "expected an answer to what was asked, got another")
        if not answer.done():
            answer.set_result(None)

    async def _judge(self, served: Served, hello: LinkHello, nonces: LinkNonces, number: int) -> Met | None:
        device_id = hello.device_id
        if number < self._newest.get(device_id, 0):
            # its PC has been welcomed since and gone on: what is late here says nothing about its state
            served.close(4409)
            return None
        proved = await self._keeper.who(hello, nonces)  # again: its turn has come, and the key may have changed
        if proved is None:
            await self._refuse(served, device_id)
            return None
        if proved.is_old and hello.has_next:
            # in the middle of a change whose end it has not heard, so no disk from before: it tries its next key
            await self._notes.note(device_id, ServerKind.DEVICE_REFUSED, PeerFault.WRONG_KEY)
            served.send(OPENING.encode(LinkRefused(reason="old_key")))
            return None
        decisions = await self._keeper.decisions_of(device_id)  # first: one that is made meanwhile counts as made since
        before = self._links.of_device(device_id)
        # whoever would not be welcome anyway must not have the one that is there held, nor that one, if a person has
        # decided since it came, the one that they chose
        would_welcome = await self._keeper.would_welcome(hello, nonces, proved)
        may_ask = before is not None and before.decisions == decisions and would_welcome
        if before is not None and may_ask and await self._is_there(before):
            await self._keeper.hold(device_id, Hold.COPIED, None, decisions)
        judged = await self._keeper.welcome(hello, nonces, proved)
        link = SealedLink(served, proved.key, nonces, judged.decisions)
        if proved.is_old:
            await self._notes.note(device_id, ServerKind.DEVICE_REFUSED, PeerFault.WRONG_KEY)
            link.send(DeviceHeld(reason="old_key"))
            return None
        replaced = None
        if judged.offer is not None:
            # a number of its own: any challenge that was made before this welcome is late, in whatever order they came
            self._newest[device_id] = next(self._numbers)
            replaced = self._links.take_over(device_id, link)
        return Met(device_id, proved.key, nonces, link, judged.offer, replaced)

    async def _is_there(self, before: SealedLink) -> bool:
        """Whether somebody answers on the older link now: then it was not its own PC that came again."""
        nonce = os.urandom(16)
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked[before] = nonce, answer
        before.send(AreYouThere(nonce=nonce))
        gone = asyncio.create_task(before.finished(), name="older link over")
        try:
            await asyncio.wait((answer, gone), timeout=THERE_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
            return answer.done()
        finally:
            gone.cancel()
            del self._asked[before]

    async def _refuse(self, served: Served, device_id: bytes) -> None:
        if await self._keeper.is_device(device_id):
            await self._notes.note(device_id, ServerKind.DEVICE_REFUSED, PeerFault.NOT_AUTHENTIC)
        served.send(OPENING.encode(LinkRefused(reason="not_authentic")))
