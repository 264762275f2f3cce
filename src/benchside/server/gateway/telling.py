"""What a link carries for the notifier: its journal in, the vendor's advisories out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from benchside.protocol.wire.carrier import NoticesAsked, NoticesKept, NoticesReported, WatchTold, unpack_batch
from benchside.protocol.wire.link import LinkMessage
from benchside.server.notices.advisories import Advisories
from benchside.server.notices.intake import Intake
from benchside.server.notices.own import notifier_silent
from benchside.server.notices.pace import WATCH_BURST, WATCH_REFILL_S, Pace

__all__ = ["Telling"]


class Telling:
    """The gateway hands it what is meant for it."""

    def __init__(self, intake: Intake, advisories: Advisories) -> None:
        self._intake = intake
        self._advisories = advisories
        self._watch_pace = Pace(WATCH_BURST, WATCH_REFILL_S)

    async def answer(
        self, device_id: bytes, message: NoticesAsked | NoticesReported | WatchTold
    ) -> Sequence[LinkMessage]:
        """Do what `message` wants; PeerError for a batch that is none."""
        match message:
            case NoticesAsked():
                place = await self._intake.place_of(device_id, message.journal)
                kept = NoticesKept(journal=message.journal, sequence=place.sequence, head=place.head)
                # a notifier has just come: what its PC was told at link-up, before it was there, is lost
                return (kept, *await self.advisories(device_id))
            case NoticesReported():
                batch = unpack_batch(message.batch)
                sequence = await self._intake.keep(device_id, batch)
                return (NoticesKept(journal=batch.journal, sequence=sequence),)
            case WatchTold():
                # each that is news is a transaction and a line in the PC's timeline
                if wait_s := self._watch_pace.wait_s(device_id, 1, time.monotonic()):
                    await asyncio.sleep(wait_s)
                await self._intake.say(device_id, [notifier_silent(is_on=not message.is_well)])
                return ()

    async def advisories(self, device_id: bytes) -> Sequence[LinkMessage]:
        """What the vendor wants the person at this PC to read, as long as it holds."""
        return await self._advisories.offers(device_id)
