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

        A PC that is silent says nothing of its notifier either, so that is not told of besides.
        """
        async with self._database.read() as rows:
            query = select(Device.id, Device.revoked_utc_ms, Site.silent_after_min).join(Site, Device.site == Site.id)
            devices = list(await rows.execute(query))
            told = set(await rows.scalars(_active(PC_SILENT.subject)))
            quiet = set(await rows.scalars(_active(NOTIFIER_SILENT.subject)))
        for device_id, revoked, after_min in devices:
            is_silent = revoked is None and self._is_silent(device_id, after_min)
            if is_silent is not (device_id in told):
                await self._intake.say(device_id, [pc_silent(is_on=is_silent, after_min=after_min)])
            if device_id in quiet and (is_silent or revoked is not None):
                await self._intake.say(device_id, [notifier_silent(is_on=False)])

    def _is_silent(self, device_id: bytes, after_min: int) -> bool:
        gone = self._presence.gone_since_utc_ms(device_id)
        return after_min > 0 and gone is not None and self._now() - gone >= after_min * 60_000


def _active(subject: str) -> Select[bytes]:
    return select(KeptCondition.device_id).where(
        KeptCondition.source == PC_SILENT.source, KeptCondition.subject == subject, KeptCondition.is_active
    )
