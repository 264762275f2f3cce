"""Advisories: the vendor's word to the people at some PCs, until a moment or until it is withdrawn."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import delete, func, select

from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError
from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.carrier import AdvisoryOffered, AdvisoryWithdrawn
from benchside.protocol.wire.condition import Severity, Texts
from benchside.server.audit.kind import SERVER, ServerKind
from benchside.server.audit.ledger import Ledger
from benchside.server.bus.contract import Bus, ToDevices
from benchside.server.clock import NowUtcMs
from benchside.server.notices.advisory_model import Advisory, AdvisoryAnswer, AdvisoryReached
from benchside.server.notices.pcs import FleetPc, Pcs
from benchside.server.store.database import Database

__all__ = ["Advisories", "AdvisoryFacts", "Answer", "NewAdvisory"]

MAX_HOLDING = 40
"""Less than what a PC keeps at once (notifier/carrier.py); more at a time are no advice."""
MAX_DAYS = 366
KEEP_MS = 400 * 24 * 3600_000
"""After its end: who had read it by when is asked in the next audit."""
OVER_SAID_MS = 45 * 24 * 3600_000
"""After its end: a PC whose clock is wrong holds on to one for 30 days by the server's word (notifier/carrier.py)."""
MAX_SHOWN = 500


@dataclass(frozen=True)
class NewAdvisory:
    """What an administrator wrote; no sites or no models: all of them."""

    severity: Severity
    texts: Texts
    advice: Texts
    sites: tuple[str, ...]
    models: tuple[str, ...]
    until_utc_ms: int

    def is_for(self, pc: FleetPc) -> bool:
        """Whether the people at this PC are meant."""
        return (not self.sites or pc.site in self.sites) and (
            not self.models or any(model in self.models for model in pc.models)
        )


@dataclass(frozen=True)
class AdvisoryFacts:
    """An advisory, how many PCs are meant, at how many it has arrived, and at how many it was acknowledged."""

    id: bytes
    said: NewAdvisory
    made_utc_ms: int
    made_by: str
    withdrawn_utc_ms: int | None
    meant: int
    reached: int
    acknowledged: int


@dataclass(frozen=True)
class Answer:
    """One PC that is meant, when it arrived there, and who there has acknowledged it, if anybody."""

    pc: FleetPc
    reached_utc_ms: int | None
    acknowledged_utc_ms: int | None
    by: str | None


class Advisories:
    """Writes the cloud plane; each change is in the log before it is made, with who made it."""

    def __init__(self, database: Database, pcs: Pcs, ledger: Ledger, bus: Bus, now: NowUtcMs) -> None:
        self._database = database
        self._pcs = pcs
        self._ledger = ledger
        self._bus = bus
        self._now = now

    async def make(self, by: str, said: NewAdvisory) -> bytes:
        """Tell the PCs that are meant, now and whenever they link up; return its id.

        PeerError for one that is over before it begins or travels too long; RefusedError(BUSY) for too many at once.
        """
        now, id_ = self._now(), os.urandom(16)
        if not now < said.until_utc_ms <= now + MAX_DAYS * 86_400_000:
            raise PeerError(PeerFault.MALFORMED, f"expected an end within {MAX_DAYS} days, got another")
        message = _checked(_offer(id_, said))
        async with self._database.write() as rows:
            holding = select(func.count()).where(Advisory.until_utc_ms > now, Advisory.withdrawn_utc_ms.is_(None))
            if (await rows.scalar(holding) or 0) >= MAX_HOLDING:
                raise RefusedError(Refusal.BUSY, f"expected fewer than {MAX_HOLDING} advisories that hold, got as many")
            await self._ledger.record(
                SERVER, ServerKind.ADVISORY_MADE, EventDetails(associate=by, scope=id_.hex(), cause=said.severity.value)
            )
            rows.add(
                Advisory(
                    id=id_,
                    severity=said.severity.rank,
                    texts=_json(said.texts),
                    advice=_json(said.advice),
                    sites=_json(said.sites),
                    models=_json(said.models),
                    until_utc_ms=said.until_utc_ms,
                    made_utc_ms=now,
                    made_by=by,
                )
            )
        pcs = (await self._pcs.all(anew=True)).values()
        self._bus.publish(ToDevices(frozenset(one.id for one in pcs if said.is_for(one)), message))
        return id_

    async def withdraw(self, by: str, id_: bytes) -> None:
        """Let it hold no longer; RefusedError(UNKNOWN) when there is none."""
        async with self._database.write() as rows:
            row = await rows.get(Advisory, id_)
            if row is None:
                raise RefusedError(Refusal.UNKNOWN, "expected an advisory that there is, got another")
            if row.withdrawn_utc_ms is not None:
                return
            await self._ledger.record(
                SERVER, ServerKind.ADVISORY_WITHDRAWN, EventDetails(associate=by, scope=id_.hex())
            )
            row.withdrawn_utc_ms = self._now()
        self._bus.publish(ToDevices(frozenset(await self._pcs.all(anew=True)), AdvisoryWithdrawn(id=id_)))

    async def offers(self, device_id: bytes) -> Sequence[AdvisoryOffered | AdvisoryWithdrawn]:
        """Return what a PC that has just linked up is told: what holds for it, what is withdrawn, what is lately over.

        It may have just been enrolled or described, so it is read anew.  Whether a PC was meant when an advisory was
        made nobody knows any more: its site or models may have changed since.
        """
        async with self._database.read() as rows:
            lately = Advisory.until_utc_ms > self._now() - OVER_SAID_MS
            found = list(await rows.scalars(select(Advisory).where(lately)))
        pc = await self._pcs.one(device_id) if found else None
        if pc is None:
            return ()
        hold = [row for row in found if row.withdrawn_utc_ms is None and row.until_utc_ms > self._now()]
        over = [AdvisoryWithdrawn(id=row.id) for row in found if row not in hold]
        holding = [(row.id, _said(row)) for row in hold]
        return [*over, *(_offer(id_, said) for id_, said in holding if said.is_for(pc))]

    async def all(self) -> list[AdvisoryFacts]:
        """Return the newest, with at how many PCs they have arrived and were acknowledged."""
        answered = select(AdvisoryAnswer.advisory_id, func.count()).group_by(AdvisoryAnswer.advisory_id)
        arrived = select(AdvisoryReached.advisory_id, func.count()).group_by(AdvisoryReached.advisory_id)
        async with self._database.read() as rows:
            found = list(await rows.scalars(select(Advisory).order_by(Advisory.made_utc_ms.desc()).limit(MAX_SHOWN)))
            answers: dict[bytes, int] = {row[0]: row[1] for row in await rows.execute(answered)}
            arrivals: dict[bytes, int] = {row[0]: row[1] for row in await rows.execute(arrived)}
        pcs = (await self._pcs.all()).values()
        facts = []
        for row in found:
            said = _said(row)
            meant = sum(said.is_for(pc) for pc in pcs)
            facts.append(_facts(row, meant, arrivals.get(row.id, 0), answers.get(row.id, 0)))
        return facts

    async def answers(self, id_: bytes) -> tuple[AdvisoryFacts, list[Answer]]:
        """Return one advisory with each PC that is meant; RefusedError(UNKNOWN) when there is none."""
        async with self._database.read() as rows:
            row = await rows.get(Advisory, id_)
            if row is None:
                raise RefusedError(Refusal.UNKNOWN, "expected an advisory that there is, got another")
            given = select(AdvisoryAnswer).where(AdvisoryAnswer.advisory_id == id_)
            found = {one.device_id: one for one in await rows.scalars(given)}
            arrived = select(AdvisoryReached.device_id, AdvisoryReached.reached_utc_ms)
            arrivals: dict[bytes, int] = {
                one[0]: one[1] for one in await rows.execute(arrived.where(AdvisoryReached.advisory_id == id_))
            }
        said, answers = _said(row), []
        for pc in (await self._pcs.all()).values():
            if said.is_for(pc) or pc.id in arrivals:
                one = found.get(pc.id)
                by = one.by if one else None
                answers.append(Answer(pc, arrivals.get(pc.id), one.acknowledged_utc_ms if one else None, by))
        return _facts(row, len(answers), len(arrivals), len(found)), answers

    async def forget_old(self) -> None:
        """Delete those that ended long ago, with their answers."""
        async with self._database.write() as rows:
            await rows.execute(delete(Advisory).where(Advisory.until_utc_ms < self._now() - KEEP_MS))


def _offer(id_: bytes, said: NewAdvisory) -> AdvisoryOffered:
    return AdvisoryOffered(
        id=id_, severity=said.severity, texts=said.texts, advice=said.advice, until_utc_ms=said.until_utc_ms
    )


def _checked(message: AdvisoryOffered) -> AdvisoryOffered:
    try:
        return msgspec.msgpack.decode(msgspec.msgpack.encode(message), type=AdvisoryOffered)
    except msgspec.ValidationError as error:
        raise PeerError(PeerFault.MALFORMED, f"expected an advisory within its limits: {error}") from error


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _said(row: Advisory) -> NewAdvisory:
    return NewAdvisory(
        severity=tuple(Severity)[row.severity],
        texts=msgspec.json.decode(row.texts, type=dict[str, str]),
        advice=msgspec.json.decode(row.advice, type=dict[str, str]),
        sites=msgspec.json.decode(row.sites, type=tuple[str, ...]),
        models=msgspec.json.decode(row.models, type=tuple[str, ...]),
        until_utc_ms=row.until_utc_ms,
    )


def _facts(row: Advisory, meant: int, reached: int, acknowledged: int) -> AdvisoryFacts:
    return AdvisoryFacts(
        row.id, _said(row), row.made_utc_ms, row.made_by, row.withdrawn_utc_ms, meant, reached, acknowledged
    )
