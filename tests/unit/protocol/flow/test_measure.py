"""How much may be under way while a line is measured, and what rate is said of it."""

from __future__ import annotations

import pytest

from benchside.protocol.errors import PeerError
from benchside.protocol.flow.measure import MAX_BPS, MAX_DIRECTION_BYTES, SEND_FOR_S, Flight, Rate
from benchside.protocol.wire.measure import (
    CHUNK,
    MAX_CHUNK_BYTES,
    TURN,
    WINDOW_BYTES,
    is_chunk,
    read_taken,
    say_taken,
)


def over(bps: float, delay_s: float = 0.05) -> tuple[float, Flight]:
    """A measurement over a line of that rate, without a clock; the rate, and what was sent."""
    flight, rate, now, sent = Flight(0.0), Rate(0.0), 0.0, [(0.0, 0)]
    while not flight.is_over(now):
        size = flight.chunks(now) * MAX_CHUNK_BYTES
        through = max(sent[-1][0], now) + size * 8 / bps
        sent.append((through, flight.sent_bytes))
        assert flight.sent_bytes - flight.taken_bytes <= WINDOW_BYTES
        now += 0.01
        arrived = max(total for at, total in sent if at + delay_s <= now or total == 0)
        if arrived > flight.taken_bytes:
            flight.took(arrived)
            rate.note(arrived, now)
    return rate.bits_per_s(), flight


@pytest.mark.parametrize("mbit", [0.5, 1, 2, 4, 6, 8])
def test_the_rate_of_a_line_is_found(mbit: float) -> None:
    found, _ = over(mbit * 1e6)
    assert found == pytest.approx(mbit * 1e6, rel=0.2)


def test_a_fast_line_is_not_filled() -> None:
    found, flight = over(1e9)
    assert found == pytest.approx(MAX_BPS, rel=0.1)
    assert flight.sent_bytes <= MAX_DIRECTION_BYTES


def test_it_ends_in_time_also_where_nothing_comes_through() -> None:
    flight = Flight(0.0)
    assert flight.chunks(1.0) > 0
    assert flight.chunks(1.0) == 0
    assert flight.is_over(SEND_FOR_S)
    assert Rate(0.0).bits_per_s() == 0


def test_a_count_that_cannot_be_is_refused() -> None:
    flight = Flight(0.0)
    flight.sent_bytes = 1000
    flight.took(500)
    for total in (499, 1001):
        with pytest.raises(PeerError):
            flight.took(total)


def test_messages_are_what_they_say() -> None:
    assert read_taken(say_taken(0xFFFFFFFF)) == 0xFFFFFFFF
    for wrong in (b"", TURN, CHUNK, say_taken(1)[:-1], say_taken(1) + b"\x00"):
        with pytest.raises(PeerError):
            read_taken(wrong)
    assert is_chunk(CHUNK + b"x" * (MAX_CHUNK_BYTES - 1))
    assert not is_chunk(CHUNK + b"x" * MAX_CHUNK_BYTES)
    assert not is_chunk(b"")
