"""Click to photon on the open line, Benchside and both VNC viewers in turns.

All are beside the PC, with no line between, but with everything that each product puts there: TLS, relay and end to
end encryption for Benchside, websockify for noVNC.  The clock runs from a click that is injected on the engineer's
display to the changed pixel there; between them a program on the PC paints a square as soon as it is clicked.  Blocks
of clicks take turns, so that all see the same machine, and whoever has not its turn stands still.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping

from examples.demo.children import Child
from project.paths import ROOT

from bench.photon.click import Click, Clicker, patience_s
from bench.photon.target import SIZE_PX as SQUARE_PX
from bench.picture.namespace import Namespaces
from bench.picture.result import Result, percentile
from bench.picture.room import Room, open_room
from bench.picture.viewing import Benchside, NoVncViewer, TigerVnc, Viewer

CLICKS, BLOCK, UNMEASURED = 1000, 50, 3
TARGET_PX = (300, 300)
MAX_LOST_SHARE = 0.01
"""More clicks without a change than this and the figures say nothing."""


def main(namespaces: Namespaces | None, *, quick: bool = False) -> Result:
    clicks, block = (10, 5) if quick else (CLICKS, BLOCK)
    within_s = patience_s(quick=quick)
    result = Result()
    with open_room("photon", namespaces) as room, contextlib.ExitStack() as open_viewers:
        benchside = open_viewers.enter_context(Benchside(room, near=True))
        viewers: list[Viewer] = [benchside, TigerVnc(room), NoVncViewer(room)]
        fingers = {}
        open_viewers.enter_context(benchside.viewing(None, control=True))
        for viewer in viewers[1:]:
            open_viewers.enter_context(viewer.viewing(None))
        for viewer in viewers:
            fingers[viewer.name] = aim(room, viewer, within_s)
        start_target(room, room.lab.pc)
        floor_display = room.engineer_display()
        start_target(room, floor_display.environment)
        fingers["floor"] = Clicker(floor_display.environment, *on_square((0, 0)), within_s=within_s)
        found = take_turns(viewers, fingers, clicks, block)
    for name, all_clicks in found.items():
        tell(result, name, all_clicks)
    ours = result.figures
    for name in ("novnc", "tigervnc"):
        for figure, which in (("photon_ratio", "p50"), ("photon_p99_ratio", "p99")):
            peer_ms = result.peers.get(f"{name}_photon_{which}_ms")
            if peer_ms and f"photon_{which}_ms" in ours:
                ours[f"{figure}_{name}"] = round(ours[f"photon_{which}_ms"] / peer_ms, 3)
    return result


def aim(room: Room, viewer: Viewer, within_s: float) -> Clicker:
    """A finger on the square's place as this viewer shows it."""
    eye = room.eye(viewer.display)
    eye.close()
    return Clicker(viewer.display.environment, *on_square(eye.origin), within_s=within_s)


def start_target(room: Room, environment: Mapping[str, str]) -> Child:
    words = [sys.executable, "-m", "bench.photon.target", *map(str, TARGET_PX)]
    target = room.lab.children.start("target", words, env=environment, cwd=ROOT)
    target.wait_for("^ready", 20)
    return target


def on_square(origin: tuple[int, int]) -> tuple[int, int]:
    """A point of the square, with room beside it for the watched pixel, where the PC begins at `origin`."""
    return origin[0] + TARGET_PX[0] + SQUARE_PX // 4, origin[1] + TARGET_PX[1] + SQUARE_PX // 4


def take_turns(
    viewers: list[Viewer], fingers: Mapping[str, Clicker], clicks: int, block: int
) -> dict[str, list[Click]]:
    found: dict[str, list[Click]] = {name: [] for name in fingers}
    for viewer in viewers:
        viewer.hold_still()
    while len(found[viewers[0].name]) < clicks:
        for viewer in viewers:
            viewer.go_on()
            fingers[viewer.name].go()
            found[viewer.name] += fingers[viewer.name].clicks(block, unmeasured=UNMEASURED)
            viewer.hold_still()
        found["floor"] += fingers["floor"].clicks(max(2, block // 5), unmeasured=UNMEASURED)
    for viewer in viewers:
        viewer.go_on()
    return found


def tell(result: Result, name: str, clicks: list[Click]) -> None:
    took = [click.took_ms for click in clicks if click.seen_at is not None]
    lost = len(clicks) - len(took)
    key, owner = ("photon", name) if name != "floor" else ("floor", "benchside")
    result.say(owner, f"{key}_lost", float(lost), 0)
    if lost > MAX_LOST_SHARE * len(clicks):
        result.notes.append(f"{name}: {lost} of {len(clicks)} clicks were followed by no change, so there is no figure")
        return
    for which in (50, 90, 99):
        result.say(owner, f"{key}_p{which}_ms", percentile(took, which), 2)
    result.series[f"photon_ms {name}"] = [round(each, 2) for each in took]
