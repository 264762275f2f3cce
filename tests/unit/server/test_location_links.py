"""Whether a sign-in has a link of its own, and when another may go out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.server_world import Clock
from tests.unit.server.test_location import HOME, ana_at

from benchside.server.location.links import HOUR_MS, LINK_MS, PAUSE_MS, LinkStanding
from benchside.server.mail import outbox


async def test_a_sign_in_is_told_whether_it_has_a_link_and_when_it_may(tmp_path: Path) -> None:
    """The link of a sign-in that was given up counts for the account, and lets in no other."""
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        first, _ = await ana.begin()
        assert await ana.locations.link_of(first) == LinkStanding(is_sent=True, wait_ms=PAUSE_MS)
        clock.now_ms += PAUSE_MS // 2
        second, _ = await ana.begin()
        assert await ana.locations.link_of(second) == LinkStanding(is_sent=False, wait_ms=PAUSE_MS // 2)
        assert not await ana.locations.send_again(second, "en", HOME)
        clock.now_ms += PAUSE_MS // 2
        assert await ana.locations.link_of(second) == LinkStanding(is_sent=False, wait_ms=0)
        assert await ana.locations.send_again(second, "en", HOME)
        assert await ana.locations.link_of(second) == LinkStanding(is_sent=True, wait_ms=PAUSE_MS)
        for _ in range(3):
            clock.now_ms += PAUSE_MS
            assert await ana.locations.send_again(second, "en", HOME)
        assert (await ana.locations.link_of(second)).wait_ms == HOUR_MS - 4 * PAUSE_MS  # five in this hour
        clock.now_ms += LINK_MS + 1
        assert not (await ana.locations.link_of(second)).is_sent  # there was one, which is too old


async def test_a_mail_that_cannot_go_out_is_not_said_to_be_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ana_at(tmp_path, Clock()) as ana:
        monkeypatch.setattr(outbox, "MAX_WAITING", 0)
        signed_in, _ = await ana.begin()
        assert await ana.locations.link_of(signed_in) == LinkStanding(is_sent=False, wait_ms=0)


async def test_a_link_that_a_clock_ahead_has_made_keeps_nobody_waiting(tmp_path: Path) -> None:
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        clock.now_ms += 365 * 24 * HOUR_MS
        await ana.begin()
        clock.now_ms -= 365 * 24 * HOUR_MS
        again, _ = await ana.begin()
        assert await ana.locations.link_of(again) == LinkStanding(is_sent=True, wait_ms=PAUSE_MS)
