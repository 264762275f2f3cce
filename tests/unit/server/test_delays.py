"""Delays after wrong tries: how they grow, where they stop, and that they outlive a restart."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.server_world import Clock, opened_parts

from benchside.server.access.delays import Delays, Subject, account_delay_ms, code_delay_ms, source_delay_ms


def test_delays_double_and_stop_at_their_most() -> None:
    assert [account_delay_ms(failures) for failures in range(12)] == [
        0, 0, 0, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000,
    ]  # fmt: skip
    assert account_delay_ms(10**9) == 60_000
    assert [code_delay_ms(failures) for failures in range(1, 8)] == [2000, 4000, 8000, 16000, 32000, 60000, 60000]
    assert [source_delay_ms(failures) for failures in (0, 8, 9, 12)] == [0, 0, 1000, 2000]
    assert source_delay_ms(10**9) == 15 * 60_000


async def test_delays_outlive_a_restart_and_end_by_time_or_a_right_try(tmp_path: Path) -> None:
    clock = Clock()
    subject = Subject("code-associate", "ana", code_delay_ms)
    async with opened_parts(tmp_path, clock) as parts:
        assert await parts.delays.count_wrong([subject]) == 2000
        assert await parts.delays.count_wrong([subject]) == 4000
    async with opened_parts(tmp_path, clock) as parts:
        assert await parts.delays.wait_ms([subject]) == 4000
        assert await parts.delays.wait_ms([Subject("code-associate", "ben", code_delay_ms)]) == 0
        clock.now_ms += 4000
        assert await parts.delays.wait_ms([subject]) == 0
        assert await parts.delays.count_wrong([subject]) == 8000
        await parts.delays.forget(subject)
        assert await parts.delays.wait_ms([subject]) == 0


async def test_invented_names_push_out_only_the_oldest(tmp_path: Path, monkeypatch: object) -> None:
    clock = Clock()
    async with opened_parts(tmp_path, clock) as parts:
        from benchside.server.access import delays

        delays.MAX_ROWS, kept = 3, delays.MAX_ROWS
        try:
            await _fill(parts.delays, clock)
            assert await parts.delays.wait_ms([Subject("code", "0", code_delay_ms)]) == 0
            assert await parts.delays.wait_ms([Subject("code", "5", code_delay_ms)]) > 0
        finally:
            delays.MAX_ROWS = kept


async def _fill(delays: Delays, clock: Clock) -> None:
    for number in range(6):
        clock.now_ms += 1
        await delays.count_wrong([Subject("code", str(number), code_delay_ms)])
