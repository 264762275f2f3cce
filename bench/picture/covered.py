"""Covered pixels that leave the PC: a rule of the lab's covers a place, and a program lets noise flicker there.

The engineer is one without a browser, who decrypts the view channel as the console does and draws every message of it;
after each picture the pixels at the covered place are compared with every picture of the noise.  Then the same noise
flickers at a place that is not covered, where the same judge has to find it.

covered_pixels_sent     pixels of the noise found at the covered place, all pictures together
covered_tiles_sent      tiles and copies into the covered place while only that changed
uncovered_pixels_seen   of the noise beside it, in the last picture: shows that the judge sees
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from tests.fakes.viewer import Viewer

from bench.picture import pages
from bench.picture.canvas import Box
from bench.picture.glyphs import Picture
from bench.picture.namespace import Namespaces
from bench.picture.pages import HEIGHT, WIDTH
from bench.picture.player import Player
from bench.picture.result import Result
from bench.session.lab import Lab, open_lab
from bench.session.visitor import Visitor
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.picture import Copy, PictureEnd, Tile, ViewMessage

PLACE: Box = (600, 300, *pages.SECRET_SIZE_PX)
BESIDE: Box = (600, 700, *pages.SECRET_SIZE_PX)
RULE = f"""model = "*"

[[cover]]
name = "the benchmark's secret"
monitor = "primary"
area = {{ left = {PLACE[0]}, top = {PLACE[1]}, width = {PLACE[2]}, height = {PLACE[3]} }}
"""
SECONDS, EVERY_S, SETTLED_S = 6.0, 0.1, 2.0
SEEN_WITHIN_S, LOOK_AGAIN_S = 30.0, 0.2
"""A busy machine is late with what may be seen."""


def main(_: Namespaces | None, *, quick: bool = False) -> Result:
    frames = 10 if quick else int(SECONDS / EVERY_S)
    with open_lab("picture-covered") as lab, Player(lab.children, lab.pc) as player:
        rules = lab.world.pc_folder / "covers.d"
        rules.mkdir()
        (rules / "bench.toml").write_text(RULE)
        visitor = Visitor(lab.world)
        heard: list[ViewMessage] = []
        visitor.heard = heard
        view(lab, visitor)
        player.do("restack")
        player.show("form")
        time.sleep(SETTLED_S)
        before = len(heard)
        player.do("secret", x=PLACE[0], y=PLACE[1], frames=frames, every_s=EVERY_S)
        time.sleep(SETTLED_S)
        after = len(heard)
        player.do("secret", x=BESIDE[0], y=BESIDE[1], frames=3, every_s=EVERY_S)
        judge = Judge()
        until = time.monotonic() + SEEN_WITHIN_S
        while judge.see(heard) < BESIDE[2] * BESIDE[3] and time.monotonic() < until:
            time.sleep(LOOK_AGAIN_S)
        visitor.leave()
    found, seen = judge.found, judge.see(heard)
    touched = sum(touches(message, PLACE) for message in heard[before:after])
    result = Result({"covered_pixels_sent": found, "covered_tiles_sent": touched, "uncovered_pixels_seen": seen})
    if not seen:
        del result.figures["covered_pixels_sent"]
        result.notes.append("covered_pixels_sent: no figure, the judge saw no noise beside the covered place either")
    return result


def view(lab: Lab, visitor: Visitor) -> None:
    visitor.enter(lab.hands.request()[2])
    mark = lab.doorway.mark()
    visitor.ask(Capability.VIEW)
    lab.hands.allow(Capability.VIEW, mark)
    visitor.begin(Capability.VIEW)


class Judge:
    """Looks at the engineer's picture.  `found`: pixels of the noise at the covered place, all pictures together."""

    def __init__(self) -> None:
        self._noise = np.stack([pages.secret(number) for number in range(pages.SECRETS)])[..., :3]
        self._viewer = Viewer(WIDTH, HEIGHT)
        self._taken = 0
        self._is_touched = False
        self.found = 0

    def see(self, heard: Sequence[ViewMessage]) -> int:
        """Show what was heard since the last time; the pixels of the noise beside the covered place, as it is now."""
        messages = heard[self._taken :]
        self._taken += len(messages)
        for message in messages:
            self._viewer.show(message)
            self._is_touched |= touches(message, PLACE)
            if isinstance(message, PictureEnd) and self._is_touched:
                self.found += alike(self._viewer, PLACE, self._noise)
                self._is_touched = False
        return alike(self._viewer, BESIDE, self._noise)


def alike(viewer: Viewer, box: Box, noise: Picture) -> int:
    x, y, width, height = box
    seen = viewer.pixels[y : y + height, x : x + width, :3]
    return int((seen[None] == noise).all(axis=3).any(axis=0).sum())


def touches(message: ViewMessage, box: Box) -> bool:
    if not isinstance(message, Tile | Copy):
        return False
    x, y, width, height = box
    is_beside = message.x_px >= x + width or message.x_px + message.width_px <= x
    return not is_beside and message.y_px < y + height and message.y_px + message.height_px > y
