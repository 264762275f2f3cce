"""What is old is forgotten: changes, cursors, and faults of journals that did not come again."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, func, select

from benchside.server.clock import NowUtcMs
from benchside.server.notices.facts import OWN_JOURNAL, OwnCondition
from benchside.server.notices.intake import Intake
from benchside.server.notices.model import KeptChange, KeptCondition, NoticeCursor
from benchside.server.notices.own import JOURNAL_FAULTS
from benchside.server.store.database import Database

__all__ = ["KEEP_MS", "Retention"]

KEEP_MS = 180 * 24 * 3600_000
"""Half a year tells whether a fault comes back with the season; the PC itself keeps days."""
KEEP_CURSOR_MS = 400 * 24 * 3600_000
"""Longer than any change, so that none that was forgotten comes back as new."""
MAX_CHANGES = 20_000
"""Of one PC: a hundred a day for half a year; a PC gone wild pushes out its own, and nobody else's."""
FAULT_MS = 7 * 24 * 3600_000
"""A week in which a person can see it; the timeline has it longer."""
OVER_MS = 30 * 24 * 3600_000
"""What is over and nobody acknowledged is shown for a month; the timeline has it longer."""
DELETED_AT_ONCE = 5_000
"""Rows in one transaction: others wait for a tenth of a second at most."""


class Retention:
    """The worker calls it each hour."""

    def __init__(self, database: Database, intake: Intake, now: NowUtcMs) -> None:
        self._database = database
        self._intake = intake
        self._now = now

    async def forget_old(self) -> None:
        """Delete what is beyond its time or number."""
        await self._delete_changes(KeptChange.kept_utc_ms < self._now() - KEEP_MS)
        async with self._database.read() as rows:
            counted = select(KeptChange.device_id).group_by(KeptChange.device_id).having(func.count() > MAX_CHANGES)
            crowded = list(await rows.scalars(counted))
        for device_id in crowded:
            await self._thin_out(device_id)
        async with self._database.write() as rows:
            await rows.execute(delete(NoticeCursor).where(NoticeCursor.seen_utc_ms < self._now() - KEEP_CURSOR_MS))
            await rows.execute(
                delete(KeptCondition).where(
                    ~KeptCondition.is_shown,
                    ~KeptCondition.is_active,
                    KeptCondition.shelved_until_utc_ms < self._now(),
                )
            )
            await rows.execute(
                delete(KeptCondition).where(
                    ~KeptCondition.is_active, KeptCondition.is_shown, KeptCondition.kept_utc_ms < self._now() - OVER_MS
                )
            )
        await self._end_faults()

    async def _thin_out(self, device_id: bytes) -> None:
        async with self._database.read() as rows:
            newest = select(KeptChange.number).where(KeptChange.device_id == device_id)
            oldest_kept = await rows.scalar(newest.order_by(KeptChange.number.desc()).offset(MAX_CHANGES - 1).limit(1))
        if oldest_kept is not None:
            await self._delete_changes(KeptChange.device_id == device_id, KeptChange.number < oldest_kept)

    async def _delete_changes(self, *which: ColumnElement[bool]) -> None:
        while True:
            async with self._database.write() as rows:
                some = select(KeptChange.number).where(*which).limit(DELETED_AT_ONCE)
                numbers = list(await rows.scalars(some))
                await rows.execute(delete(KeptChange).where(KeptChange.number.in_(numbers)))
            if len(numbers) < DELETED_AT_ONCE:
                return

    async def _end_faults(self) -> None:
        async with self._database.read() as rows:
            found = await rows.execute(
                select(KeptCondition.device_id, KeptCondition.subject, KeptCondition.code).where(
                    KeptCondition.journal == OWN_JOURNAL,
                    KeptCondition.is_active,
                    KeptCondition.source == "server.notices",
                    KeptCondition.kept_utc_ms < self._now() - FAULT_MS,
                )
            )
            old = [(device_id, JOURNAL_FAULTS[subject, code]) for device_id, subject, code in found]
        for device_id, key in old:
            await self._intake.say(device_id, [OwnCondition(key, is_on=False)])
