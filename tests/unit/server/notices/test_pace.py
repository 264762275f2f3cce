"""How much one PC may tell before it has to wait."""

from __future__ import annotations

from benchside.server.notices.pace import MAX_WAIT_S, WATCH_BURST, WATCH_REFILL_S, Pace


def test_each_device_has_a_bucket_that_fills_again() -> None:
    pace = Pace(WATCH_BURST, WATCH_REFILL_S)
    waits = [pace.wait_s(b"a", 1, 0.0) for _ in range(WATCH_BURST + 1)]
    assert waits == [0.0] * WATCH_BURST + [MAX_WAIT_S]
    assert pace.wait_s(b"b", 1, 0.0) == 0.0
    assert pace.wait_s(b"a", 1, 2 / WATCH_REFILL_S) == 0.0
