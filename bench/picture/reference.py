"""One row of reference for a whole other product: click to photon, and the bytes of the scripted work."""

from __future__ import annotations

from collections.abc import Callable

from bench.photon.click import patience_s
from bench.picture import whole
from bench.picture.namespace import Namespaces
from bench.picture.photon import UNMEASURED, aim, start_target, tell
from bench.picture.result import Result
from bench.picture.room import Room, open_room
from bench.picture.viewing import Viewer

CLICKS = 100


def measure(namespaces: Namespaces | None, make: Callable[[Room], Viewer], *, quick: bool) -> Result:
    """By itself, not in turns with Benchside: a reference, no ratio."""
    result = Result()
    with open_room("reference", namespaces) as room:
        viewer = make(room)
        with viewer.viewing(None):
            finger = aim(room, viewer, patience_s(quick=quick))
            target = start_target(room, room.lab.pc)
            clicks = finger.clicks(5 if quick else CLICKS, unmeasured=UNMEASURED)
            finger.close()
            room.lab.children.kill(target)
        tell(result, viewer.name, clicks)
        whole.get_ready(room, quick)
        whole.measure(room, viewer, whole.LOSSY_REST_S, result, quick)
    return result
