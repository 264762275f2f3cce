"""Channels of alerts: administrators write them, nobody reads their targets again."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import func, select

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.condition import Severity
from benchside.server.administration.versions import refuse_changed
from benchside.server.alerts.facts import ChannelFacts, Message
from benchside.server.alerts.model import AlertChannel, AlertItem
from benchside.server.alerts.way import RealWay
from benchside.server.audit.kind import SERVER, ServerKind
from benchside.server.audit.ledger import Ledger
from benchside.server.store.database import Database

__all__ = ["AlertOffice", "ShownChannel", "facts_of"]

MAX_CHANNELS = 100
"""Teams with a channel each; every change of a condition is held against all of them."""


@dataclass(frozen=True)
class ShownChannel:
    """A channel, what kind of target it has, and how it goes."""

    facts: ChannelFacts
    scheme: str
    waiting: int
    tries: int
    given_up_utc_ms: int | None


class AlertOffice:
    """Writes the cloud plane; each change is in the log before it is made."""

    def __init__(self, database: Database, ledger: Ledger, way: RealWay) -> None:
        self._database = database
        self._ledger = ledger
        self._way = way

    async def all(self) -> list[ShownChannel]:
        """All channels, by name."""
        waiting = select(AlertItem.channel, func.count()).where(AlertItem.is_waiting).group_by(AlertItem.channel)
        async with self._database.read() as rows:
            counts: dict[str, int] = {row[0]: row[1] for row in await rows.execute(waiting)}
            found = list(await rows.scalars(select(AlertChannel).order_by(AlertChannel.name)))
        return [
            ShownChannel(
                facts_of(row), row.target.partition(":")[0], counts.get(row.id, 0), row.tries, row.given_up_utc_ms
            )
            for row in found
        ]

    async def put(self, by: str, facts: ChannelFacts, target: str | None, seen: str) -> None:
        """Add a channel or change it from the version that was `seen`; without a `target` it keeps the one it has.

        A version is of name and rule: nobody sees a target, so none is undone that somebody looked at.
        RefusedError: CHANGED for one that is not as it was seen, NOT_AUTHORISED for a target that the operator does
        not allow, UNKNOWN for a new channel without one, BUSY for too many.
        """
        if target is not None:
            self._way.check(target)
        async with self._database.write() as rows:
            row = await rows.get(AlertChannel, facts.id)
            refuse_changed({facts.id: seen}, [facts.id], {} if row is None else {row.id: facts_of(row)})
            if row is None:
                if target is None:
                    raise RefusedError(Refusal.UNKNOWN, "expected a target for a new channel, got none")
                if (await rows.scalar(select(func.count()).select_from(AlertChannel)) or 0) >= MAX_CHANNELS:
                    raise RefusedError(Refusal.BUSY, f"expected fewer than {MAX_CHANNELS} channels, got as many")
                row = AlertChannel(id=facts.id, next_utc_ms=0, tries=0)
                rows.add(row)
            await self._ledger.record(
                SERVER, ServerKind.ALERT_CHANGED, EventDetails(associate=by, scope=facts.id, cause="changed")
            )
            if target is not None:
                row.target, row.tries, row.next_utc_ms, row.given_up_utc_ms = target, 0, 0, None
            row.name, row.severity, row.language = facts.name, facts.severity.rank, facts.language
            row.sites, row.models = (
                msgspec.json.encode(facts.sites).decode(),
                msgspec.json.encode(facts.models).decode(),
            )
            row.repeat_min, row.is_on = facts.repeat_min, facts.is_on

    async def remove(self, by: str, id_: str) -> None:
        """Forget a channel and what waits for it."""
        async with self._database.write() as rows:
            row = await rows.get(AlertChannel, id_)
            if row is not None:
                await self._ledger.record(
                    SERVER, ServerKind.ALERT_CHANGED, EventDetails(associate=by, scope=id_, cause="removed")
                )
                await rows.delete(row)

    async def test(self, id_: str) -> str | None:
        """Send a test at once; return None when it was taken, else a fixed word why not."""
        async with self._database.read() as rows:
            row = await rows.get(AlertChannel, id_)
        if row is None:
            raise RefusedError(Refusal.UNKNOWN, "expected a channel that there is, got another")
        return await self._way.send(row.target, Message(row.language, (), 0, is_test=True))


def facts_of(row: AlertChannel) -> ChannelFacts:
    """Return a channel without its target."""
    return ChannelFacts(
        id=row.id,
        name=row.name,
        severity=tuple(Severity)[row.severity],
        sites=msgspec.json.decode(row.sites, type=tuple[str, ...]),
        models=msgspec.json.decode(row.models, type=tuple[str, ...]),
        language=row.language,
        repeat_min=row.repeat_min,
        is_on=row.is_on,
    )
