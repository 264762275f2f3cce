"""The rows of sessions in the session plane: opened with the request, closed with one outcome."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import func, select

from benchside.server.audit.model import Session
from benchside.server.store.database import Database

__all__ = ["Sessions"]


class Sessions:
    """Reads and writes session rows; everything else of a session is in its events."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, row: Session) -> None:
        """Add a session; nothing happens when it is there already."""
        async with self._database.write() as rows:
            if await rows.get(Session, row.id) is None:
                rows.add(row)

    async def change(
        self,
        request_id: bytes,
        *,
        state: str,
        associate: str | None = None,
        ended_utc_ms: int | None = None,
        outcome: str | None = None,
    ) -> None:
        """Write a new state; `associate` None leaves who it was, so that history still tells."""
        async with self._database.write() as rows:
            row = await rows.get(Session, request_id)
            if row is None or row.ended_utc_ms is not None:
                return
            row.state = state
            row.associate = associate or row.associate
            row.ended_utc_ms = ended_utc_ms
            row.outcome = outcome

    async def get(self, request_id: bytes) -> Session | None:
        """One session."""
        async with self._database.read() as rows:
            return await rows.get(Session, request_id)

    async def before(
        self, moment_utc_ms: int, *, device_id: bytes | None, limit: int, sites: Collection[str] | None = None
    ) -> Sequence[Session]:
        """Sessions that were opened before a moment, newest first.  `sites`: at these alone."""
        which = [Session.opened_utc_ms < moment_utc_ms]
        if sites is not None:
            which.append(Session.site.in_(sites))
        if device_id is not None:
            which.append(Session.device_id == device_id)
        order = (Session.opened_utc_ms.desc(), Session.id)
        # their ids first, from the index alone: putting fifty thousand whole rows in order takes ten times as long
        newest = select(Session.id).where(*which).order_by(*order).limit(limit)
        async with self._database.read() as rows:
            found = await rows.scalars(select(Session).where(Session.id.in_(newest)).order_by(*order))
            return list(found)

    async def count_of(self, device_id: bytes) -> int:
        """How many sessions of a device are kept."""
        async with self._database.read() as rows:
            return await rows.scalar(select(func.count()).where(Session.device_id == device_id)) or 0


def models_of(row: Session) -> tuple[str, ...]:
    """The models of all instruments that the PC had."""
    return msgspec.json.decode(row.models, type=tuple[str, ...])
