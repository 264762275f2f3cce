"""The LADS states that one contact with a server watches, and the looks that find them.

    look ─► let go of what is not there any more, watch what is new ─► wait ─► look …

A server is up before its drivers have found its devices, so it is looked at again and again; what comes late is
watched then, and what is watched already is not asked for twice.  A device or unit that is missing proves little: its
conditions end when each look of some minutes showed all that there is, without it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchside.notifier.adapters.apart import apart
from benchside.notifier.adapters.lads import Devices
from benchside.notifier.adapters.opcua_contact import Contact
from benchside.notifier.adapters.opcua_states import MAX_STATES, Found, StateNode, find_states
from benchside.protocol.wire.condition import Signal

__all__ = ["Watched"]

log = logging.getLogger(__name__)

FIRST_AGAIN_S = 10.0
"""Between the first two looks of a contact, and twice as long each time: a server that starts is not whole at once."""
MAX_AGAIN_S = 300.0
"""A look at a usual server costs 5 ms of a processor, and one with MAX_BROWSES full answers 0.8 s."""
GONE_S = 240.0
"""From the first look without a device to the one that ends its conditions; a driver starts again in less."""
FIND_S = 25.0
ASK_S = 12.0
"""Longer than what is waited for inside, where that ends as it should."""


@dataclass
class _Item:
    """A state that the server was asked to watch."""

    state: StateNode
    server_id: int | None = None
    """None: it has not said that it does."""
    is_heard: bool = False
    has_value: bool = True

    @property
    def is_alive(self) -> bool:
        """Whether it need not be asked for again.

        Each is told at once what it is, so one that was never heard of has no item; one without a value may be of a
        node that was taken away, and put back as another of the same id.
        """
        return self.has_value and (self.server_id is not None or self.is_heard)


class Watched:
    """One contact's; `devices` outlives it.  No more than MAX_STATES are watched at a time, whatever a server shows."""

    def __init__(
        self, server: str, devices: Devices, tell: Callable[[Signal], None], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._server = server
        self._devices = devices
        self._tell = tell
        self._now = now
        self._items: dict[int, _Item] = {}
        self._next = 0
        self._missing: dict[str, float] = {}
        """Devices and units with conditions, and since when each look has shown that they are not there."""

    async def run(self, contact: Contact) -> None:
        """Look until cancelled; ConnectionError when the connection is lost, and nothing else ends it."""
        wait_s = FIRST_AGAIN_S
        while True:
            await self.look(contact)
            await asyncio.sleep(wait_s)
            wait_s = min(MAX_AGAIN_S, 2 * wait_s)

    async def look(self, contact: Contact) -> None:
        """Look once; ConnectionError.  What fails otherwise says nothing of the devices, and the next look may not."""
        try:
            found = await apart(find_states(contact.client, self._server), FIND_S)
            self._end_gone(found)
            await self._let_go(contact, found)
            await self._watch(contact, found)
        except ConnectionError:
            raise
        except Exception as error:
            log.debug("LADS states cannot be followed: %s", type(error).__name__)

    def take(self, number: int, value: object) -> None:
        """Take what a server says of the item that we gave this number."""
        item = self._items.get(number)
        if item is None:
            return
        item.is_heard, item.has_value = True, value is not None
        for signal in self._devices.take(item.state.subject, item.state.kind, getattr(value, "Text", value)):
            self._tell(signal)

    def _end_gone(self, found: Found) -> None:
        if not found.is_all:
            self._missing.clear()
            return
        now = self._now()
        self._missing = {one: self._missing.get(one, now) for one in self._devices.subjects - found.subjects}
        for signal in self._devices.end({one for one, since in self._missing.items() if now - since >= GONE_S}):
            self._tell(signal)

    async def _let_go(self, contact: Contact, found: Found) -> None:
        states = frozenset(found.states)
        places = {(one.subject, one.kind) for one in states}

        def is_over(state: StateNode) -> bool:
            is_elsewhere = (state.subject, state.kind) in places
            return state not in states and (is_elsewhere or (found.is_all and state.subject not in found.subjects))

        over = [number for number, item in self._items.items() if not item.is_alive or is_over(item.state)]
        left = [number for number in self._items if number not in over]
        # what was not seen, and may be there, gives way to what was
        unseen = [number for number in left if self._items[number].state not in states]
        over += unseen[: max(0, len(unseen) + len(states) - MAX_STATES)]
        ids = [one for number in over if (one := self._items.pop(number).server_id) is not None]
        if ids:
            await apart(contact.release_states(ids), ASK_S)

    async def _watch(self, contact: Contact, found: Found) -> None:
        known = {item.state for item in self._items.values()}
        # a number is never given again: a late value of what was let go is nobody else's
        new = dict(enumerate((one for one in dict.fromkeys(found.states) if one not in known), self._next))
        if not new:
            return
        self._next += len(new)
        # first values may come before the answer, or without one
        self._items |= {number: _Item(state) for number, state in new.items()}
        ids = await apart(contact.watch_states({number: state.node for number, state in new.items()}), ASK_S)
        for number in new:
            if number in ids:
                self._items[number].server_id = ids[number]
            else:
                del self._items[number]
