"""The provider's log-outs of the last minutes, for those who were on their way back from there meanwhile."""

from __future__ import annotations

import hashlib

from sqlalchemy import delete, select

from benchside.server.clock import NowUtcMs
from benchside.server.sso.attempt import ATTEMPT_MS
from benchside.server.sso.model import ProviderLogout
from benchside.server.sso.provider import Signed
from benchside.server.store.database import Database

__all__ = ["MAX_LOGOUTS", "Logouts"]

KEEP_MS = ATTEMPT_MS + 5 * 60_000
"""As long as an attempt may take, and the provider's answers at its end."""
SKEW_MS = 10_000
"""Between the clocks of two processes of one server."""
MAX_LOGOUTS = 10_000
"""Told within that time; the oldest are given up beyond."""


class Logouts:
    """Kept in the database, which the processes of one server share: one may hear of what another is opening."""

    def __init__(self, database: Database, now: NowUtcMs) -> None:
        self._database = database
        self._now = now

    async def keep(self, token_id: str, *, subject: str | None, sid: str | None) -> None:
        """Keep one; at least one of `subject` and `sid`.  Told again it keeps its first time."""
        token_id_hash = hashlib.sha256(token_id.encode("utf-8", "surrogatepass")).digest()
        async with self._database.write() as rows:
            if await rows.get(ProviderLogout, token_id_hash) is None:
                now = self._now()
                rows.add(ProviderLogout(token_id_hash=token_id_hash, sid=sid, subject=subject, heard_utc_ms=now))
                await rows.flush()
            heard = ProviderLogout.heard_utc_ms
            beyond = await rows.scalar(select(heard).order_by(heard.desc()).offset(MAX_LOGOUTS).limit(1))
            if beyond is not None:
                await rows.execute(delete(ProviderLogout).where(heard <= beyond))

    async def came_for(self, signed: Signed, *, since_utc_ms: int) -> bool:
        """Return whether one came since then that means this session at the provider, or all of this person's.

        What came before an attempt began, the provider knew when it let the person pass.
        """
        async with self._database.read() as rows:
            found = select(ProviderLogout.heard_utc_ms).where(
                ProviderLogout.heard_utc_ms >= since_utc_ms,
                ProviderLogout.heard_utc_ms <= self._now() + SKEW_MS,  # or by a clock that was ahead, for years
                ProviderLogout.sid.is_(None) | (ProviderLogout.sid == signed.sid),
                ProviderLogout.subject.is_(None) | (ProviderLogout.subject == signed.subject),
            )
            return (await rows.scalars(found.limit(1))).first() is not None

    async def forget_old(self) -> None:
        """Delete those that nobody can be on the way back from any more."""
        async with self._database.write() as rows:
            now, heard = self._now(), ProviderLogout.heard_utc_ms
            await rows.execute(delete(ProviderLogout).where((heard < now - KEEP_MS) | (heard > now + KEEP_MS)))
