"""Click to photon through the whole product, noVNC beside it, and where the time goes.

Three virtual displays of 1080p: the PC's, with a program that paints a square at once when it is clicked; and
one for each engineer, with a Chromium in full screen that shows the PC pixel by pixel.  The clock starts when the
click is injected on the engineer's display and stops when a pixel of the square has changed there.

Blocks of clicks take turns between Benchside and noVNC, so that both see the same machine.  Meanwhile the other one
stands still: Benchside paused by the technician, noVNC frozen.  The first clicks of a block wake everybody up and
do not count.  The floor is the same program clicked on the display on which it is, with nothing between.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from examples.demo.children import Child, ChildError
from examples.engineer.engineer import Engineer
from project.paths import ROOT

from bench.photon.click import Click, Clicker, patience_s
from bench.photon.full import fill_screen, page_origin
from bench.photon.novnc import NoVnc
from bench.photon.target import SIZE_PX as SQUARE_PX
from bench.session.hops import split
from bench.session.lab import Lab, open_lab
from bench.session.page import Page
from benchside.protocol.wire.capability import Capability

CLICKS, BLOCK, UNMEASURED = 300, 25, 3
HOP_CLICKS = 100
TARGET_PX = (300, 300)
"""Where the square is on the PC: inside of what a viewer shows that also has a bar of its own."""
MAX_LOST_SHARE = 0.01
"""More clicks without a change than this and the figures say nothing."""


def main(*, quick: bool = False) -> dict[str, float]:
    """Measure; the figures' names are the issue's, and `hop_…_ms` for where the time goes."""
    clicks, block, hop_clicks = (6, 3, 4) if quick else (CLICKS, BLOCK, HOP_CLICKS)
    within_s = patience_s(quick=quick)
    with open_lab("photon") as lab:
        screen = lab.engineer_screen()
        floor = measure_floor(lab, screen.environment, min(clicks, 100), within_s)
        target = start_target(lab, lab.pc, "target")
        browser = lab.folder / "engineer"
        with Engineer(lab.world.web_url, browser, headless=False, display=screen.environment) as engineer:
            page = Page(engineer)
            lab.admit(engineer)
            take_control(lab, engineer)
            other = lab.engineer_screen()
            with NoVnc(lab.children, lab.pc, other.environment, lab.folder / "novnc") as novnc:
                ours = aim(engineer, screen.environment, within_s)
                theirs = Clicker(other.environment, *on_square(novnc.origin), within_s=within_s)
                mine, peers = take_turns(lab, novnc, ours, theirs, clicks, block)
                novnc.hold_still()
                page.start()
                page.start_hops()
                hopped = ours.clicks(hop_clicks)
                hops = split(hopped, page.take_hops(), painted(target)[-hop_clicks:])
        p50, peer_p50 = percentile(mine, 50), percentile(peers, 50)
        return {
            "floor_p50_ms": percentile(floor, 50),
            "photon_p50_ms": p50,
            "photon_p90_ms": percentile(mine, 90),
            "photon_p99_ms": percentile(mine, 99),
            "novnc_p50_ms": peer_p50,
            "novnc_p90_ms": percentile(peers, 90),
            "photon_ratio_novnc": round(p50 / peer_p50, 3),
            "photon_lost": count_lost(mine),
            **hops,
        }


def measure_floor(lab: Lab, screen: dict[str, str], clicks: int, within_s: float) -> list[Click]:
    local = start_target(lab, screen, "floor")
    finger = Clicker(screen, *on_square((0, 0)), within_s=within_s)
    found = finger.clicks(clicks, unmeasured=UNMEASURED)
    finger.close()
    lab.children.kill(local)
    return found


def start_target(lab: Lab, environment: dict[str, str], name: str) -> Child:
    words = [sys.executable, "-m", "bench.photon.target", *map(str, TARGET_PX)]
    target = lab.children.start(name, words, env=environment, cwd=ROOT)
    target.wait_for("^ready", 20)
    return target


def take_control(lab: Lab, engineer: Engineer) -> None:
    """The story up to control, in full screen at exact size."""
    code = lab.hands.request()[2]
    engineer.claim()
    engineer.enter_code(code)
    for capability in (Capability.VIEW, Capability.CONTROL):
        mark = lab.doorway.mark()
        engineer.ask(capability, "click and look")
        lab.hands.allow(capability, mark)
        engineer.wait_granted(capability)
    engineer.wait_exact()
    fill_screen(engineer.page)
    engineer.click("full-screen")
    engineer.click("size-exact")


def aim(engineer: Engineer, environment: dict[str, str], within_s: float) -> Clicker:
    """A finger on the square as the console shows it."""
    left, top = page_origin(engineer.page)
    x, y = engineer.where(*on_square((0, 0)))
    return Clicker(environment, left + int(x), top + int(y), within_s=within_s)


def on_square(origin: tuple[int, int]) -> tuple[int, int]:
    """A point of the square, with room beside it for the watched pixel, where the PC begins at `origin`."""
    return origin[0] + TARGET_PX[0] + SQUARE_PX // 4, origin[1] + TARGET_PX[1] + SQUARE_PX // 4


def take_turns(
    lab: Lab, novnc: NoVnc, ours: Clicker, theirs: Clicker, clicks: int, block: int
) -> tuple[list[Click], list[Click]]:
    """So many clicks of each, in blocks, the one standing still while the other is measured."""
    mine: list[Click] = []
    peers: list[Click] = []
    while len(mine) < clicks:
        novnc.hold_still()
        mine += ours.clicks(block, unmeasured=UNMEASURED)
        novnc.go_on()
        lab.hands.pause(True)
        peers += theirs.clicks(block, unmeasured=UNMEASURED)
        lab.hands.pause(False)
    return mine, peers


def painted(target: Child) -> list[dict[str, float]]:
    lines = Path(target.log).read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def count_lost(clicks: Sequence[Click]) -> int:
    return sum(click.seen_at is None for click in clicks)


def percentile(clicks: Sequence[Click], which: int) -> float:
    """In ms.  ChildError when too many clicks were lost for that."""
    if count_lost(clicks) > MAX_LOST_SHARE * len(clicks):
        raise ChildError(f"{count_lost(clicks)} of {len(clicks)} clicks were followed by no change")
    took = sorted(click.took_ms for click in clicks if click.seen_at is not None)
    return round(statistics.quantiles(took, n=100, method="inclusive")[which - 1], 2)
