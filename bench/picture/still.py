"""Nothing moves on the PC: what the session still sends, and what the host still takes.

still_bytes        bytes of picture on the view channel in 10 s, decrypted: all that is not alive or pointer messages
still_view_bytes   all of the view channel in the same time
still_cpu_percent  of one core, the host's processes, over 60 s
host_pss_mb        the host's memory (PSS)

The session's own indicator is on the screen, as always; when it changes by itself, that is part of what is measured.
"""

from __future__ import annotations

import time

from bench.picture.eye import Screen
from bench.picture.namespace import Namespaces
from bench.picture.pages import HEIGHT, WIDTH
from bench.picture.player import Player
from bench.picture.result import Result
from bench.session.footprint import cpu_percent, programs, pss_mb
from bench.session.lab import open_lab
from bench.session.visitor import Visitor
from benchside.protocol.wire.capability import Capability

BYTES_S, CPU_S, SETTLED_S = 10.0, 60.0, 5.0


def main(_: Namespaces | None, *, quick: bool = False) -> Result:
    """The engineer is one without a browser here: the host's work is the same, and its records can be read."""
    result = Result()
    with open_lab("picture-still") as lab, Player(lab.children, lab.pc) as player:
        visitor = Visitor(lab.world)
        code = lab.hands.request()[2]
        visitor.enter(code)
        mark = lab.doorway.mark()
        visitor.ask(Capability.VIEW)
        lab.hands.allow(Capability.VIEW, mark)
        visitor.begin(Capability.VIEW)
        player.do("restack")
        player.show("page 0 grey")
        time.sleep(SETTLED_S)
        if not visitor.picture_bytes:
            return Result(notes=["still: no figures, no picture came at all"])
        screen = Screen(lab.pc)
        before = screen.grab((0, 0, WIDTH, HEIGHT)).copy()
        pictures, picture_bytes, view_bytes = visitor.pictures, visitor.picture_bytes, visitor.view_bytes
        time.sleep(1.0 if quick else BYTES_S)
        result.figures |= {
            "still_bytes": visitor.picture_bytes - picture_bytes,
            "still_view_bytes": visitor.view_bytes - view_bytes,
            "still_pictures": visitor.pictures - pictures,
        }
        changed = int((screen.grab((0, 0, WIDTH, HEIGHT)) != before).any(axis=2).sum())
        if changed:
            result.notes.append(
                f"still: {changed} pixels of the PC's own screen changed meanwhile (the indicator counts)"
            )
        host = {"host": programs(lab)["host"]}
        result.figures["still_cpu_percent"] = cpu_percent(host, 3.0 if quick else CPU_S)["host"]
        result.figures["host_pss_mb"] = pss_mb(host["host"])
        visitor.leave()
    return result
