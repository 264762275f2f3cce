"""Log-outs of the provider that are kept for those on their way back: whom they mean, for how long, and how many."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.fakes.server_world import Clock, opened_parts

from benchside.server.sso import logouts
from benchside.server.sso.logouts import KEEP_MS, Logouts
from benchside.server.sso.model import ProviderLogout
from benchside.server.sso.provider import Signed

YEAR_MS = 365 * 24 * 3600_000
ANA = Signed("subject-1", "sid-1", {})


@pytest.mark.parametrize(
    ("subject", "sid", "means_ana"),
    [
        (None, "sid-1", True),
        ("subject-1", None, True),
        ("subject-1", "sid-1", True),
        (None, "sid-2", False),
        ("subject-2", None, False),
        ("subject-2", "sid-1", False),
        ("subject-1", "sid-2", False),
    ],
)
async def test_whom_a_log_out_means(tmp_path: Path, subject: str | None, sid: str | None, means_ana: bool) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        kept = Logouts(parts.cloud, clock)
        await kept.keep("id-1", subject=subject, sid=sid)
        assert await kept.came_for(ANA, since_utc_ms=clock()) is means_ana
        assert not await kept.came_for(ANA, since_utc_ms=clock() + 1)  # it was before that attempt began
        # another process of the same server sees it, too
        assert await Logouts(parts.cloud, clock).came_for(ANA, since_utc_ms=clock()) is means_ana


async def test_one_that_a_clock_ahead_has_heard_keeps_nobody_out(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        kept = Logouts(parts.cloud, clock)
        clock.now_ms += YEAR_MS
        await kept.keep("id-1", subject="subject-1", sid=None)
        clock.now_ms -= YEAR_MS
        assert not await kept.came_for(ANA, since_utc_ms=clock())
        await kept.forget_old()
        async with parts.cloud.read() as rows:
            assert (await rows.scalars(select(func.count()).select_from(ProviderLogout))).one() == 0


async def test_one_that_is_told_again_keeps_its_time(tmp_path: Path) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        kept = Logouts(parts.cloud, clock)
        await kept.keep("id \ud800", subject=None, sid="sid-1")
        clock.now_ms += 1000
        await kept.keep("id \ud800", subject=None, sid="sid-1")
        assert not await kept.came_for(ANA, since_utc_ms=clock())


async def test_they_are_bounded_in_number_and_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logouts, "MAX_LOGOUTS", 3)
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        kept = Logouts(parts.cloud, clock)

        async def count() -> int:
            async with parts.cloud.read() as rows:
                return (await rows.scalars(select(func.count()).select_from(ProviderLogout))).one()

        begun = clock()
        for number in range(5):
            await kept.keep(f"id-{number}", subject=None, sid=f"sid-{number}")
            clock.now_ms += 1
        assert await count() == 3
        assert not await kept.came_for(ANA, since_utc_ms=begun)
        assert await kept.came_for(Signed("subject-1", "sid-4", {}), since_utc_ms=begun)
        clock.now_ms = begun + KEEP_MS
        await kept.forget_old()
        assert await count() == 3
        clock.now_ms += 10
        await kept.forget_old()
        assert await count() == 0
