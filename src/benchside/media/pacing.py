"""Pacing: when the next picture may be taken.

Newest wins: while the viewer is behind, damage gathers in a `Region` and one picture answers for all of it.
The first damage after a rest is taken at once; under continuous damage at most 60 pictures a second go out.
A viewer that stops acknowledging stops the picture, so nothing queues without bound.  On a slow line the bound is
lower: what is in flight is what the line has shown to carry in a moment, not what some buffer takes.

Times are seconds on one monotonic clock, passed in as `now`.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from benchside.protocol.errors import CallerError, PeerError, PeerFault

__all__ = [
    "FIRST_BYTES_IN_FLIGHT",
    "MAX_BYTES_IN_FLIGHT",
    "MAX_PICTURES_IN_FLIGHT",
    "MAX_PICTURES_PER_S",
    "MIN_BYTES_IN_FLIGHT",
    "Pacing",
]

# What a screen shows; more only burns the processor of the instrument's PC.
MAX_PICTURES_PER_S = 60

# A click's first repaint must not make its second wait a whole period: two may go out back to back after a
# rest.  The refill is lowered by as much, so no window of one second ever holds more than 60.
BURST_PICTURES = 2
REFILL_PER_S = MAX_PICTURES_PER_S - BURST_PICTURES

# 60 pictures a second over a round trip of 100 ms; more would only be older when it arrives.
MAX_PICTURES_IN_FLIGHT = 6

# 0.1 s of a line of 84 Mbit/s.  Taking stops once this much is unacknowledged, so in flight are at most this
# and one picture: a whole photograph of 1080p (3 MB) passes, but alone.
MAX_BYTES_IN_FLIGHT = 1 << 20

# A few small pictures: less would make a line look slow on which there was little to send.
MIN_BYTES_IN_FLIGHT = 16 << 10

# Before anything is known of the line: a page of text, or a quarter of a second of 2 Mbit/s.
FIRST_BYTES_IN_FLIGHT = 64 << 10

# What may wait on the line besides what the way itself holds: a pause, or a click's answer, is late by so much.
# Less than the 0.1 s that routers usually queue, so that nothing is lost there.
MAX_WAITING_S = 0.08

# The same for what only makes a picture exact: it goes on in the background, and a click must hardly feel it.
MAX_REFINING_S = 0.05

# One picture's part of the line's second, or 8 KiB: what is sealed cannot be taken back, and the next is fresher.
PICTURE_S = 0.1
MIN_PICTURE_BYTES = 8 << 10

# As long as nothing is known of the line: 10 Mbit/s, which costs a quick line one picture of some kilobytes.
UNKNOWN_RATE = 1_250_000.0

# Clocks and wakings are no finer: what came sooner tells only that the line is quick.
MIN_CARRIED_S = 0.004

# Less than this comes as quickly on any line that a session can be had on.
MIN_SAMPLE_BYTES = 4 << 10

# What should have been carried in less says nothing of how much quicker the line is, since ways vary by as much.
# Less than PICTURE_S, so that there is always a picture that does.
MIN_RAISE_S = 0.03

# What comes later than the rate has it by no more than this is no sign of a slower line: browsers and PCs are busy,
# too, and in motion by 30 ms in each picture.  A line that is slower is later with each picture that waits on it.
MIN_LATE_S = 0.06

# The rate is over so much time in which the line had something to carry: five pictures of motion on a slow line.
RATE_OVER_S = 0.3

# So long it has carried before what was seen of it counts for more than UNKNOWN_RATE.
PROVED_AFTER_S = 0.05


class _Flight(NamedTuple):
    sequence: int
    size_bytes: int
    sent_at: float


class Pacing:
    """One viewer's pace, from its channel's opening to its end; a reconnect starts a new one."""

    def __init__(self, now: float) -> None:
        self._damaged = False
        self._tokens = float(BURST_PICTURES)
        self._tokens_at = now
        self._in_flight: deque[_Flight] = deque()
        self._bytes_in_flight = 0
        self._last_sequence = 0
        self._forgiven = 0  # up to here an acknowledgement says nothing any more
        self._carried_bytes, self._carried_s = 0.0, 0.0  # of late, while the line was busy
        self._came_at = now  # the last picture that was acknowledged
        # Since when the line has carried without a pause, and what, of which nothing was learned yet.
        self._run_bytes, self._run_begun_at = 0, now
        self._per_s = 0.0
        self._sent_at = now - 1.0
        # Of this epoch; of the last moments alone it would hold what waits in front of a picture all the time.
        self._shortest_way_s: float | None = None
        self._has_bare_way = False  # a picture has come that the line carried in no time

    @property
    def next_sequence(self) -> int:
        """The number of the picture to be sent next; they count from 1."""
        return self._last_sequence + 1

    @property
    def in_flight(self) -> int:
        """Pictures sent and not yet shown."""
        return len(self._in_flight)

    @property
    def bytes_in_flight(self) -> int:
        return self._bytes_in_flight

    @property
    def rate(self) -> float:
        """What the line carries as far as is known, in bytes a second."""
        seen = self._carried_bytes / max(self._carried_s, MIN_CARRIED_S)
        return seen if self._carried_s >= PROVED_AFTER_S else max(seen, UNKNOWN_RATE)

    @property
    def pictures_per_s(self) -> float:
        """Pictures that went out lately, each second."""
        return self._per_s

    @property
    def picture_bytes(self) -> int:
        """What one picture should have at most: some of the line's second, and no more than has room."""
        room = self.max_bytes_in_flight - self._bytes_in_flight
        return int(max(MIN_PICTURE_BYTES, min(self.rate * PICTURE_S, room)))

    @property
    def may_refine(self) -> bool:
        """Whether so little is on its way that making exact what is there disturbs nothing."""
        if self._shortest_way_s is None or not self._in_flight:
            return not self._in_flight
        held_bytes = self.rate * (self._shortest_way_s + MAX_REFINING_S)
        return len(self._in_flight) < MAX_PICTURES_IN_FLIGHT and self._bytes_in_flight < held_bytes

    @property
    def max_bytes_in_flight(self) -> int:
        """Once so much is unacknowledged, no further picture is taken: 16 KiB to 1 MiB, by the line's rate."""
        if self._shortest_way_s is None:
            return FIRST_BYTES_IN_FLIGHT
        held_bytes = self.rate * (self._shortest_way_s + MAX_WAITING_S)
        return int(min(max(held_bytes, MIN_BYTES_IN_FLIGHT), MAX_BYTES_IN_FLIGHT))

    def start_anew(self) -> None:
        """The viewer starts whole: what is on its way may never be acknowledged, or late; numbers and rate go on."""
        self._in_flight.clear()
        self._bytes_in_flight = 0
        self._forgiven = self._last_sequence

    def damage_arrived(self, now: float) -> None:
        """Something changed on the screen."""
        self._refill(now)
        self._damaged = True

    def may_capture(self, now: float) -> bool:
        """Whether to take the gathered damage now; changes nothing."""
        return self._damaged and self._has_room() and self._tokens_by(now) >= 1.0

    def deadline(self) -> float | None:
        """When `may_capture` becomes true without another event; None while only an event can."""
        if not self._damaged or not self._has_room():
            return None
        return self._tokens_at + max(0.0, 1.0 - self._tokens) / REFILL_PER_S

    def picture_sent(self, sequence: int, size_bytes: int, now: float) -> None:
        """The damage went out as picture `sequence` of `size_bytes`.

        CallerError: not the next number, or a picture although `may_capture` said no.
        """
        if sequence != self.next_sequence:
            raise CallerError(f"expected picture {self.next_sequence}, got {sequence}")
        if size_bytes < 0:
            raise CallerError(f"expected a size of 0 bytes or more, got {size_bytes}")
        self._spend(now)
        gap_s = max(now - self._sent_at, 1.0 / MAX_PICTURES_PER_S)
        # Over some five pictures, or a second: a rest is forgotten with the second picture after it.
        part = max(0.2, min(1.0, gap_s))
        self._per_s += part * (1.0 / gap_s - self._per_s)
        self._sent_at = now
        self._last_sequence = sequence
        self._bytes_in_flight += size_bytes
        self._in_flight.append(_Flight(sequence, size_bytes, now))

    def picture_unchanged(self, now: float) -> None:
        """The damage was taken and held nothing new.  It costs a turn, or false damage would never rest."""
        self._spend(now)

    def picture_shown(self, sequence: int, now: float, took_s: float = 0.0) -> float:
        """The viewer shows `sequence` and all before it; returns that picture's seconds from sent to shown.

        `took_s`: what of them went by after all of it had come, for decoding and drawing.

        PeerError: a picture that was never sent, or one that it has acknowledged before.
        """
        if sequence > self._last_sequence:
            text = f"expected a picture up to {self._last_sequence}, got {sequence}"
            raise PeerError(PeerFault.OUT_OF_ORDER, text)
        if 0 < sequence <= self._forgiven:
            return 0.0
        if not self._in_flight or sequence < self._in_flight[0].sequence:
            raise PeerError(PeerFault.OUT_OF_ORDER, f"picture {sequence} was acknowledged before")
        first = flight = self._in_flight[0]
        size_bytes = 0
        while self._in_flight and self._in_flight[0].sequence <= sequence:
            flight = self._in_flight.popleft()
            size_bytes += flight.size_bytes
        self._bytes_in_flight -= size_bytes
        came_at = min(now, max(now - took_s, flight.sent_at, self._came_at))
        self._learn(size_bytes, first.sent_at, came_at)
        self._came_at = came_at
        return max(0.0, now - flight.sent_at)

    def _learn(self, size_bytes: int, sent_at: float, came_at: float) -> None:
        """Learn the rate from how long the line carried this, which it began when it was done with what was before.

        Both moments are by the sender's clock, so what the way itself takes is in each of them and falls out.
        """
        way_s = max(0.0, came_at - sent_at)
        shortest_s = way_s if self._shortest_way_s is None else min(self._shortest_way_s, way_s)
        self._shortest_way_s = shortest_s
        if size_bytes < min(MIN_SAMPLE_BYTES, self.rate * MIN_RAISE_S):
            self._has_bare_way = True
            return
        # As long as all were large, the shortest of them was partly carrying.
        begun_at = sent_at + (shortest_s if self._has_bare_way else 0.8 * shortest_s)
        if begun_at >= self._run_begun_at + self._run_bytes / self.rate:  # the line was done with what was before
            self._run_bytes, self._run_begun_at = 0, begun_at
        # What came in one go is one sample: a browser that was busy takes the first late and the next right after it.
        self._run_bytes = size_bytes = self._run_bytes + size_bytes
        carried_s = max(came_at - self._run_begun_at, MIN_CARRIED_S)
        if size_bytes / carried_s > self.rate:
            says_something = size_bytes >= self.rate * MIN_RAISE_S
        else:
            is_known = self._carried_s >= PROVED_AFTER_S
            is_late = carried_s - size_bytes / self.rate > MIN_LATE_S
            says_something = not is_known or (is_late and carried_s > MIN_CARRIED_S)
        if says_something:
            self._run_bytes, self._run_begun_at = 0, came_at
            kept = max(0.0, 1.0 - carried_s / RATE_OVER_S)
            self._carried_s = self._carried_s * kept + carried_s
            self._carried_bytes = self._carried_bytes * kept + size_bytes
            # A single stall longer than that would outweigh what a quick line then carries, a few milliseconds each.
            excess = max(1.0, self._carried_s / RATE_OVER_S)
            self._carried_s /= excess
            self._carried_bytes /= excess

    def _has_room(self) -> bool:
        return len(self._in_flight) < MAX_PICTURES_IN_FLIGHT and self._bytes_in_flight < self.max_bytes_in_flight

    def _tokens_by(self, now: float) -> float:
        # The epsilon makes `may_capture(deadline())` true in spite of rounding.
        elapsed_s = max(0.0, now - self._tokens_at)
        return min(float(BURST_PICTURES), self._tokens + elapsed_s * REFILL_PER_S + 1e-6)

    def _refill(self, now: float) -> None:
        self._tokens = self._tokens_by(now)
        self._tokens_at = max(now, self._tokens_at)

    def _spend(self, now: float) -> None:
        # Not `may_capture`: while a picture is written the line may have turned out to be slower.
        if not self._damaged or self._tokens_by(now) < 1.0:
            raise CallerError("a picture was taken out of turn")
        self._refill(now)
        self._tokens -= 1.0
        self._damaged = False
