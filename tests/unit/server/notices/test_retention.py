"""What is forgotten: old changes, those of a PC gone wild, and faults that did not come again."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.fakes.notified import add_device
from tests.fakes.notifier import Journal
from tests.fakes.server_world import Clock, opened_parts

from benchside.server.notices import retention
from benchside.server.notices.model import KeptChange, KeptCondition
from benchside.server.notices.order import JournalFault
from benchside.server.notices.own import journal_fault
from benchside.server.notices.retention import FAULT_MS, KEEP_MS, Retention
from benchside.server.parts import Parts

PC, OTHER = b"p" * 16, b"o" * 16


async def count(parts: Parts, device_id: bytes) -> int:
    async with parts.cloud.read() as rows:
        return await rows.scalar(select(func.count()).where(KeptChange.device_id == device_id)) or 0


async def test_old_and_too_many_changes_go_and_what_is_kept_stays_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MAX_CHANGES", 6)
    monkeypatch.setattr(retention, "DELETED_AT_ONCE", 2)
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        for device_id in (PC, OTHER):
            await add_device(parts, device_id)
        wild, quiet = Journal(), Journal()
        await parts.intake.keep(PC, wild.batch(*(wild.raised() for _ in range(15))))
        await parts.intake.keep(OTHER, quiet.batch(quiet.raised(), quiet.cleared()))
        old = Retention(parts.cloud, parts.intake, clock)
        await old.forget_old()
        assert (await count(parts, PC), await count(parts, OTHER)) == (6, 2)
        clock.now_ms += KEEP_MS + 1
        await old.forget_old()
        assert (await count(parts, PC), await count(parts, OTHER)) == (0, 0)
        assert await parts.intake.kept_up_to(PC, wild.id) == 15
        async with parts.cloud.read() as rows:
            assert list(await rows.scalars(select(KeptCondition.code))) == ["space_low"], "it is still active"


async def test_a_fault_of_a_journal_is_over_after_a_week(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await add_device(parts, PC)
        await parts.intake.say(PC, [journal_fault(JournalFault.BROKEN)])
        old = Retention(parts.cloud, parts.intake, clock)
        for later_ms, left in ((FAULT_MS, 1), (1, 0)):
            clock.now_ms += later_ms
            await old.forget_old()
            async with parts.cloud.read() as rows:
                found = list(await rows.scalars(select(KeptCondition.is_active)))
            assert sum(found) == left
