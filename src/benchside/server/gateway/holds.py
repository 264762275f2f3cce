"""Links of held devices stay up, so that the PC is seen and told, and serve nothing; those of revoked ones end."""

from __future__ import annotations

import logging
from weakref import WeakSet

from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.link import DeviceHeld, LinkPing, LinkPong, RequestCancelled, RotateKey
from benchside.server.broker.queue import Broker
from benchside.server.gateway.links import Links
from benchside.server.gateway.sealed import SealedLink
from benchside.server.identity.keeper import DeviceKeeper
from benchside.server.presence.watch import Presence

__all__ = ["Holds"]

logger = logging.getLogger(__name__)

MAX_OF_ONE_DEVICE = 4
"""A PC and some copies of it; whoever comes beyond takes the place of the one that has waited longest."""
CUT_BECAUSE = "device_held"
REVOKED = "device_revoked"


class Holds:
    """Follows what is decided of devices, here or by an operator in another process."""

    def __init__(self, keeper: DeviceKeeper, links: Links, broker: Broker, presence: Presence) -> None:
        self._keeper = keeper
        self._links = links
        self._broker = broker
        self._presence = presence
        self._waiting: dict[bytes, dict[SealedLink, None]] = {}
        """Of each device those that wait, in the order in which they came."""
        self._asked: WeakSet[SealedLink] = WeakSet()
        self._ended: set[bytes] = set()

    async def begin(self, device_id: bytes) -> None:
        """End whatever is open of a device that is held from now on, and tell the PC that spoke for it."""
        live = self._links.of_device(device_id)
        if live is not None:
            live.send(DeviceHeld(reason=CUT_BECAUSE))
            live.close(4411)
        await self._broker.cut_device(device_id, CUT_BECAUSE)
        logger.warning("device held", extra={"device": device_id.hex()})

    async def overrule(self, device_id: bytes, link: SealedLink) -> None:
        """A person has decided since this link was welcomed: end it and whatever it has open; if its PC was chosen
        all the same, it comes again.
        """
        link.close(4410)
        await self._broker.cut_device(device_id, CUT_BECAUSE)
        logger.warning("link of a device overruled by a decision", extra={"device": device_id.hex()})

    async def serve(self, link: SealedLink, device_id: bytes, *, ping_after_s: float, lost_after_s: float) -> None:
        """Keep a connection of a held device until it ends or a person has decided."""
        # INVARIANT: nothing is awaited between looking at the list and being in it, nor at the end between being gone
        # from it and dropping an empty one: a link in a list that was dropped is never told
        waiting = self._waiting.setdefault(device_id, {})
        waiting[link] = None
        while len(waiting) > MAX_OF_ONE_DEVICE:
            (oldest := next(iter(waiting))).close(4429)
            del waiting[oldest]
        try:
            await self._presence.came(device_id)
            await self._listen(link, device_id, ping_after_s, lost_after_s)
        except UnavailableError:
            logger.debug("link of a held device over", extra={"device": device_id.hex()})
        finally:
            waiting.pop(link, None)
            if not waiting:
                if self._waiting.get(device_id) is waiting:
                    del self._waiting[device_id]
                if device_id not in self._waiting and self._links.of_device(device_id) is None:
                    await self._presence.left(device_id)

    def has(self, device_id: bytes) -> bool:
        """Whether a link of this device, which is held, waits: the device is connected then, too."""
        return device_id in self._waiting

    def key_changed(self, link: SealedLink) -> None:
        """The key was changed on this link: when it is wanted once more, it is asked for once more."""
        self._asked.discard(link)

    async def follow(self) -> None:
        """Look at what is wanted of devices: end, hold, let come again, change a key.  Called each second."""
        for device_id in await self._keeper.revoked():
            await self._end(device_id)
        for one in await self._keeper.attention():
            for link in self._waiting.get(one.device_id, ()):
                if one.is_settled or link.decisions < one.decisions:
                    link.close(4410)
            live = self._links.of_device(one.device_id)
            if live is None or live.decisions > one.decisions:  # it came after this was read
                continue
            if live.decisions < one.decisions:
                await self.overrule(one.device_id, live)
            elif one.is_held:
                await self.begin(one.device_id)
            elif one.is_rotation_wanted and live not in self._asked:
                self._asked.add(live)
                live.send(RotateKey())

    async def _end(self, device_id: bytes) -> None:
        """End all of a device that is revoked; once, and again if a hello that was judged before brought it back."""
        live = self._links.of_device(device_id)
        connections = [*self._waiting.get(device_id, ()), *([live] if live is not None else ())]
        if not connections and device_id in self._ended:
            return
        for request_id in await self._broker.open_of_device(device_id):
            if live is not None:
                live.send(RequestCancelled(request_id=request_id, reason=REVOKED))
        for link in connections:
            link.close(4403)
        await self._broker.cut_device(device_id, REVOKED)
        self._ended.add(device_id)

    async def _listen(self, link: SealedLink, device_id: bytes, ping_after_s: float, lost_after_s: float) -> None:
        while True:
            try:
                message = await link.receive(ping_after_s)
            except UnavailableError:
                if link.is_closed or not await self._keeper.is_device(device_id):
                    raise
                link.send(LinkPing())
                message = await link.receive(lost_after_s - ping_after_s)
            if isinstance(message, LinkPing):
                link.send(LinkPong())
            # whatever else it says has no effect: which of several PCs says it is not known
