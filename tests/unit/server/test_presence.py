"""Presence: now, its history, and what a crash leaves of it."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.server_world import Clock, opened_parts

from benchside.server.presence.watch import KEEP_HISTORY_MS, Presence

DEVICE = b"d" * 16


async def spans(presence: Presence) -> list[tuple[int, int | None]]:
    return [(one.from_utc_ms, one.until_utc_ms) for one in await presence.history(DEVICE, 10)]


async def test_spans_begin_end_and_are_forgotten(tmp_path: Path) -> None:
    clock = Clock(1000)
    async with opened_parts(tmp_path, clock) as parts:
        presence = Presence(parts.session, clock)
        assert presence.gone_since_utc_ms(DEVICE) == 1000
        await presence.came(DEVICE)
        await presence.came(DEVICE)
        assert presence.is_online(DEVICE)
        assert presence.gone_since_utc_ms(DEVICE) is None
        clock.now_ms = 2000
        await presence.left(DEVICE)
        assert (presence.is_online(DEVICE), presence.gone_since_utc_ms(DEVICE)) == (False, 2000)
        assert await spans(presence) == [(1000, 2000)]
        clock.now_ms = 2001 + KEEP_HISTORY_MS
        await presence.forget_old()
        assert await spans(presence) == []


async def test_a_crash_ends_a_span_where_it_was_last_seen(tmp_path: Path) -> None:
    clock = Clock(1000)
    async with opened_parts(tmp_path, clock) as parts:
        presence = Presence(parts.session, clock)
        await presence.came(DEVICE)
        clock.now_ms = 61_000
        await presence.note_alive()
        clock.now_ms = 90_000
        after = Presence(parts.session, clock)
        await after.close_stale()
        assert await spans(after) == [(1000, 61_000)]
