"""Pacing: at once after a rest, 60 a second under load, and never an unbounded queue."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.media.pacing import (
    MAX_BYTES_IN_FLIGHT,
    MAX_PICTURES_IN_FLIGHT,
    MAX_PICTURES_PER_S,
    Pacing,
)
from benchside.protocol.errors import CallerError, PeerError, PeerFault


def send(pacing: Pacing, now: float, size_bytes: int = 100) -> int:
    sequence = pacing.next_sequence
    pacing.picture_sent(sequence, size_bytes, now)
    return sequence


def test_nothing_to_take_without_damage() -> None:
    pacing = Pacing(0.0)
    assert not pacing.may_capture(10.0)
    assert pacing.deadline() is None


def test_first_damage_after_a_rest_is_taken_at_once() -> None:
    pacing = Pacing(0.0)
    pacing.damage_arrived(5.0)
    assert pacing.may_capture(5.0)
    assert pacing.deadline() == 5.0
    send(pacing, 5.0)
    assert not pacing.may_capture(5.0)
    pacing.damage_arrived(5.001)
    assert pacing.may_capture(5.001), "the second repaint of a click does not wait"


def test_continuous_damage_makes_60_pictures_in_any_second() -> None:
    pacing = Pacing(0.0)
    now, taken = 0.0, []
    while now < 3.0:
        pacing.damage_arrived(now)
        if pacing.may_capture(now):
            pacing.picture_shown(send(pacing, now), now)
            taken.append(now)
        now += 0.001
    for start in taken:
        assert sum(start <= at < start + 1.0 for at in taken) <= MAX_PICTURES_PER_S
    assert len(taken) > 3 * (MAX_PICTURES_PER_S - 4)


def test_deadline_is_when_the_next_may_be_taken() -> None:
    pacing = Pacing(0.0)
    for _ in range(2):
        pacing.damage_arrived(0.0)
        send(pacing, 0.0)
    pacing.damage_arrived(0.0)
    at = pacing.deadline()
    assert at is not None
    assert 0.0 < at <= 1 / 58
    assert not pacing.may_capture(at - 0.001)
    assert pacing.may_capture(at)


def test_a_viewer_that_never_acknowledges_stops_the_picture() -> None:
    pacing = Pacing(0.0)
    sent = 0
    for tick in range(1000):
        now = tick * 0.1
        pacing.damage_arrived(now)
        if pacing.may_capture(now):
            send(pacing, now)
            sent += 1
    assert sent == pacing.in_flight == MAX_PICTURES_IN_FLIGHT
    assert pacing.deadline() is None
    pacing.picture_shown(1, 200.0)
    assert pacing.may_capture(200.0), "what gathered meanwhile goes out at once"


def test_bytes_in_flight_are_bounded() -> None:
    pacing = Pacing(0.0)
    pacing.damage_arrived(0.0)
    big = send(pacing, 0.0, MAX_BYTES_IN_FLIGHT)
    pacing.damage_arrived(1.0)
    assert not pacing.may_capture(1.0)
    assert pacing.picture_shown(big, 1.5) == 1.5
    assert pacing.bytes_in_flight == 0
    assert pacing.may_capture(1.5)


def test_an_acknowledgement_covers_all_before_it() -> None:
    pacing = Pacing(0.0)
    for now in (0.0, 1.0, 2.0):
        pacing.damage_arrived(now)
        send(pacing, now, 10)
    assert pacing.picture_shown(2, 2.5) == 1.5
    assert (pacing.in_flight, pacing.bytes_in_flight) == (1, 10)


@pytest.mark.parametrize("sequence", [-1, 0, 1, 2, 4, 1 << 60])
def test_a_wrong_acknowledgement_is_the_peers_fault(sequence: int) -> None:
    pacing = Pacing(0.0)
    for now in (0.0, 1.0, 2.0):
        pacing.damage_arrived(now)
        send(pacing, now)
    pacing.picture_shown(2, 2.0)
    with pytest.raises(PeerError) as caught:
        pacing.picture_shown(sequence, 3.0)
    assert caught.value.fault is PeerFault.OUT_OF_ORDER


def test_false_damage_costs_a_turn() -> None:
    pacing = Pacing(0.0)
    for _ in range(2):
        pacing.damage_arrived(0.0)
        pacing.picture_unchanged(0.0)
    pacing.damage_arrived(0.0)
    assert not pacing.may_capture(0.0)
    assert pacing.in_flight == 0


def test_out_of_turn_is_a_bug() -> None:
    pacing = Pacing(0.0)
    with pytest.raises(CallerError):
        send(pacing, 0.0)
    pacing.damage_arrived(0.0)
    with pytest.raises(CallerError):
        pacing.picture_sent(2, 1, 0.0)
    with pytest.raises(CallerError):
        pacing.picture_sent(1, -1, 0.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("dsau"), st.floats(0, 0.1)), max_size=200))
def test_whatever_happens_the_flight_is_bounded_and_the_deadline_true(steps: list[tuple[str, float]]) -> None:
    pacing, now = Pacing(0.0), 0.0
    for what, gap in steps:
        now += gap
        if what == "d":
            pacing.damage_arrived(now)
        elif what == "a" and pacing.in_flight:
            pacing.picture_shown(pacing.next_sequence - 1, now)
        elif what in "su" and pacing.may_capture(now):
            if what == "s":
                send(pacing, now, 400_000)
            else:
                pacing.picture_unchanged(now)
        at = pacing.deadline()
        if at is not None:
            assert pacing.may_capture(max(at, now))
        assert pacing.in_flight <= MAX_PICTURES_IN_FLIGHT
        assert pacing.bytes_in_flight < MAX_BYTES_IN_FLIGHT + 400_000
