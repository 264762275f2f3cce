"""The scripted work on the 6 Mbit/s line: what each product sends for it, and what is still wrong after each rest.

Typing, dialogs, a table that scrolls, a live plot, changes of page, red text on black, a photograph, and 20 s of
full-screen motion, at the same moments for every product.  After each step the work rests until the engineer's screen
is exact (or the time given to that is over), and all its pixels are compared with the PC's.

bytes_ratio_tigervnc compares with TigerVNC's viewer without loss (Tight, no JPEG, its default compression level 2):
both end exact.  Bytes are TCP's payload in both directions, from the first step's beginning to the last one's rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.picture import scenes
from bench.picture.eye import Eye
from bench.picture.judge import follow
from bench.picture.line import SIX, Carried
from bench.picture.namespace import Namespaces
from bench.picture.player import Player
from bench.picture.result import Result
from bench.picture.room import Room, open_room
from bench.picture.viewing import Benchside, NoVncViewer, TigerVnc, Viewer

REST_S, LOSSY_REST_S = 25.0, 3.0
TEXT = "Needle 2 replaced, reagent lot 4417-B"
PAGE_EVERY_S = 2.5
Step = Callable[[Player, bool], float]
"""Plays (shortly, if so told) and returns the moment of its last change."""


def typing(player: Player, quick: bool) -> float:
    player.show("form")
    return player.do("type", text=TEXT[:5] if quick else TEXT, every_s=0.12)[-1]


def dialogs(player: Player, quick: bool) -> float:
    at = 0.0
    for number in range(1 if quick else 5):
        time.sleep(0.6)
        player.do("dialog", number=number)
        time.sleep(0.8)
        at = player.do("close")[-1]
    return at


def scrolling(player: Player, quick: bool) -> float:
    player.show("table")
    time.sleep(1.0)
    return player.do("scroll", steps=5 if quick else 30, every_s=0.15)[-1]


def plotting(player: Player, quick: bool) -> float:
    return player.do("plot", seconds=1.0 if quick else 10.0, rate_hz=20.0)[-1]


def paging(player: Player, quick: bool) -> float:
    at = 0.0
    for name in page_names(quick):
        time.sleep(PAGE_EVERY_S)
        at = player.show(name)
    return at


def page_names(quick: bool) -> list[str]:
    return [f"page {number} {'subpixel' if number % 2 else 'grey'}" for number in range(20, 22 if quick else 26)]


def red(player: Player, _: bool) -> float:
    return player.show("red")


def photo(player: Player, _: bool) -> float:
    return player.show("photo 9")


def motion(player: Player, quick: bool) -> float:
    return player.do("motion", frames=25 if quick else scenes.FRAMES)[-1]


STEPS: dict[str, Step] = {
    "typing": typing, "dialogs": dialogs, "scrolling": scrolling, "plot": plotting, "pages": paging, "red": red,
    "photo": photo, "motion": motion,
}  # fmt: skip


@dataclass(frozen=True)
class Played:
    """One step: what it took, rest included, and what was left wrong."""

    bytes: int
    exact_s: float | None
    wrong: int
    psnr_db: float


def main(namespaces: Namespaces | None, *, quick: bool = False) -> Result:
    result = Result()
    with open_room("whole", namespaces) as room:
        get_ready(room, quick)
        with Benchside(room) as benchside:
            ours = measure(room, benchside, REST_S, result, quick)
        theirs = measure(room, TigerVnc(room, lossless=True), REST_S, result, quick)
        result.figures["bytes_ratio_tigervnc"] = round(ours / theirs, 3)
        measure(room, NoVncViewer(room), LOSSY_REST_S, result, quick)
    return result


def get_ready(room: Room, quick: bool) -> None:
    """Draw everything beforehand, so that drawing disturbs nobody's turn."""
    names = ["spot", "form", "table", "red", "photo 9", *(f"dialog {number}" for number in range(5))]
    room.player.do("prepare", names=names + page_names(quick))
    room.player.do("motion", frames=0)


def measure(room: Room, viewer: Viewer, rest_s: float, result: Result, quick: bool) -> int:
    with viewer.viewing(SIX):
        eye = room.eye(viewer.display)
        follow(eye, room.player.show("form"), rest_s)
        played = {name: play(room, eye, step, rest_s, quick) for name, step in STEPS.items()}
        eye.close()
    name = viewer.name
    total = sum(each.bytes for each in played.values())
    wrong = sum(each.wrong for each in played.values())
    result.say(name, "work_bytes", total, 0)
    result.say(name, "rest_wrong_pixels", wrong, 0)
    result.say(name, "red_wrong_pixels", played["red"].wrong, 0)
    for step, each in played.items():
        result.say(name, f"work_{step}_bytes", each.bytes, 0)
        if each.exact_s is not None:
            result.say(name, f"work_{step}_exact_s", each.exact_s)
        else:
            result.notes.append(
                f"{name}: {each.wrong} pixels wrong {rest_s:.0f} s after {step} ({each.psnr_db:.1f} dB)"
            )
    result.series[f"work_bytes {name}"] = [float(each.bytes) for each in played.values()]
    return total


def play(room: Room, eye: Eye, step: Step, rest_s: float, quick: bool) -> Played:
    before: Carried = room.line.carried()
    followed = follow(eye, step(room.player, quick), rest_s)
    time.sleep(1.0)
    # Once more after the rest, all pixels: what was right must have stayed so.
    wrong = max(followed.wrong, eye.count_wrong())
    return Played(room.line.carried().since(before).bytes, followed.exact_s, wrong, followed.psnr_db)
