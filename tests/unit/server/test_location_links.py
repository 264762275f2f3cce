"""Whether a sign-in has a link of its own, and when another may go out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.server_world import Clock
from tests.unit.server.test_location import HOME, ana_at

from benchside.server.accounts.sign_ins import CONFIRM_MS
from benchside.server.location.links import HOUR_MS, LINK_MS, MAX_IN_HOUR, PAUSE_MS, LinkStanding, NoLink
from benchside.server.mail import outbox


async def test_a_sign_in_is_told_whether_it_has_a_link_and_when_it_may(tmp_path: Path) -> None:
    """The link of a sign-in that was given up counts for the account, and lets in no other."""
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        first, _ = await ana.begin()
        assert await ana.locations.link_of(first) == LinkStanding(why=None, wait_ms=PAUSE_MS)
        clock.now_ms += PAUSE_MS // 2
        second, _ = await ana.begin()
        assert await ana.locations.link_of(second) == LinkStanding(why=NoLink.OTHERS, wait_ms=PAUSE_MS // 2)
        assert not await ana.locations.send_again(second, "en", HOME)
        clock.now_ms += PAUSE_MS // 2
        assert await ana.locations.link_of(second) == LinkStanding(why=NoLink.OTHERS, wait_ms=0)
        assert await ana.locations.send_again(second, "en", HOME)
        assert await ana.locations.link_of(second) == LinkStanding(why=None, wait_ms=PAUSE_MS)
        for _ in range(3):
            clock.now_ms += PAUSE_MS
            assert await ana.locations.send_again(second, "en", HOME)
        assert (await ana.locations.link_of(second)).wait_ms == HOUR_MS - 4 * PAUSE_MS  # five in this hour
        clock.now_ms += LINK_MS + 1
        assert (await ana.locations.link_of(second)).why is NoLink.EXPIRED  # and the sign-in waits for longer


async def test_a_mail_that_cannot_go_out_is_not_said_to_be_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ana_at(tmp_path, Clock()) as ana:
        monkeypatch.setattr(outbox, "MAX_WAITING", 0)
        signed_in, _ = await ana.begin()
        assert await ana.locations.link_of(signed_in) == LinkStanding(why=NoLink.NO_MAIL, wait_ms=0)


async def test_a_link_that_is_too_old_is_not_said_to_be_none(tmp_path: Path) -> None:
    """Its sign-in waits for ten minutes more, and whoever looks at their mail late comes back to it."""
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        signed_in, _ = await ana.begin()
        clock.now_ms += LINK_MS
        assert await ana.locations.link_of(signed_in) == LinkStanding(why=None, wait_ms=0)
        clock.now_ms += 1
        assert await ana.locations.link_of(signed_in) == LinkStanding(why=NoLink.EXPIRED, wait_ms=0)
        assert await ana.locations.send_again(signed_in, "en", HOME)
        assert await ana.locations.link_of(signed_in) == LinkStanding(why=None, wait_ms=PAUSE_MS)


async def test_who_had_all_of_an_hour_before_is_told_so_to_the_end_of_the_sign_in(tmp_path: Path) -> None:
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        for _ in range(MAX_IN_HOUR):
            await ana.begin()
            clock.now_ms += PAUSE_MS
        clock.now_ms += HOUR_MS - MAX_IN_HOUR * PAUSE_MS - 1
        last, _ = await ana.begin()
        assert await ana.locations.link_of(last) == LinkStanding(why=NoLink.OTHERS, wait_ms=1)
        clock.now_ms += CONFIRM_MS
        assert await ana.locations.link_of(last) == LinkStanding(why=NoLink.OTHERS, wait_ms=0)


async def test_a_link_that_a_clock_ahead_has_made_keeps_nobody_waiting(tmp_path: Path) -> None:
    clock = Clock()
    async with ana_at(tmp_path, clock) as ana:
        clock.now_ms += 365 * 24 * HOUR_MS
        await ana.begin()
        clock.now_ms -= 365 * 24 * HOUR_MS
        again, _ = await ana.begin()
        assert await ana.locations.link_of(again) == LinkStanding(why=None, wait_ms=PAUSE_MS)
