"""Which devices are connected now, and the history of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from benchside.server.clock import NowUtcMs
from benchside.server.presence.model import OnlineSpan
from benchside.server.store.database import Database

__all__ = ["History", "Presence"]

KEEP_HISTORY_MS = 365 * 24 * 3600_000
"""A year of presence history answers questions about service levels; older is not needed for anything."""


@dataclass(frozen=True)
class History:
    """How many stretches of time online are kept, and from when to when."""

    count: int
    first_utc_ms: int | None
    last_utc_ms: int | None


class Presence:
    """The present in memory, the history on the session plane."""

    def __init__(self, database: Database, now: NowUtcMs) -> None:
        self._database = database
        self._now = now
        self._online: dict[bytes, int] = {}
        self._gone: dict[bytes, int] = {}
        self._started_utc_ms = now()

    def is_online(self, device_id: bytes) -> bool:
        """Whether the device is connected."""
        return device_id in self._online

    def gone_since_utc_ms(self, device_id: bytes) -> int | None:
        """Since when a device is away; None while it is online.  Not before this process started."""
        if device_id in self._online:
            return None
        # a clock that was ahead when it left, and was set back, begins anew: what lies to come would be so for years
        since = min(self._gone.get(device_id, self._started_utc_ms), self._now())
        self._gone[device_id] = since
        return since

    async def came(self, device_id: bytes) -> None:
        """The device is connected now; a connection that replaces another goes on with its span."""
        if device_id in self._online:
            return
        now = self._now()
        async with self._database.write() as rows:
            row = OnlineSpan(device_id=device_id, from_utc_ms=now, seen_utc_ms=now)
            rows.add(row)
            await rows.flush()
            self._online[device_id] = row.number
        self._gone.pop(device_id, None)

    async def left(self, device_id: bytes) -> None:
        """The device is not connected any more."""
        number = self._online.pop(device_id, None)
        now = self._now()
        self._gone[device_id] = now
        if number is not None:
            async with self._database.write() as rows:
                await rows.execute(
                    update(OnlineSpan).where(OnlineSpan.number == number).values(until_utc_ms=now, seen_utc_ms=now)
                )

    async def summary(self, device_id: bytes) -> History:
        """What is kept of when a device was online."""
        query = select(func.count(), func.min(OnlineSpan.from_utc_ms), func.max(OnlineSpan.seen_utc_ms))
        async with self._database.read() as rows:
            count, first, last = (await rows.execute(query.where(OnlineSpan.device_id == device_id))).one()
        return History(count, first, last)

    async def note_alive(self) -> None:
        """Write down who is still online, so that a crash loses a minute of history and not all of it."""
        if not self._online:
            return
        async with self._database.write() as rows:
            await rows.execute(
                update(OnlineSpan)
                .where(OnlineSpan.until_utc_ms.is_(None), OnlineSpan.number.in_(tuple(self._online.values())))
                .values(seen_utc_ms=self._now())
            )

    async def close_stale(self) -> None:
        """End the spans that an earlier process left open, at the moment they were last seen."""
        async with self._database.write() as rows:
            await rows.execute(
                update(OnlineSpan).where(OnlineSpan.until_utc_ms.is_(None)).values(until_utc_ms=OnlineSpan.seen_utc_ms)
            )

    async def history(self, device_id: bytes, limit: int) -> list[OnlineSpan]:
        """The newest spans of a device."""
        async with self._database.read() as rows:
            return list(
                await rows.scalars(
                    select(OnlineSpan)
                    .where(OnlineSpan.device_id == device_id)
                    .order_by(OnlineSpan.from_utc_ms.desc())
                    .limit(limit)
                )
            )

    async def forget_old(self) -> None:
        """Delete history beyond its time."""
        async with self._database.write() as rows:
            await rows.execute(delete(OnlineSpan).where(OnlineSpan.until_utc_ms < self._now() - KEEP_HISTORY_MS))
