"""Channels of alerts: administrators write them, nobody reads their targets again."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

import msgspec
from sqlalchemy import func, select

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.condition import Severity
from benchside.server.administration.versions import refuse_changed, version_of
from benchside.server.alerts.facts import ChannelFacts
from benchside.server.alerts.model import AlertChannel, AlertItem
from benchside.server.alerts.way import RealWay
from benchside.server.audit.kind import SERVER, ServerKind
from benchside.server.audit.ledger import Ledger
from benchside.server.store.database import Database

__all__ = ["AlertOffice", "ShownChannel", "facts_of"]

MAX_CHANNELS = 100
"""Teams with a channel each; every change of a condition is held against all of them."""


@dataclass(frozen=True)
class ChannelStanding:
    """When a channel's next message may go out, why the last try failed, and when one last went out."""

    next_utc_ms: int
    why: str | None
    sent_utc_ms: int | None


@dataclass(frozen=True)
class ShownChannel:
    """A channel, what kind of target it has, and how it goes."""

    facts: ChannelFacts
    version: str
    """Of name, rule and target."""
    scheme: str
    waiting: int
    tries: int
    given_up_utc_ms: int | None
    standing: ChannelStanding


class _Whole(msgspec.Struct, frozen=True):
    """What a version is of.  `target`: a keyed hash, so that a version tells nobody whether they guessed a secret."""

    facts: ChannelFacts
    target: bytes


class AlertOffice:
    """Writes the cloud plane; each change is in the log before it is made."""

    def __init__(self, database: Database, ledger: Ledger, way: RealWay, lookup: bytes) -> None:
        """`lookup`: the key under which targets are hashed."""
        self._database = database
        self._ledger = ledger
        self._way = way
        self._lookup = lookup

    async def all(self) -> list[ShownChannel]:
        """All channels, by name."""
        waiting = select(AlertItem.channel, func.count()).where(AlertItem.is_waiting).group_by(AlertItem.channel)
        async with self._database.read() as rows:
            counts: dict[str, int] = {row[0]: row[1] for row in await rows.execute(waiting)}
            found = list(await rows.scalars(select(AlertChannel).order_by(AlertChannel.name)))
        return [
            ShownChannel(
                facts_of(row),
                version_of(self._whole(row)),
                row.target.partition(":")[0],
                counts.get(row.id, 0),
                row.tries,
                row.given_up_utc_ms,
                ChannelStanding(row.next_utc_ms, row.why, row.sent_utc_ms),
            )
            for row in found
        ]

    async def put(self, by: str, facts: ChannelFacts, target: str | None, seen: str) -> None:
        """Add a channel or change it from the version that was `seen`; without a `target` it keeps the one it has.

        Nobody sees a target, but another one is another version: who last saw the channel with the old one is told.
        RefusedError: CHANGED for one that is not as it was seen, NOT_AUTHORISED for a target that the operator does
        not allow, UNKNOWN for a new channel without one, BUSY for too many.
        """
        if target is not None:
            self._way.check(target)
        async with self._database.write() as rows:
            row = await rows.get(AlertChannel, facts.id)
            refuse_changed({facts.id: seen}, [facts.id], {} if row is None else {row.id: self._whole(row)})
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
                row.why = None
            row.name, row.severity, row.language = facts.name, facts.severity.rank, facts.language
            row.sites, row.models = (
                msgspec.json.encode(facts.sites).decode(),
                msgspec.json.encode(facts.models).decode(),
            )
            row.repeat_min, row.is_on = facts.repeat_min, facts.is_on

    async def remove(self, by: str, id_: str, seen: str) -> None:
        """Forget a channel as it was `seen`, and what waits for it; RefusedError(CHANGED)."""
        async with self._database.write() as rows:
            row = await rows.get(AlertChannel, id_)
            refuse_changed({id_: seen}, [id_], {} if row is None else {row.id: self._whole(row)})
            if row is not None:
                await self._ledger.record(
                    SERVER, ServerKind.ALERT_CHANGED, EventDetails(associate=by, scope=id_, cause="removed")
                )
                await rows.delete(row)

    def _whole(self, row: AlertChannel) -> _Whole:
        return _Whole(facts_of(row), hmac.digest(self._lookup, f"alert target {row.target}".encode(), "sha256"))


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
