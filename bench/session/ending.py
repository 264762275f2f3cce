"""How fast everything is dark: after *Stop*, after *Stop* with the host frozen, and when the indicator is gone.

On the PC's screen a program paints a hundred times a second; an engineer without a browser gives input a hundred
times a second and never obeys a stop.  What counts is the last record of a picture that arrives at the engineer
and the last input that arrives at the program on the PC, whichever is later:

    stop_to_dark_ms    from *Stop* (the desk sends it) to that moment; the worst of 20
    stop_hung_ms       the same, with the host frozen by SIGSTOP before *Stop* goes out; and until its process is gone
    indicator_gone_ms  from the indicator out of sight (unmapped, covered, the desk frozen: the worst of all) to that
                       moment, and until the host's process is gone
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Iterator

from examples.demo.children import Child
from project.paths import ROOT

from bench.session.cover import Cover
from bench.session.lab import Lab, open_lab
from bench.session.visitor import Visitor
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.desk import IndicatorShown, SessionOver, StopSession

STOPS, HUNG_STOPS, INDICATORS = 20, 5, 3
MOVING_PX = (200, 200, 400, 300)
FLOWING_S = 0.5
"""So long picture and input flow before something ends them."""
FRESH_S = FLOWING_S / 2
FLOWS_WITHIN_S = 20.0
LOOK_AGAIN_S = 0.02
SETTLED_S = 0.7
"""After the end: long enough that anything that still passes has arrived."""
GONE_WITHIN_S = 5.0
WAYS = ("unmapped", "covered", "frozen")


def main(*, quick: bool = False) -> dict[str, float]:
    """Measure; besides the issue's figures, each way of losing the indicator."""
    stops, hung, indicators = (2, 1, 1) if quick else (STOPS, HUNG_STOPS, INDICATORS)
    # A world for each: the server takes at most 20 requests an hour from a PC.
    with open_scene() as scene:
        stopped = [scene.stop() for _ in range(stops)]
    with open_scene() as scene:
        frozen = [scene.stop_hung() for _ in range(hung)]
        lost = {way: max(scene.lose_indicator(way) for _ in range(indicators)) for way in WAYS}
    return {
        "stop_to_dark_ms": round(max(stopped), 1),
        "stop_hung_ms": round(max(frozen), 1),
        "indicator_gone_ms": round(max(lost.values()), 1),
        **{f"indicator_{way}_ms": round(value, 1) for way, value in lost.items()},
    }


@contextlib.contextmanager
def open_scene() -> Iterator[Scene]:
    """A world with a program that never rests and an engineer who never obeys."""
    with open_lab("ending") as lab:
        words = [sys.executable, "-m", "bench.session.moving", *map(str, MOVING_PX)]
        moving = lab.children.start("moving", words, env=lab.pc, cwd=ROOT)
        moving.wait_for("^ready", 20)
        yield Scene(lab, Visitor(lab.world), moving)


class Scene:
    """Sessions in which everything flows, each ended in some way.  All times in ms."""

    def __init__(self, lab: Lab, visitor: Visitor, moving: Child) -> None:
        self._lab = lab
        self._visitor = visitor
        self._moving = moving
        self._begun = 0

    def stop(self) -> float:
        """From *Stop* to dark."""
        with self._flowing():
            at = self._lab.hands.stop()
            time.sleep(SETTLED_S)
            return max(0.0, self._last() - at) * 1000

    def stop_hung(self) -> float:
        """The same with a host that is frozen right before."""
        with self._flowing() as host:
            self._lab.doorway.before(StopSession, lambda: os.kill(host, signal.SIGSTOP))
            process = os.pidfd_open(host)
            at = self._lab.hands.stop()
            gone_at = wait_gone(process)
            time.sleep(SETTLED_S)
            return (max(gone_at, self._last()) - at) * 1000

    def lose_indicator(self, way: str) -> float:
        """From the indicator out of sight to the host gone and dark."""
        with self._flowing() as host:
            process = os.pidfd_open(host)
            with self._out_of_sight(way) as since:
                gone_at = wait_gone(process)
            time.sleep(SETTLED_S)
            return (max(gone_at, self._last()) - since) * 1000

    @contextlib.contextmanager
    def _out_of_sight(self, way: str) -> Iterator[float]:
        window = self._lab.doorway.wait(IndicatorShown, self._begun)[1].window
        if way == "frozen":
            since = time.monotonic()
            os.kill(self._lab.desk_pid, signal.SIGSTOP)
            try:
                yield since
            finally:
                os.kill(self._lab.desk_pid, signal.SIGCONT)
        else:
            with Cover(self._lab.pc, window, unmap=way == "unmapped") as cover:
                yield cover.since

    @contextlib.contextmanager
    def _flowing(self) -> Iterator[int]:
        """A session with picture and input under way; the host's process."""
        lab, visitor = self._lab, self._visitor
        self._begun = lab.doorway.mark()
        code = lab.hands.request()[2]
        visitor.enter(code)
        for capability in (Capability.VIEW, Capability.CONTROL):
            mark = lab.doorway.mark()
            visitor.ask(capability)
            lab.hands.allow(capability, mark)
            visitor.begin(capability, MOVING_PX)
        granted = time.monotonic()
        time.sleep(FLOWING_S)
        self._wait_for_flow(granted)
        host = lab.host_pid()
        assert host is not None
        try:
            yield host
        finally:
            lab.doorway.wait(SessionOver, self._begun)
            visitor.leave()
            lab.hands.done()

    def _wait_for_flow(self, since: float) -> None:
        """Until both have come since then, and a moment ago; an end of what did not flow would prove nothing."""
        until = since + FLOWS_WITHIN_S
        while True:
            older, now = min(self._visitor.seen_at, self._input_at()), time.monotonic()
            if older > since and now - older <= FRESH_S:
                return
            if now > until:
                raise RuntimeError(f"expected picture and input to flow, got nothing for {now - older:.2f} s")
            time.sleep(LOOK_AGAIN_S)

    def _last(self) -> float:
        return max(self._visitor.seen_at, self._input_at())

    def _input_at(self) -> float:
        """When the program on the PC got its last input."""
        lines = self._moving.log.read_text().splitlines()
        return float(lines[-1]) if len(lines) > 1 else 0.0


def wait_gone(process: int) -> float:
    """When the process of this descriptor ended, which is closed; TimeoutError."""
    poll = select.poll()
    poll.register(process, select.POLLIN)
    try:
        if not poll.poll(GONE_WITHIN_S * 1000):
            raise TimeoutError(f"the host still runs after {GONE_WITHIN_S} s")
        return time.monotonic()
    finally:
        os.close(process)
