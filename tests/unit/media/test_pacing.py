"""Pacing: at once after a rest, 60 a second under load, and never an unbounded queue."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.media.pacing import (
    FIRST_BYTES_IN_FLIGHT,
    MAX_BYTES_IN_FLIGHT,
    MAX_PICTURES_IN_FLIGHT,
    MAX_PICTURES_PER_S,
    MIN_BYTES_IN_FLIGHT,
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


class Line:
    """A line of so many bytes a second, with a viewer at its end who has damage to see all the time."""

    def __init__(self, pacing: Pacing, bytes_per_s: float, way_s: float, picture_bytes: int) -> None:
        self.pacing, self.bytes_per_s, self.way_s, self.picture_bytes = pacing, bytes_per_s, way_s, picture_bytes
        self.free_at = 0.0
        self.shown_at: dict[int, float] = {}
        self.waited_s: list[float] = []

    def play(self, start: float, seconds: float, every_s: float = 0.005) -> int:
        """Bytes shown from `start` on; looks every few milliseconds."""
        shown, now = 0, start
        while now < start + seconds:
            for sequence in [each for each, at in self.shown_at.items() if at <= now]:
                del self.shown_at[sequence]
                self.waited_s.append(self.pacing.picture_shown(sequence, now))
                shown += self.picture_bytes
            self.pacing.damage_arrived(now)
            if self.pacing.may_capture(now):
                sequence = send(self.pacing, now, self.picture_bytes)
                self.free_at = max(self.free_at, now) + self.picture_bytes / self.bytes_per_s
                self.shown_at[sequence] = self.free_at + self.way_s
            now += every_s
        return shown


def test_before_anything_is_known_of_the_line_little_is_in_flight() -> None:
    pacing = Pacing(0.0)
    pacing.damage_arrived(0.0)
    send(pacing, 0.0, FIRST_BYTES_IN_FLIGHT)
    pacing.damage_arrived(1.0)
    assert not pacing.may_capture(1.0)


@pytest.mark.parametrize("way_s", [0.02, 0.1, 0.3])
def test_a_slow_line_holds_a_quarter_of_a_second(way_s: float) -> None:
    rate = 500_000
    line = Line(Pacing(0.0), rate, way_s, picture_bytes=60_000)
    line.play(0.0, 10.0)
    line.waited_s.clear()
    shown = line.play(10.0, 10.0)
    assert shown > 0.75 * rate * 10, "and is still used"
    assert max(line.waited_s) < way_s + 0.25 + 2 * 60_000 / rate + 0.05, (
        "what one picture takes, and one more than the bound"
    )


def test_a_fast_line_is_not_held_back() -> None:
    line = Line(Pacing(0.0), 12_000_000, 0.05, picture_bytes=150_000)
    line.play(0.0, 2.0)
    assert line.pacing.max_bytes_in_flight == MAX_BYTES_IN_FLIGHT
    assert line.play(2.0, 5.0) > 5 * 0.9 * 150_000 * 58


def test_a_line_that_becomes_slow_is_learnt() -> None:
    line = Line(Pacing(0.0), 12_000_000, 0.05, picture_bytes=100_000)
    line.play(0.0, 3.0)
    assert line.pacing.max_bytes_in_flight == MAX_BYTES_IN_FLIGHT
    line.bytes_per_s = 400_000
    line.play(3.0, 15.0)
    assert line.pacing.max_bytes_in_flight < 400_000 * 0.6


def test_a_screen_that_rests_does_not_make_the_line_look_slow() -> None:
    line = Line(Pacing(0.0), 12_000_000, 0.05, picture_bytes=150_000)
    line.play(0.0, 2.0)
    line.picture_bytes = 200
    line.play(2.0, 5.0)
    assert line.pacing.max_bytes_in_flight == MAX_BYTES_IN_FLIGHT


@given(st.lists(st.tuples(st.integers(0, 5_000_000), st.floats(0, 3)), min_size=1, max_size=50))
def test_the_bound_stays_between_its_ends(pictures: list[tuple[int, float]]) -> None:
    pacing, now = Pacing(0.0), 0.0
    for size, way_s in pictures:
        now += 1.0
        pacing.damage_arrived(now)
        sequence = send(pacing, now, size)
        now += way_s
        pacing.picture_shown(sequence, now)
        assert MIN_BYTES_IN_FLIGHT <= pacing.max_bytes_in_flight <= MAX_BYTES_IN_FLIGHT


def carry(pacing: Pacing, now: float, size_bytes: int, rate: float, way_s: float, took_s: float = 0.0) -> float:
    """One picture alone on the line; returns when its acknowledgement was there."""
    pacing.damage_arrived(now)
    sequence = send(pacing, now, size_bytes)
    now += way_s + size_bytes / rate + took_s
    pacing.picture_shown(sequence, now, took_s)
    return now


def test_the_first_pictures_do_not_make_a_slow_line_look_quick() -> None:
    pacing, now = Pacing(0.0), 0.0
    for size in (18_000, 600, 31_000, 44_000):
        now = carry(pacing, now + 1.0, size, 750_000, 0.06)
    assert 500_000 < pacing.rate < 1_000_000


def test_only_large_pictures_of_one_size_tell_the_rate_too() -> None:
    pacing, now = Pacing(0.0), 0.0
    for _ in range(20):
        now = carry(pacing, now + 0.1, 35_000, 750_000, 0.06)
    assert 350_000 < pacing.rate < 1_700_000, "twice as much at most, until more than one is on its way"


def test_ends_that_are_busy_do_not_make_the_line_look_slow() -> None:
    """As in motion on a PC of two cores: each picture comes 30 ms after the line was done with it, some far later."""
    rate, way_s, pacing, now = 724_000.0, 0.05, Pacing(0.0), 0.0
    now = carry(pacing, now, 1_000, rate, way_s)  # what the way itself takes
    for _ in range(20):  # quiet ends first
        now = carry(pacing, now, 40_000, rate, way_s)
    assert pacing.rate == pytest.approx(rate, rel=0.1)
    for number in range(100):
        # two in a row: the second is sent before the first is there
        first = pacing.next_sequence
        for at in (now, now + 0.06):
            pacing.damage_arrived(at)
            send(pacing, at, 20_000)
        late_s = 0.055 if number % 5 == 0 else 0.03
        pacing.picture_shown(first, now + way_s + 20_000 / rate + late_s)
        now += 0.06 + way_s + 20_000 / rate + 0.03
        pacing.picture_shown(first + 1, now)
    assert pacing.rate > 0.8 * rate


def test_what_comes_in_one_go_is_one_sample() -> None:
    """A browser that was busy acknowledges the first late and the next right after: that line is not quick."""
    rate, way_s, pacing, now = 500_000.0, 0.05, Pacing(0.0), 0.0
    now = carry(pacing, now, 1_000, rate, way_s)
    for _ in range(20):
        now = carry(pacing, now, 25_000, rate, way_s)
    for _ in range(60):
        now += 0.2
        first = pacing.next_sequence
        for at in (now, now + 0.02):
            pacing.damage_arrived(at)
            send(pacing, at, 25_000)
        now += way_s + 2 * 25_000 / rate + 0.03  # the line is done with both, and the browser has time again
        pacing.picture_shown(first, now - 0.001)
        pacing.picture_shown(first + 1, now)
    assert pacing.rate < rate * 1.1


def test_what_the_console_takes_for_drawing_is_not_the_lines() -> None:
    pacing, now = Pacing(0.0), carry(Pacing(0.0), 1.0, 600, 750_000, 0.06)
    carry(pacing, 1.0, 600, 750_000, 0.06)
    for _ in range(20):
        now = carry(pacing, now + 0.1, 35_000, 750_000, 0.06, took_s=0.2)
    assert 600_000 < pacing.rate < 900_000


def test_gaps_between_pictures_do_not_make_the_line_look_slow() -> None:
    pacing = Pacing(0.0)
    now = carry(pacing, 1.0, 600, 750_000, 0.06)
    for _ in range(40):  # each is sent when the one before has half come
        sequences = []
        for _ in range(2):
            pacing.damage_arrived(now)
            sequences.append(send(pacing, now, 30_000))
            now += 0.05
        for number, sequence in enumerate(sequences):
            pacing.picture_shown(sequence, now + 0.05 * number)
        now += 0.3
    assert 450_000 < pacing.rate < 900_000


def test_a_line_that_becomes_quick_again_is_learnt() -> None:
    pacing = Pacing(0.0)
    now = carry(pacing, 1.0, 600, 750_000, 0.06)
    for rate, seconds in ((750_000, 3.0), (60_000, 6.0), (750_000, 6.0)):
        until = now + seconds
        while now < until:
            now = carry(pacing, now + 0.02, pacing.picture_bytes, rate, 0.06)
        assert 0.6 * rate < pacing.rate < 1.4 * rate


def test_one_stall_does_not_keep_a_line_slow() -> None:
    pacing = Pacing(0.0)
    now = carry(pacing, 1.0, 600, 750_000, 0.06)
    for _ in range(20):
        now = carry(pacing, now + 0.02, 35_000, 750_000, 0.06)
    now = carry(pacing, now + 0.02, 35_000, 34_000, 0.06)
    assert pacing.rate < 100_000
    for _ in range(100):
        now = carry(pacing, now + 0.02, int(0.06 * pacing.rate), 750_000, 0.06)
    assert pacing.rate > 450_000, "also when each picture is as small as the rate has it"


def test_a_long_stall_counts_no_more_than_the_time_that_is_remembered() -> None:
    pacing = Pacing(0.0)
    now = carry(pacing, 1.0, 600, 12_000_000, 0.02)
    for _ in range(20):
        now = carry(pacing, now + 0.02, 400_000, 12_000_000, 0.02)
    now = carry(pacing, now + 0.02, 400_000, 80_000, 0.02)  # five seconds
    assert pacing.rate < 200_000
    for _ in range(30):
        now = carry(pacing, now + 0.02, pacing.picture_bytes, 12_000_000, 0.02)
    assert pacing.rate > 1_000_000


@pytest.mark.parametrize("jitter_s", [0.0, 0.01, 0.03])
def test_small_pictures_do_not_make_a_quick_line_look_slow(jitter_s: float) -> None:
    pacing = Pacing(0.0)
    now = carry(pacing, 1.0, 600, 12_000_000, 0.02)
    for _ in range(10):
        now = carry(pacing, now + 0.02, 400_000, 12_000_000, 0.02)
    for number in range(300):
        now = carry(pacing, now + 0.02, 5_000, 12_000_000, 0.02 + jitter_s * (number % 2))
    assert pacing.rate > 6_000_000


def test_a_busy_browser_does_not_make_the_line_look_slow() -> None:
    pacing = Pacing(0.0)
    now = carry(pacing, 1.0, 600, 750_000, 0.06)
    now = carry(pacing, now + 0.1, 60_000, 750_000, 0.06)
    late = random.Random(1)
    for _ in range(200):
        way_s = 0.06 + late.uniform(0, 0.035)
        now = carry(pacing, now + 0.02, int(0.05 * pacing.rate), 750_000, way_s)
    assert 550_000 < pacing.rate < 950_000
