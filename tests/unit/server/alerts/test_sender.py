"""The sender: a channel that is slow keeps neither the others nor the next round waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.notified import add_device
from tests.fakes.notifier import Journal
from tests.fakes.server_world import Clock, opened_parts

from benchside.protocol.wire.condition import ConditionKey, Severity
from benchside.server.alerts.facts import Message
from benchside.server.alerts.model import AlertChannel
from benchside.server.alerts.queue import GROUP_MS, LEASE_MS, AlertQueue
from benchside.server.alerts.sender import AlertSender
from benchside.server.notices.pcs import Pcs
from benchside.server.parts import Parts

PC = b"p" * 16


class SlowWay:
    """One target answers when it is let, the others at once."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.sent: asyncio.Queue[str] = asyncio.Queue()

    async def send(self, target: str, message: Message) -> str | None:
        if target == "slow:x":
            await self.answers.wait()
        self.sent.put_nowait(target)
        return None


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def parts(tmp_path: Path, clock: Clock) -> AsyncIterator[Parts]:
    async with opened_parts(tmp_path, clock) as opened:
        await add_device(opened, PC)
        yield opened


async def test_a_slow_channel_keeps_nobody_waiting(parts: Parts, clock: Clock) -> None:
    queue = AlertQueue(parts.cloud, Pcs(parts.cloud, clock), parts.ledger, clock)
    await queue.gather()
    way, journal = SlowWay(), Journal()
    sender = AlertSender(queue, way)
    async with parts.cloud.write() as rows:
        for id_ in ("fast", "slow"):
            rows.add(
                AlertChannel(
                    id=id_, name=id_, target=f"{id_}:x", severity=Severity.WARNING.rank, sites="[]", models="[]",
                    language="en", repeat_min=0, is_on=True, next_utc_ms=0, tries=0,
                )
            )  # fmt: skip
    await parts.intake.keep(PC, journal.batch(journal.raised()))
    async with asyncio.timeout(5):
        await sender.send_due()
        assert await way.sent.get() == "fast:x"
        clock.now_ms += GROUP_MS * 2
        await parts.intake.keep(PC, journal.batch(journal.raised(ConditionKey("local.x", "s", "odd"))))
        while way.sent.empty():
            await sender.send_due()
        assert way.sent.get_nowait() == "fast:x", "the next round does not wait either"
        way.answers.set()
        await sender.settled()
    # what is broken off comes again after its lease
    way.answers.clear()
    while not way.sent.empty():
        way.sent.get_nowait()
    clock.now_ms += LEASE_MS * 2
    await parts.intake.keep(PC, journal.batch(journal.raised(ConditionKey("local.x", "t", "odd"))))
    await sender.send_due()
    await sender.close()
    way.answers.set()
    clock.now_ms += LEASE_MS
    await sender.send_due()
    await sender.settled()
    assert "slow:x" in [way.sent.get_nowait() for _ in range(way.sent.qsize())]
