"""A photograph over the whole screen at 6 Mbit/s: until it can be recognised (PSNR of 30 dB), and until it is exact.

Medians over several photographs, from the moment at which the PC's display has painted each.
"""

from __future__ import annotations

import time

from bench.picture.judge import follow
from bench.picture.line import SIX
from bench.picture.namespace import Namespaces
from bench.picture.result import Result, median, worst
from bench.picture.room import Room, open_room
from bench.picture.viewing import Benchside, NoVncViewer, TigerVnc, Viewer

PHOTOS = 4
FIRST_DB = 30.0
WITHIN_S, LOSSY_WITHIN_S = 20.0, 6.0
SETTLED_S = 1.5


def main(namespaces: Namespaces | None, *, quick: bool = False) -> Result:
    result = Result()
    count = 1 if quick else PHOTOS
    with open_room("photo", namespaces) as room:
        room.player.do("prepare", names=["spot", "form", *(f"photo {number}" for number in range(count))])
        with Benchside(room) as benchside:
            measure(room, benchside, count, WITHIN_S, result)
        measure(room, TigerVnc(room, lossless=True), count, WITHIN_S, result)
        measure(room, TigerVnc(room), count, LOSSY_WITHIN_S, result)
        measure(room, NoVncViewer(room), count, LOSSY_WITHIN_S, result)
    return result


def measure(room: Room, viewer: Viewer, count: int, within_s: float, result: Result) -> None:
    found, sizes = [], []
    with viewer.viewing(SIX):
        eye = room.eye(viewer.display)
        for number in range(count):
            follow(eye, room.player.show("form"), within_s)
            time.sleep(SETTLED_S)
            before = room.line.carried()
            at = room.player.show(f"photo {number}")
            found.append(follow(eye, at, within_s, [FIRST_DB]))
            sizes.append(room.line.carried().since(before).bytes)
        eye.close()
    firsts = [each.reached_s[FIRST_DB] for each in found]
    result.say(viewer.name, "photo_first_s", median(firsts))
    result.say(viewer.name, "photo_first_worst_s", worst(firsts))
    result.say(viewer.name, "photo_exact_s", median([each.exact_s for each in found]))
    result.say(viewer.name, "photo_bytes", median([float(size) for size in sizes]), 0)
    result.say(viewer.name, "photo_wrong_pixels", float(max(each.wrong for each in found)), 0)
    if any(each.wrong for each in found):
        result.say(viewer.name, "photo_rest_psnr_db", min(each.psnr_db for each in found), 1)
