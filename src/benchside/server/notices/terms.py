"""Whose a change is where a laboratory went to another customer, and whether it may name people to them.

Two clocks date a change: the PC's, which may be wrong, and ours when it came, perhaps long after.  It belongs to the
sooner of the two moments.  It names people only where no clock that is wrong could make them another customer's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.wire.condition import ConditionChange
from benchside.server.audit.sessions import Term
from benchside.server.enrolment.model import Device, Site
from benchside.server.notices.model import KeptChange

__all__ = ["NamedFrom", "ahead_ms", "belongs_to", "may_name", "named_from", "without_people"]

NamedFrom = Mapping[bytes, int]
"""From which moment by its PC's clock on a change may name people, by device; those that are not in it always may."""


def belongs_to(term: Term) -> ColumnElement[bool]:
    """Return the clause for changes of a term: the sooner of their two moments is in it."""
    at, kept = KeptChange.at_utc_ms, KeptChange.kept_utc_ms
    began = and_(at >= term.from_utc_ms, kept >= term.from_utc_ms)
    return began if term.until_utc_ms is None else and_(began, or_(at < term.until_utc_ms, kept < term.until_utc_ms))


def may_name(terms: Sequence[Term], at_utc_ms: int, kept_utc_ms: int, ahead_ms: int) -> bool:
    """Whether a change may name people to whoever has these terms.

    What came after a term may be the next customer's, by a clock that is behind; what a clock that is ahead dates after
    a term's beginning may be the former's.
    """
    return any(
        one.has(kept_utc_ms) and (one.from_utc_ms <= 0 or at_utc_ms - ahead_ms >= one.from_utc_ms) for one in terms
    )


async def ahead_ms(rows: AsyncSession, device_id: bytes) -> int:
    """How far a PC's clock has been ahead of ours at most, as far as its changes show; 0 where none does."""
    most = select(func.max(KeptChange.at_utc_ms - KeptChange.kept_utc_ms)).where(KeptChange.device_id == device_id)
    return max(0, await rows.scalar(most) or 0)


async def named_from(
    rows: AsyncSession, told: Collection[tuple[bytes, Sequence[ConditionChange]]], now_utc_ms: int
) -> NamedFrom:
    """Look at devices with changes that name people, which are few, and at their logs where the site had another."""
    naming = {device_id for device_id, changes in told if any(one.by or one.why for one in changes)}
    if not naming:
        return {}
    query = select(Device.id, Site.customer_since_utc_ms).join(Site, Site.id == Device.site)
    found = await rows.execute(query.where(Device.id.in_(naming), Site.customer_since_utc_ms > 0))
    moments = dict[bytes, int]()
    for device_id, since_utc_ms in found.all():
        ahead = [one.at_utc_ms - now_utc_ms for device, changes in told if device == device_id for one in changes]
        moments[device_id] = since_utc_ms + max(await ahead_ms(rows, device_id), *ahead)
    return moments


def without_people(change: ConditionChange) -> ConditionChange:
    """Return what a change says apart from who did it and why."""
    return replace(change, by=None, why=None)
