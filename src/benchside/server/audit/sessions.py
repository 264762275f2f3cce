"""The rows of sessions in the session plane: opened with the request, closed with one outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from benchside.server.audit.model import Session
from benchside.server.store.database import Database

__all__ = ["Sessions", "Term"]


@dataclass(frozen=True)
class Term:
    """A time in which somebody may read what happened at a site; without an end it goes on."""

    site: str
    from_utc_ms: int = 0
    until_utc_ms: int | None = None

    @property
    def is_always(self) -> bool:
        """Whether it has neither beginning nor end."""
        return self.from_utc_ms <= 0 and self.until_utc_ms is None

    def covers(self, moment: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        """Return the clause for moments in it."""
        began = moment >= self.from_utc_ms
        return began if self.until_utc_ms is None else and_(began, moment < self.until_utc_ms)

    def has(self, moment_utc_ms: int) -> bool:
        """Whether a moment is in it."""
        return self.from_utc_ms <= moment_utc_ms and (self.until_utc_ms is None or moment_utc_ms < self.until_utc_ms)


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
        self, moment_utc_ms: int, *, device_id: bytes | None, limit: int, terms: Sequence[Term] | None = None
    ) -> Sequence[Session]:
        """Sessions that were opened before a moment, newest first.  `terms`: at these sites alone, in these times."""
        which = [Session.opened_utc_ms < moment_utc_ms]
        if terms is not None:
            always = [one.site for one in terms if one.is_always]
            others = [
                and_(Session.site == one.site, one.covers(Session.opened_utc_ms)) for one in terms if not one.is_always
            ]
            which.append(or_(Session.site.in_(always), *others))
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
