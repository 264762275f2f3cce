"""A small change on the slow line: click to photon at 6 Mbit/s with 50 ms of round trip, above that round trip.

The round trip is measured on the same line in the same minute (`proof`).  What remains is the click's way through
browser and relay, the program on the PC, and the picture's way back.
"""

from __future__ import annotations

import statistics

from bench.photon.click import Click, patience_s
from bench.picture.line import SIX
from bench.picture.namespace import Namespaces
from bench.picture.photon import UNMEASURED, aim, start_target
from bench.picture.proof import PINGS, Ends
from bench.picture.result import Result, percentile
from bench.picture.room import Room, open_room
from bench.picture.viewing import Benchside, NoVncViewer, TigerVnc, Viewer

CLICKS, PEER_CLICKS, QUICK_CLICKS = 300, 60, 5


def main(namespaces: Namespaces | None, *, quick: bool = False) -> Result:
    result = Result()
    with open_room("slow", namespaces) as room:
        with Benchside(room) as benchside, benchside.viewing(SIX, control=True):
            measure(room, benchside, CLICKS, result, quick=quick)
        for viewer in (TigerVnc(room), NoVncViewer(room)):
            with viewer.viewing(SIX):
                measure(room, viewer, PEER_CLICKS, result, quick=quick)
    return result


def measure(room: Room, viewer: Viewer, count: int, result: Result, *, quick: bool) -> None:
    finger = aim(room, viewer, patience_s(quick=quick))
    target = start_target(room, room.lab.pc)
    with Ends(room.line) as ends:
        round_trip_ms = statistics.median(ends.ping() for _ in range(PINGS))
    finger.go()
    clicks: list[Click] = finger.clicks(QUICK_CLICKS if quick else count, unmeasured=UNMEASURED)
    finger.close()
    room.lab.children.kill(target)
    above = [click.took_ms - round_trip_ms for click in clicks if click.seen_at is not None]
    name = viewer.name
    result.say(name, "slow_small_lost", len(clicks) - len(above), 0)
    if len(above) < 0.99 * len(clicks):
        result.notes.append(f"{name}: {len(clicks) - len(above)} of {len(clicks)} clicks on the slow line were lost")
        return
    result.say(name, "slow_rtt_ms", round_trip_ms, 1)
    for which in (50, 95):
        result.say(name, f"slow_small_p{which}_over_rtt_ms", percentile(above, which), 1)
