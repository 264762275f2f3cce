"""The simulated analyser itself: a rack of samples, a state, and measured events. No clock, no screen."""

from __future__ import annotations

import enum
import random
from collections import deque
from dataclasses import dataclass, field


class State(enum.Enum):
    """What the instrument is doing; the value is what its screen says."""

    READY = "READY"
    RUNNING = "RUNNING"
    HOLD = "HOLD"
    RACK_OUT = "RACK OUT"


class SampleStatus(enum.Enum):
    WAITING = "Waiting"
    MEASURING = "Measuring"
    DONE = "Done"
    REPEAT = "Repeat"


@dataclass
class Sample:
    """One tube: a sample number (never a name), the test, and how far it is, from 0 to 1."""

    number: str
    position: str
    test: str
    status: SampleStatus = SampleStatus.WAITING
    progress: float = 0.0
    result: str = ""


@dataclass(frozen=True)
class Event:
    """One measured cell: forward and side scatter from 0 to 1, and its population."""

    forward: float
    side: float
    population: int


# Centre, spread and share of what a scatter plot of blood looks like: three clouds and some debris.
POPULATIONS = (
    (0.42, 0.16, 0.050, 0.030, 0.40),
    (0.55, 0.33, 0.050, 0.045, 0.17),
    (0.62, 0.64, 0.080, 0.095, 0.35),
    (0.18, 0.12, 0.070, 0.060, 0.08),
)
TESTS = ("CD4/CD8", "TBNK", "CBC + Diff", "Retic", "CD34", "HLA-B27")
SAMPLES = 28
SAMPLE_S = 6.0
# What the plot holds: dense enough to look real, cheap enough to draw five times a second.
MAX_EVENTS = 900
EVENTS_PER_S = 220


@dataclass
class Analyser:
    """Changes only by its own methods; `advance` lets seconds pass."""

    random: random.Random
    state: State = State.READY
    samples: list[Sample] = field(default_factory=list)
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))
    temperature_c: float = 36.8
    pressure_kpa: float = 41.0
    sheath: float = 0.82
    waste: float = 0.31
    measured: int = 0

    def start(self) -> None:
        """Runs the rack; one that has been out goes in again, one that is finished starts anew."""
        if all(sample.status is SampleStatus.DONE for sample in self.samples):
            self.load_rack()
        self.state = State.RUNNING

    def hold(self) -> None:
        """Pauses a run and goes on with it; does nothing while no run is on."""
        if self.state is State.RUNNING:
            self.state = State.HOLD
        elif self.state is State.HOLD:
            self.state = State.RUNNING

    def eject_rack(self) -> None:
        self.state = State.READY if self.state is State.RACK_OUT else State.RACK_OUT

    def load_rack(self) -> None:
        """A full rack with numbers that rise from a morning's first."""
        first = 4_410_020
        self.samples = [
            Sample(f"S-{first + 7 * n}", f"R1-{n + 1:02}", TESTS[(n * 5 + n // 3) % len(TESTS)]) for n in range(SAMPLES)
        ]

    @property
    def current(self) -> Sample | None:
        return next((s for s in self.samples if s.status is SampleStatus.MEASURING), None)

    def advance(self, seconds: float) -> None:
        """Lets time pass; an instrument that does not run stands still, so that its screen does too."""
        if self.state is not State.RUNNING:
            return
        self.temperature_c = min(37.2, max(36.4, self.temperature_c + self.random.gauss(0, 0.01)))
        self.pressure_kpa = 41 + self.random.gauss(0, 0.15)
        self.sheath = max(0.05, self.sheath - seconds * 0.0003)
        self.waste = min(0.95, self.waste + seconds * 0.0003)
        self.measure(round(EVENTS_PER_S * seconds))
        sample = self.current
        if sample is None:
            sample = next((s for s in self.samples if s.status is SampleStatus.WAITING), None)
            if sample is None:
                self.state = State.READY
                return
            sample.status = SampleStatus.MEASURING
            self.events.clear()
        sample.progress = min(1.0, sample.progress + seconds / SAMPLE_S)
        if sample.progress >= 1.0:
            sample.status = SampleStatus.DONE
            sample.result = f"{self.random.uniform(0.4, 9.9):.2f}"

    def measure(self, count: int) -> None:
        shares = [share for *_, share in POPULATIONS]
        for number in self.random.choices(range(len(POPULATIONS)), shares, k=count):
            forward, side, wide, high, _ = POPULATIONS[number]
            self.events.append(
                Event(
                    min(0.99, max(0.01, self.random.gauss(forward, wide))),
                    min(0.99, max(0.01, self.random.gauss(side, high))),
                    number,
                )
            )
        self.measured += count


def new_analyser(seed: int) -> Analyser:
    """An analyser in the middle of a morning: some samples done, one asks to be repeated, a plot to look at."""
    analyser = Analyser(random.Random(seed))
    analyser.load_rack()
    for number, sample in enumerate(analyser.samples[:9]):
        sample.status, sample.progress = SampleStatus.DONE, 1.0
        sample.result = f"{analyser.random.uniform(0.4, 9.9):.2f}"
        if number == 5:
            sample.status, sample.result = SampleStatus.REPEAT, "clot?"
    analyser.measure(700)
    return analyser
