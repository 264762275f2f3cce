"""From an event at the PC to the card on its screen, and to the engineer's console: real programs, one event at a time.

The event is a line that the instrument's program writes into its log; and, with figures of their own, a run of
`benchside notify`, from its start.  The card counts when the X server has painted it, the console when the condition
is in the table of its fleet page.  Each event is a condition of its own (critical, as pop-ups' budget would hide
others), and the pause between cards alone is taken out of the notifier (hasty.py).
"""

from __future__ import annotations

import asyncio
import random
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from examples.demo.world import BENCHSIDE, sign_in_associate
from examples.engineer.engineer import Engineer

from bench.notices.cards import CardWatch
from bench.notices.world import LOCAL, Lab, open_lab

ROUNDS = {"log": 110, "notify": 30}
SEED = 5
PAUSE_S = (0.1, 0.6)
"""Between two events: neither the programs' own ticks nor each other's."""
WITHIN_S = 20.0
NEW_PASSWORD = "four-words-of-the-bench"


@dataclass
class Took:
    """Milliseconds of one kind of event, each."""

    mapped: list[float] = field(default_factory=list)
    popup: list[float] = field(default_factory=list)
    console: list[float] = field(default_factory=list)


async def main(folder: Path, quick: bool) -> dict[str, float]:
    """Measure; the issue's figures are those of the log."""
    del folder  # the world has its own
    return await asyncio.to_thread(measure, quick)


def measure(quick: bool) -> dict[str, float]:
    chance = random.Random(SEED)
    took = {kind: Took() for kind in ROUNDS}
    events = [kind for kind, count in ROUNDS.items() for _ in range(4 if quick else count)]
    chance.shuffle(events)
    with open_lab("reach", hasty=True) as lab, CardWatch(lab.pc) as cards:
        with Engineer(lab.world.web_url, lab.folder / "engineer") as engineer:
            open_fleet(lab, engineer)
            settle(lab, cards)
            for number, kind in enumerate(events, 2):
                time.sleep(chance.uniform(*PAUSE_S))
                one_event(lab, engineer, cards, kind, number, took[kind])
    return figures(took)


def open_fleet(lab: Lab, engineer: Engineer) -> None:
    engineer.page.add_init_script(path=Path(__file__).with_name("seen.js"))
    engineer.sign_in(lab.world.account, lab.world.password, NEW_PASSWORD)
    sign_in_associate(lab.world, engineer.make_key())  # whom the policy names is told of PCs, and nobody else
    engineer.wait_for_policy()
    engineer.page.goto(f"{lab.world.web_url}/fleet")
    engineer.page.wait_for_selector("[data-testid=fleet-live]")
    engineer.page.wait_for_selector("[data-testid=tile-critical]")


def settle(lab: Lab, cards: CardWatch) -> None:
    """The first card of all: until then programs load what they need for one."""
    moment = time.monotonic()
    lab.log("ERROR E7001 pump 1 failed")
    cards.first_after(moment)


def one_event(lab: Lab, engineer: Engineer, cards: CardWatch, kind: str, number: int, took: Took) -> None:
    moment, at_utc_ms = time.monotonic(), time.time() * 1000
    if kind == "log":
        lab.log(f"ERROR E7001 pump {number} failed")
    else:
        words = ["notify", f"Pump {number}", "failed", "--source", LOCAL, "--socket", str(lab.world.notices)]
        subprocess.run([BENCHSIDE, *words], check=True, timeout=WITHIN_S)
    up = cards.first_after(moment)
    assert up.painted_at is not None
    took.mapped.append((up.mapped_at - moment) * 1000)
    took.popup.append((up.painted_at - moment) * 1000)
    took.console.append(in_table(engineer, f"Pump {number}") - at_utc_ms)


def in_table(engineer: Engineer, name: str) -> float:
    """When the page's table had that name; the moment is the page's own, so asking it late costs nothing."""
    until = time.monotonic() + WITHIN_S
    while True:
        seen: float | None = engineer.page.evaluate("name => globalThis.benchSeen[name] ?? null", name)
        if seen is not None:
            return seen
        if time.monotonic() > until:
            raise TimeoutError(
                f"expected {name} on the fleet page within {WITHIN_S} s; see {engineer.picture('fleet')}"
            )
        time.sleep(0.01)


def figures(took: dict[str, Took]) -> dict[str, float]:
    """Of the log without a word, of the command with `notify`."""
    found: dict[str, float] = {}
    for kind, of in took.items():
        word = "" if kind == "log" else f"_{kind}"
        found[f"events{word}"] = len(of.popup)
        found[f"popup{word}_p50_ms"] = round(statistics.median(of.popup), 1)
        found[f"popup{word}_p99_ms"] = round(p99(of.popup), 1)
        found[f"popup_mapped{word}_p99_ms"] = round(p99(of.mapped), 1)
        found[f"console{word}_p50_ms"] = round(statistics.median(of.console), 1)
        found[f"console{word}_p99_ms"] = round(p99(of.console), 1)
    return found


def p99(values: list[float]) -> float:
    """The 99th of a hundred, the highest of fewer."""
    return sorted(values)[max(0, -(-len(values) * 99 // 100) - 1)]
