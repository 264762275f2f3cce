"""The durable queue of alerts: which changes are told to whom, when again, and what is over."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.condition import ChangeKind, ConditionState, Severity, Texts
from benchside.server.alerts.facts import ChannelFacts, Line, Message
from benchside.server.alerts.model import AlertChannel, AlertItem, AlertMark
from benchside.server.alerts.office import facts_of
from benchside.server.alerts.retold import Key, find_before, find_retold
from benchside.server.audit.kind import SERVER, ServerKind
from benchside.server.audit.ledger import Ledger
from benchside.server.clock import NowUtcMs, has_come
from benchside.server.mail.outbox import LONGEST_PAUSE_MS, backoff_ms
from benchside.server.notices.model import KeptChange, KeptCondition, unshelved
from benchside.server.notices.own import OWN_SOURCES
from benchside.server.notices.pcs import FleetPc, Pcs
from benchside.server.notices.personal import joined, read_change
from benchside.server.store.database import Database

__all__ = ["GROUP_MS", "MAX_TRIES", "AlertQueue", "Due"]

GROUP_MS = 60_000
"""One message a minute for each channel, with a list: a network that fails raises hundreds of conditions at once."""
LEASE_MS = 2 * 60_000
"""Longer than a try lasts; when the process dies in it, the message is tried again after this."""
MAX_TRIES = 20
"""With pauses from 5 s to an hour, about half a day."""
MAX_LISTED = 20
"""Lines in a message; a telephone shows no more."""
SKEW_MS = 60_000
"""Between the clocks of two processes of one server: one does not repeat what the other has just told."""
STALE_MS = 60 * 60_000
"""A fault that came and went is still told, unless its channel could not be reached for an hour: then it is no news."""
LOOKED_AT = 500
"""Changes that are held against the rules in one transaction."""
_ANEW = (ChangeKind.RAISED.value, ChangeKind.FLAPPING.value)
_TOLD = (*_ANEW, ChangeKind.CHANGED.value)
_HUSHED = (ChangeKind.SHELVED.value, ChangeKind.SUPPRESSED.value)
_BACK = (ChangeKind.UNSHELVED.value, ChangeKind.UNSUPPRESSED.value)


@dataclass(frozen=True)
class Due:
    """A message that is to go out now, and what it stands for."""

    channel: str
    target: str
    message: Message
    tries: int
    items: tuple[tuple[int, int], ...]
    """Number of each item and the change that it stood for."""


class AlertQueue:
    """What is in it is told at least once, or given up and said so, unless nobody wants to know it any more."""

    def __init__(self, database: Database, pcs: Pcs, ledger: Ledger, now: NowUtcMs) -> None:
        self._database = database
        self._pcs = pcs
        self._ledger = ledger
        self._now = now
        self._random = secrets.SystemRandom()

    async def gather(self) -> None:
        """Hold new changes against the rules, and put what they want into the queue."""
        while await self._gather_some():
            pass

    async def _gather_some(self) -> bool:
        async with self._database.read() as rows:
            mark = await rows.get(AlertMark, 1)
            newest = await rows.scalar(select(func.max(KeptChange.number))) or 0
            if mark is not None and mark.number >= newest:
                return False
            query = select(KeptChange).where(KeptChange.number > (mark.number if mark else newest))
            changes = list(await rows.scalars(query.order_by(KeptChange.number).limit(LOOKED_AT)))
            retold = await find_retold(rows, changes)
        pcs = await self._pcs.all({one.device_id for one in changes})
        async with self._database.write() as rows:
            mark = await rows.get(AlertMark, 1)
            if mark is None:
                rows.add(AlertMark(id=1, number=newest))  # a server that was there before: nobody wants its past
                return False
            changes = [one for one in changes if one.number > mark.number]  # another process may have been faster
            channels = [facts_of(row) for row in await rows.scalars(select(AlertChannel).where(AlertChannel.is_on))]
            for change in changes:
                pc = pcs.get(change.device_id)
                if pc is None or change.number in retold.told:
                    continue
                if (ended := retold.turns.get(change.number)) is not None:
                    await self._take_up(rows, change, pc, channels, ended)
                if _concerns(change, pc, channels):
                    await self._follow(rows, change, pc, channels)
            if changes:
                mark.number = changes[-1].number
        return bool(changes)

    async def _follow(self, rows: AsyncSession, change: KeptChange, pc: FleetPc, channels: list[ChannelFacts]) -> None:
        """What somebody has put aside, or follows from another condition, is told when it no longer is, if at all."""
        row = await rows.scalar(select(KeptCondition).where(*_same(KeptCondition, change)))
        if change.kind in _HUSHED or (row is not None and _is_hushed(row, self._now())):
            items = update(AlertItem).where(*_same(AlertItem, change))
            if change.kind in _ANEW:  # what was told is another, and so is what is on its way
                await rows.execute(items.values(is_waiting=False, told_utc_ms=None, change=change.number))
            elif change.kind != ChangeKind.CHANGED.value:
                await rows.execute(items.where(AlertItem.is_waiting).values(is_waiting=False))
        elif change.kind in _TOLD:
            content, _ = read_change(change.content, None)
            if change.severity is not None:
                await self._put(rows, change, tuple(Severity)[change.severity], content.texts, pc, channels)
        elif row is not None and row.is_active and not row.is_acknowledged:
            texts = joined(row.state, None).texts
            await self._put(rows, change, tuple(Severity)[row.severity], texts, pc, channels)

    async def _take_up(
        self,
        rows: AsyncSession,
        change: KeptChange,
        pc: FleetPc,
        channels: list[ChannelFacts],
        stopped: Mapping[Key, bool],
    ) -> None:
        """What stands once a journal was told anew goes on being repeated; what nobody can know to stand is told.

        As it stood before `change`: what came with it or later is followed as in any journal.
        `stopped`: what had been over (True) or put aside since, as far as anybody knew.
        """
        now = self._now()
        told = select(AlertItem).where(AlertItem.device_id == change.device_id, ~AlertItem.is_waiting)
        for one in list(await rows.scalars(told)):
            if stopped.get((one.source, one.subject, one.code)):
                await rows.delete(one)  # as `tidy` would have
        await rows.flush()
        standing = select(KeptCondition).where(
            KeptCondition.device_id == change.device_id, KeptCondition.journal == change.journal,
            KeptCondition.is_active, ~KeptCondition.is_acknowledged,
        )  # fmt: skip
        found = list(await rows.scalars(standing))
        before = await find_before(rows, change)  # after those: what changes in between is in it
        for row in found:
            key = (row.source, row.subject, row.code)
            state = before[key] if key in before else joined(row.state, None)
            if state is None or not (_stood(state) if key in before else not _is_hushed(row, now)):
                continue
            severity, texts = state.severity, state.texts
            told_utc_ms = None if key in stopped else now
            for channel in channels:
                if not channel.wants(severity, pc):
                    continue
                item = await _item_of(rows, channel, row)
                if item is None:  # forgotten as it stopped, or with the other journal
                    item = _new_item(channel, row, severity, told_utc_ms=told_utc_ms)
                    rows.add(item)
                elif item.is_waiting:
                    continue
                elif item.told_utc_ms is None or severity.rank > item.severity:
                    _wait(item)
                _renew(item, severity, texts, change)
                await rows.flush()

    async def _put(
        self, rows: AsyncSession, change: KeptChange, severity: Severity, texts: Texts, pc: FleetPc,
        channels: list[ChannelFacts],
    ) -> None:  # fmt: skip
        for channel in channels:
            if not channel.wants(severity, pc):
                continue
            item = await _item_of(rows, channel, change)
            if item is None:
                item = _new_item(channel, change, severity)
                rows.add(item)
            elif (
                change.kind in _ANEW
                or severity.rank > item.severity  # a sentence with another number in it is no news
                or (change.kind in _BACK and item.told_utc_ms is None)
            ):
                _wait(item)
            _renew(item, severity, texts, change)
            await rows.flush()

    async def tidy(self) -> None:
        """Forget what is over or acknowledged, and let what is not be told again where its channel says so."""
        now = self._now()
        is_new = (
            select(KeptChange.number)
            .where(KeptChange.number == AlertItem.change, KeptChange.kept_utc_ms > now - STALE_MS)
            .exists()
        )
        async with self._database.write() as rows:
            await rows.execute(delete(AlertItem).where(or_(~AlertItem.is_waiting, ~is_new), ~_is_open()))
            for row in await rows.scalars(select(AlertChannel).where(AlertChannel.is_on, AlertChannel.repeat_min > 0)):
                repeat_ms = row.repeat_min * 60_000
                await rows.execute(
                    update(AlertItem)
                    .where(
                        AlertItem.channel == row.id,
                        has_come(AlertItem.told_utc_ms, now - repeat_ms, longest_ms=repeat_ms + SKEW_MS),
                        AlertItem.source.not_in(OWN_SOURCES),  # nobody can acknowledge them
                        _is_open(KeptCondition.is_shown.is_(True), unshelved(now)),
                    )
                    .values(is_waiting=True)
                )

    async def take_due(self) -> list[Due]:
        """Return one message for each channel whose time has come; nobody else is given it within LEASE_MS."""
        now, due = self._now(), []
        has_waiting = (
            select(AlertItem.number).where(AlertItem.channel == AlertChannel.id, AlertItem.is_waiting).exists()
        )
        ready = (AlertChannel.is_on, has_come(AlertChannel.next_utc_ms, now, longest_ms=LONGEST_PAUSE_MS), has_waiting)
        async with self._database.read() as rows:
            if await rows.scalar(select(AlertChannel.id).where(*ready).limit(1)) is None:
                return []
            told_of = set(await rows.scalars(select(AlertItem.device_id).where(AlertItem.is_waiting).distinct()))
        pcs = await self._pcs.all(told_of)
        async with self._database.write() as rows:
            for channel in await rows.scalars(select(AlertChannel).where(*ready).with_for_update(skip_locked=True)):
                items = await _wanted(rows, channel, pcs)
                if not items:
                    continue
                channel.next_utc_ms, channel.tries = now + LEASE_MS, channel.tries + 1
                due.append(_due(channel, items, pcs))
        return due

    async def sent(self, due: Due) -> None:
        """It is out; the next message of this channel goes after its minute."""
        now = self._now()
        async with self._database.write() as rows:
            for number, change in due.items:
                await rows.execute(
                    update(AlertItem)
                    .where(AlertItem.number == number, AlertItem.change == change)
                    .values(is_waiting=False, told_utc_ms=now)
                )
            await rows.execute(
                update(AlertChannel)
                .where(AlertChannel.id == due.channel)
                .values(next_utc_ms=now + GROUP_MS, tries=0, given_up_utc_ms=None, why=None, sent_utc_ms=now)
            )

    async def later(self, due: Due, why: str) -> None:
        """Try again after a pause, unless it was tried for long enough; then it is given up, and the log says so."""
        now = self._now()
        if due.tries < MAX_TRIES:
            pause = backoff_ms(due.tries, self._random.random())
            async with self._database.write() as rows:
                await rows.execute(
                    update(AlertChannel).where(AlertChannel.id == due.channel).values(next_utc_ms=now + pause, why=why)
                )
            return
        details = EventDetails(cause=why, scope=due.channel, count=str(due.tries))
        await self._ledger.record(SERVER, ServerKind.ALERT_GIVEN_UP, details)
        async with self._database.write() as rows:
            numbers = [number for number, _ in due.items]
            await rows.execute(
                update(AlertItem).where(AlertItem.number.in_(numbers)).values(is_waiting=False, told_utc_ms=now)
            )
            await rows.execute(
                update(AlertChannel)
                .where(AlertChannel.id == due.channel)
                .values(next_utc_ms=now + GROUP_MS, tries=0, given_up_utc_ms=now, why=why)
            )


def _concerns(change: KeptChange, pc: FleetPc, channels: list[ChannelFacts]) -> bool:
    """Whether a change may lead to anything: most do not, and nothing is asked for them."""
    if change.kind in _HUSHED + _BACK:
        return bool(channels)
    if change.kind not in _TOLD or change.severity is None:
        return False
    severity = tuple(Severity)[change.severity]
    return any(channel.wants(severity, pc) for channel in channels)


def _same(
    table: type[AlertItem | KeptCondition], one: KeptChange | KeptCondition
) -> tuple[ColumnElement[bool], ...]:  # fmt: skip
    """The condition that a change is about."""
    return (
        table.device_id == one.device_id,
        table.source == one.source,
        table.subject == one.subject,
        table.code == one.code,
    )


async def _item_of(rows: AsyncSession, channel: ChannelFacts, one: KeptChange | KeptCondition) -> AlertItem | None:
    return await rows.scalar(select(AlertItem).where(AlertItem.channel == channel.id, *_same(AlertItem, one)))


def _new_item(
    channel: ChannelFacts, one: KeptChange | KeptCondition, severity: Severity, told_utc_ms: int | None = None
) -> AlertItem:
    return AlertItem(
        channel=channel.id, device_id=one.device_id, source=one.source, subject=one.subject, code=one.code,
        severity=severity.rank, is_waiting=told_utc_ms is None, told_utc_ms=told_utc_ms,
    )  # fmt: skip


def _wait(item: AlertItem) -> None:
    """It is news, also when it is put aside before its turn comes: what was told, if anything, was not this."""
    item.is_waiting, item.told_utc_ms = True, None


def _renew(item: AlertItem, severity: Severity, texts: Texts, change: KeptChange) -> None:
    item.severity, item.change = severity.rank, change.number
    item.texts = msgspec.json.encode(texts).decode()


def _is_hushed(row: KeptCondition, now_utc_ms: int) -> bool:
    """Whether somebody has put it aside, or it is active and suppressed, which is why it is not shown."""
    return (row.shelved_until_utc_ms or 0) > now_utc_ms or (row.is_active and not row.is_shown)


def _stood(state: ConditionState) -> bool:
    """Whether it was active, and neither acknowledged nor put aside."""
    return state.is_active and not (
        state.is_acknowledged or state.is_suppressed or state.shelved_until_utc_ms is not None
    )


def _is_open(*besides: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the condition of an item is not over.  One that is suppressed is not: what was told of it stays told."""
    return (
        select(KeptCondition.number)
        .where(
            KeptCondition.device_id == AlertItem.device_id,
            KeptCondition.source == AlertItem.source,
            KeptCondition.subject == AlertItem.subject,
            KeptCondition.code == AlertItem.code,
            KeptCondition.is_active,
            ~KeptCondition.is_acknowledged,
            *besides,
        )
        .exists()
    )


async def _wanted(rows: AsyncSession, channel: AlertChannel, pcs: Mapping[bytes, FleetPc]) -> list[AlertItem]:
    """Return what waits for a channel, worst first; delete what the rule of today or a PC's end rules out."""
    waiting = select(AlertItem).where(AlertItem.channel == channel.id, AlertItem.is_waiting)
    rule, items = facts_of(channel), []
    for item in await rows.scalars(waiting.order_by(AlertItem.severity.desc(), AlertItem.number)):
        pc = pcs.get(item.device_id)
        if pc is not None and rule.wants(tuple(Severity)[item.severity], pc):
            items.append(item)
        else:
            await rows.delete(item)
    return items


def _due(channel: AlertChannel, items: list[AlertItem], pcs: Mapping[bytes, FleetPc]) -> Due:
    lines = tuple(_line(one, pcs.get(one.device_id), channel.language) for one in items[:MAX_LISTED])
    message = Message(channel.language, lines, max(0, len(items) - MAX_LISTED))
    return Due(channel.id, channel.target, message, channel.tries, tuple((one.number, one.change) for one in items))


def _line(item: AlertItem, pc: FleetPc | None, language: str) -> Line:
    texts = msgspec.json.decode(item.texts, type=dict[str, str])
    text = texts.get(language) or texts.get("en") or next(iter(texts.values()), f"{item.code}: {item.subject}")
    return Line(tuple(Severity)[item.severity], pc.site_name if pc else "", pc.name if pc else "", text)
