"""What an account is on the server beside the policy: an administrator, or a customer's security officer."""

from __future__ import annotations

from dataclasses import dataclass

from benchside.server.administration.model import Person
from benchside.server.clock import NowUtcMs
from benchside.server.store.database import Database

__all__ = ["NO_DUTIES", "Duties", "duties_of"]


@dataclass(frozen=True)
class Duties:
    """Neither opens a PC: that is the policy's alone."""

    is_administrator: bool = False
    officer_of: str | None = None
    """The customer whose sites this person may look at, and change nothing."""


NO_DUTIES = Duties()


async def duties_of(database: Database, account: str, now: NowUtcMs) -> Duties:
    """Return what this account is at this moment; nothing for who left or is not known."""
    async with database.read() as rows:
        person = await rows.get(Person, account)
    if person is None or not person.is_active or (person.until_utc_ms is not None and now() >= person.until_utc_ms):
        return NO_DUTIES
    return Duties(person.is_administrator, person.officer_of)
