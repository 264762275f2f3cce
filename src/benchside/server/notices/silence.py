"""The silence of a PC is a condition: it is not connected for longer than its site lets it be."""

from __future__ import annotations

from sqlalchemy import Select, select

from benchside.server.clock import NowUtcMs
from benchside.server.enrolment.model import Device, Site
from benchside.server.notices.intake import Intake
from benchside.server.notices.model import KeptCondition
from benchside.server.notices.own import NOTIFIER_SILENT, PC_SILENT, notifier_silent, pc_silent
from benchside.server.presence.watch import Presence
from benchside.server.store.database import Database

__all__ = ["Silence"]


class Silence:
    """The worker calls it every few seconds."""

    def __init__(self, database: Database, presence: Presence, intake: Intake, now: NowUtcMs) -> None:
        self._database = database
        self._presence = presence
        self._intake = intake
        self._now = now

    async def look(self) -> None:
        """Say which PCs are silent now, and which are no longer.

        A PC that is silent says nothing of its notifier either, so that is not told of besides.  What is told ends
        when the PC is back, is revoked, or its site does not want to know: not because a server that has just started
        has not waited for as long yet.
        """
        async with self._database.read() as rows:
            query = select(Device.id, Device.revoked_utc_ms, Site.silent_after_min).join(Site, Device.site == Site.id)
            devices = list(await rows.execute(query))
            told = set(await rows.scalars(_active(PC_SILENT.subject)))
            quiet = set(await rows.scalars(_active(NOTIFIER_SILENT.subject)))
        for device_id, revoked, after_min in devices:
            is_watched = revoked is None and after_min > 0
            away_ms = self._away_ms(device_id) if is_watched else None
            # 0 for one that was told of: its minutes began before this process did
            is_silent = away_ms is not None and away_ms >= (0 if device_id in told else after_min * 60_000)
            if is_silent is not (device_id in told):
                await self._intake.say(device_id, [pc_silent(is_on=is_silent, after_min=after_min)])
            if device_id in quiet and (is_silent or revoked is not None):
                await self._intake.say(device_id, [notifier_silent(is_on=False)])

    def _away_ms(self, device_id: bytes) -> int | None:
        gone = self._presence.gone_since_utc_ms(device_id)
        return None if gone is None else self._now() - gone


def _active(subject: str) -> Select[bytes]:
    return select(KeptCondition.device_id).where(
        KeptCondition.source == PC_SILENT.source, KeptCondition.subject == subject, KeptCondition.is_active
    )
