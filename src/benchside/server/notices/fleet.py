"""What people look at: counts, lists of conditions, and the timeline of a PC; only of PCs that they may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, ColumnExpressionArgument, Select, false, func, or_, select

from benchside.protocol.wire.condition import ConditionKey, Severity
from benchside.server.audit.sessions import Term
from benchside.server.clock import NowUtcMs
from benchside.server.notices.facts import ShownCondition
from benchside.server.notices.model import KeptChange, KeptCondition, unshelved
from benchside.server.notices.pcs import FleetPc, Pcs
from benchside.server.notices.personal import ChangeContent, ChangePeople, joined, read_change
from benchside.server.notices.terms import ahead_ms, belongs_to, may_name
from benchside.server.store.database import Database

__all__ = ["Counted", "Fleet", "ShownChange", "Wanted"]

_T = TypeVar("_T")
Visible = Mapping[bytes, FleetPc]
"""The PCs that somebody may see."""


@dataclass(frozen=True)
class Wanted:
    """Which conditions; what is not said does not matter."""

    state: str = "shown"
    """`shown`: active, latched or not acknowledged; `active`; `unacknowledged`; `shelved`; `unshown`; `all` kept."""
    severity: Severity | None = None
    """This one or worse."""
    site: str | None = None
    model: str | None = None
    device_id: bytes | None = None
    source: str | None = None
    code: str | None = None
    words: str = ""
    """Part of a PC's or site's name, of a subject, a code or a sentence."""


@dataclass(frozen=True)
class Counted:
    """Active conditions of one kind at one PC."""

    device_id: bytes
    source: str
    code: str
    severity: Severity
    count: int


@dataclass(frozen=True)
class ShownChange:
    """A line of a timeline; `key` None: of the notifier itself."""

    number: int
    kind: str
    at_utc_ms: int
    kept_utc_ms: int
    key: ConditionKey | None
    severity: Severity | None
    content: ChangeContent
    people: ChangePeople


class Fleet:
    """Reads the cloud plane."""

    def __init__(self, database: Database, now: NowUtcMs) -> None:
        self._database = database
        self._now = now
        self.pcs = Pcs(database, now)

    async def counted(self, visible: Visible) -> list[Counted]:
        """How many active conditions of which kind there are at which PC; those that are shelved do not count."""
        kinds = (KeptCondition.device_id, KeptCondition.source, KeptCondition.code, KeptCondition.severity)
        query = select(*kinds, func.count()).where(KeptCondition.is_shown, KeptCondition.is_active, self._unshelved())
        async with self._database.read() as rows:
            found = await rows.execute(query.group_by(*kinds))
            return [
                Counted(device_id, source, code, _severity(rank), count)
                for device_id, source, code, rank, count in found
                if device_id in visible
            ]

    async def conditions(
        self, visible: Visible, wanted: Wanted, *, skip: int, limit: int
    ) -> tuple[list[ShownCondition], int]:
        """Return one page, worst first and then newest, and how many there are in all."""
        query = self._where(select(KeptCondition), visible, wanted)
        order = (KeptCondition.severity.desc(), KeptCondition.raised_utc_ms.desc(), KeptCondition.number.desc())
        async with self._database.read() as rows:
            total = await rows.scalar(self._where(select(func.count(KeptCondition.number)), visible, wanted)) or 0
            found = await rows.scalars(query.order_by(*order).offset(skip).limit(limit))
            return [_shown(row) for row in found], total

    async def timeline(
        self,
        device_id: bytes,
        *,
        before: int,
        limit: int,
        key: ConditionKey | None = None,
        terms: Sequence[Term] | None = None,
    ) -> Sequence[ShownChange]:
        """Changes of one PC, newest first, in the order in which they were kept.

        `terms`: in these times alone, and without people where these may be another customer's.
        """
        query = select(KeptChange).where(KeptChange.device_id == device_id, KeptChange.number < before)
        if terms is not None:
            query = query.where(or_(false(), *(belongs_to(one) for one in terms)))
        if key is not None:
            query = query.where(
                KeptChange.source == key.source, KeptChange.subject == key.subject, KeptChange.code == key.code
            )
        async with self._database.read() as rows:
            found = list(await rows.scalars(query.order_by(KeptChange.number.desc()).limit(limit)))
            if terms is None or all(one.is_always for one in terms):
                return [_change(row) for row in found]
            ahead = await ahead_ms(rows, device_id)
            return [_change(row, may_name(terms, row.at_utc_ms, row.kept_utc_ms, ahead)) for row in found]

    async def count_of(self, device_id: bytes) -> int:
        """How many changes of one PC are kept: the length of its timeline."""
        query = select(func.count(KeptChange.number)).where(KeptChange.device_id == device_id)
        async with self._database.read() as rows:
            return await rows.scalar(query) or 0

    def _where(self, query: Select[_T], visible: Visible, wanted: Wanted) -> Select[_T]:
        devices = {one.id for one in visible.values() if _fits(one, wanted)}
        query = query.where(KeptCondition.device_id.in_(devices), *self._states(wanted.state))
        if wanted.severity is not None:
            query = query.where(KeptCondition.severity >= wanted.severity.rank)
        if wanted.source is not None:
            query = query.where(KeptCondition.source == wanted.source)
        if wanted.code is not None:
            query = query.where(KeptCondition.code == wanted.code)
        if wanted.words:
            query = query.where(_said(wanted.words, [visible[one] for one in devices]))
        return query

    def _states(self, state: str) -> list[ColumnExpressionArgument[bool]]:
        match state:
            case "active":
                return [KeptCondition.is_shown, KeptCondition.is_active, self._unshelved()]
            case "unacknowledged":
                return [KeptCondition.is_shown, ~KeptCondition.is_acknowledged, self._unshelved()]
            case "shelved":
                return [KeptCondition.shelved_until_utc_ms > self._now()]
            case "unshown":  # follows from another, or is out of service: somebody's choice, which others have to find
                return [~KeptCondition.is_shown, self._unshelved()]
            case "all":
                return []
            case _:
                return [KeptCondition.is_shown]

    def _unshelved(self) -> ColumnElement[bool]:
        return unshelved(self._now())


def _fits(pc: FleetPc, wanted: Wanted) -> bool:
    return (
        wanted.site in (None, pc.site)
        and (wanted.model is None or wanted.model in pc.models)
        and wanted.device_id in (None, pc.id)
    )


def _said(words: str, pcs: Collection[FleetPc]) -> ColumnElement[bool]:
    small = words.casefold()
    named = [one.id for one in pcs if small in one.name.casefold() or small in one.site_name.casefold()]
    columns = (KeptCondition.subject, KeptCondition.code, KeptCondition.state)
    return or_(KeptCondition.device_id.in_(named), *(one.icontains(words, autoescape=True) for one in columns))


def _shown(row: KeptCondition) -> ShownCondition:
    state = joined(row.state, row.personal)
    return ShownCondition(row.number, row.device_id, state, row.raised_utc_ms, row.kept_utc_ms)


def _change(row: KeptChange, is_naming: bool = True) -> ShownChange:
    key = None
    if row.source is not None and row.subject is not None and row.code is not None:
        key = ConditionKey(row.source, row.subject, row.code)
    content, people = read_change(row.content, row.personal if is_naming else None)
    severity = None if row.severity is None else _severity(row.severity)
    return ShownChange(row.number, row.kind, row.at_utc_ms, row.kept_utc_ms, key, severity, content, people)


def _severity(rank: int) -> Severity:
    return tuple(Severity)[rank]
