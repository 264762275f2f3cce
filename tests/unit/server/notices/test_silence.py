"""The silence of a PC: after its site's minutes, over at once, and never of a PC that is revoked."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select, update
from tests.fakes.notified import add_device
from tests.fakes.server_world import Clock, opened_parts

from benchside.server.enrolment.model import Site
from benchside.server.notices.model import KeptChange, KeptCondition
from benchside.server.notices.own import notifier_silent
from benchside.server.notices.silence import Silence
from benchside.server.parts import Parts
from benchside.server.presence.watch import Presence

PC = b"p" * 16
MINUTE_MS = 60_000


async def active(parts: Parts) -> list[str]:
    async with parts.cloud.read() as rows:
        return sorted(await rows.scalars(select(KeptCondition.subject).where(KeptCondition.is_active)))


async def test_a_clock_that_was_ahead_when_a_pc_left_hides_its_silence_for_its_minutes_alone(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await add_device(parts, PC)
        presence = Presence(parts.session, clock)
        silence = Silence(parts.cloud, presence, parts.intake, clock)
        await presence.came(PC)
        clock.now_ms += 10 * 365 * 24 * 60 * MINUTE_MS
        await presence.left(PC)
        clock.now_ms -= 10 * 365 * 24 * 60 * MINUTE_MS
        await silence.look()
        clock.now_ms += 15 * MINUTE_MS - 1
        await silence.look()
        assert await active(parts) == []
        clock.now_ms += 1
        await silence.look()
        assert await active(parts) == ["pc"]


async def test_a_pc_that_does_not_come_is_told_of_once(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await add_device(parts, PC)
        presence = Presence(parts.session, clock)
        silence = Silence(parts.cloud, presence, parts.intake, clock)
        clock.now_ms += 15 * MINUTE_MS - 1
        await silence.look()
        assert await active(parts) == []
        clock.now_ms += 1
        await silence.look()
        await silence.look()
        assert await active(parts) == ["pc"]
        await presence.came(PC)
        await silence.look()
        assert await active(parts) == []
        async with parts.cloud.read() as rows:
            assert list(await rows.scalars(select(KeptChange.kind))) == ["raised", "cleared"]


async def test_a_silent_pc_says_nothing_of_its_notifier(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await add_device(parts, PC)
        silence = Silence(parts.cloud, Presence(parts.session, clock), parts.intake, clock)
        await parts.intake.say(PC, [notifier_silent(is_on=True)])
        clock.now_ms += 20 * MINUTE_MS
        await silence.look()
        assert await active(parts) == ["pc"]


async def test_each_site_says_how_long_and_a_revoked_pc_is_silent_for_good(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await add_device(parts, PC)
        silence = Silence(parts.cloud, Presence(parts.session, clock), parts.intake, clock)
        for minutes, expected in ((0, []), (60, []), (10, ["pc"])):
            async with parts.cloud.write() as rows:
                await rows.execute(update(Site).values(silent_after_min=minutes))
            clock.now_ms += 20 * MINUTE_MS
            await silence.look()
            assert await active(parts) == expected
        await parts.register.revoke(PC)
        await silence.look()
        assert await active(parts) == []


async def test_a_server_that_starts_anew_does_not_say_that_silent_pcs_are_back(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        await add_device(parts, PC)
        before = Silence(parts.cloud, Presence(parts.session, clock), parts.intake, clock)
        clock.now_ms += 20 * MINUTE_MS
        await before.look()
        presence = Presence(parts.session, clock)
        after = Silence(parts.cloud, presence, parts.intake, clock)
        await after.look()
        clock.now_ms += 20 * MINUTE_MS
        await after.look()
        assert await active(parts) == ["pc"]
        async with parts.cloud.read() as rows:
            assert list(await rows.scalars(select(KeptChange.kind))) == ["raised"]
        await presence.came(PC)
        await after.look()
        assert await active(parts) == []
