"""What PCs say of advisories in their journals: that one has arrived, and that somebody has acknowledged it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.wire.condition import ChangeKind, ConditionChange
from benchside.server.notices.advisory_model import Advisory, AdvisoryAnswer, AdvisoryReached

__all__ = ["AdvisoryAnswers"]

VENDOR = ("vendor", "advisory")
"""Source and code of an advisory's condition; its subject is the advisory's id (notifier/carrier.py)."""


@dataclass
class AdvisoryAnswers:
    """Made for one transaction and thrown away."""

    _arrived: set[tuple[bytes, bytes]] = field(default_factory=set)
    """Advisory and device."""
    _acknowledged: dict[tuple[bytes, bytes], str | None] = field(default_factory=dict)
    """By whom."""

    def look_at(self, device_id: bytes, change: ConditionChange) -> None:
        """Remember what a change says of an advisory, if it does."""
        key = change.key
        if key is None or (key.source, key.code) != VENDOR:
            return
        with contextlib.suppress(ValueError):
            which = (bytes.fromhex(key.subject), device_id)
            self._arrived.add(which)
            if change.kind is ChangeKind.ACKNOWLEDGED:
                self._acknowledged.setdefault(which, change.by)

    async def write(self, rows: AsyncSession, now_utc_ms: int) -> None:
        """Write it down, each the first time; a PC that speaks of an advisory that nobody made is passed over."""
        if not self._arrived:
            return
        ids, devices = {one for one, _ in self._arrived}, {one for _, one in self._arrived}
        known = set(await rows.scalars(select(Advisory.id).where(Advisory.id.in_(ids))))
        for table, said in ((AdvisoryReached, self._arrived), (AdvisoryAnswer, self._acknowledged.keys())):
            query = select(table.advisory_id, table.device_id)
            query = query.where(table.advisory_id.in_(ids), table.device_id.in_(devices))
            had = {(row[0], row[1]) for row in await rows.execute(query)}
            for id_, device_id in said - had:
                if id_ not in known:
                    continue
                if table is AdvisoryReached:
                    rows.add(AdvisoryReached(advisory_id=id_, device_id=device_id, reached_utc_ms=now_utc_ms))
                else:
                    by = self._acknowledged[id_, device_id]
                    rows.add(
                        AdvisoryAnswer(advisory_id=id_, device_id=device_id, acknowledged_utc_ms=now_utc_ms, by=by)
                    )
