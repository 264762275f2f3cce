"""Lets queue and ticket office follow each PC's journal to the end, whatever stops the server on the way.

The journal is kept in the session plane and what follows from it is written in the cloud plane: there is a moment
between in which the server can die.  A mark of each PC says how far both have followed; what is kept beyond it is
followed the next time that the PC reports or comes.
"""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

from benchside.protocol.wire.audit import EventKind
from benchside.server.audit.ledger import Ledger
from benchside.server.broker.queue import Broker
from benchside.server.gateway.model import JournalNoted
from benchside.server.store.database import Database
from benchside.server.tickets.office import TicketOffice

__all__ = ["Following"]

FOLLOWED = (EventKind.CODE_WRONG, EventKind.CODE_ACCEPTED, EventKind.ASSOCIATE_REFUSED, EventKind.SESSION_ENDED)
"""Entries that the queue or the office does something at; all others are only kept."""


class Following:
    """One at a time of each PC."""

    def __init__(self, database: Database, ledger: Ledger, broker: Broker, office: TicketOffice) -> None:
        self._database = database
        self._ledger = ledger
        self._broker = broker
        self._office = office
        self._turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    async def begin(self, device_id: bytes) -> None:
        """Called before entries are kept: a PC without a mark has one from here on.

        What was kept before there were marks counts as followed.  So does what a restored session plane has lost: its
        numbers come again, and say something else.
        """
        async with self._database.read() as rows:
            mark = await rows.get(JournalNoted, device_id)
        kept, _ = await self._ledger.journal_head(device_id)
        if mark is None or mark.sequence > kept:
            await self._mark(device_id, kept)

    async def catch_up(self, device_id: bytes) -> None:
        """Follow what is kept and was not followed.

        After each entry that is followed the mark is moved: who dies in between follows one entry twice, which ends a
        session that is over, or doubles one delay once more, which is never longer than a minute.
        """
        turn = self._turns.setdefault(device_id, asyncio.Lock())
        async with turn:
            await self.begin(device_id)
            async with self._database.read() as rows:
                done = (await rows.get_one(JournalNoted, device_id)).sequence
            kept, _ = await self._ledger.journal_head(device_id)
            for event in await self._ledger.journal_after(device_id, done, FOLLOWED) if kept > done else ():
                await self._office.note_journal([event])
                await self._broker.note_journal(device_id, [event])
                await self._mark(device_id, done := event.sequence)
            if kept > done:
                await self._mark(device_id, kept)

    async def _mark(self, device_id: bytes, sequence: int) -> None:
        async with self._database.write() as rows:
            await rows.merge(JournalNoted(device_id=device_id, sequence=sequence))
