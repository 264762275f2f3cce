"""The room of one part of the benchmark: a lab with its PC's screen, the line, the work, and engineers' displays."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from examples.demo.display import OPENBOX_RULES, Display, start_display

from bench.picture.eye import Eye, Screen
from bench.picture.line import Line
from bench.picture.namespace import Namespaces
from bench.picture.player import Player
from bench.picture.way import Shape
from bench.session.lab import Lab, open_lab

DISPLAYS = range(60, 70)
SIZE_PX = (1984, 1280)
"""Of an engineer's display: the PC's 1920 x 1080 pixel by pixel, and the viewer's own bars around it."""


@dataclass(frozen=True)
class Room:
    lab: Lab
    line: Line
    pc: Screen
    player: Player

    def engineer_display(self) -> Display:
        """One more display, with a window manager."""
        display = start_display(self.lab.children, size=SIZE_PX, numbers=DISPLAYS)
        rules: list[str | Path] = ["openbox", "--sm-disable", "--config-file", OPENBOX_RULES]
        self.lab.children.start("openbox", rules, env=display.environment)
        return display

    @contextlib.contextmanager
    def side(self, shape: Shape | None) -> Iterator[None]:
        """What is started within is at the engineer's end of a line of this shape, or beside the PC for None."""
        if shape is None:
            yield
            return
        self.line.shape(shape)
        with self.line.engineer_side():
            yield

    def door(self, shape: Shape | None, port: int) -> int:
        """Where this port of the lab's is reached by what was started in `side` of this shape."""
        return port if shape is None else self.line.door(port)

    def eye(self, display: Display) -> Eye:
        """A judge's eye on this display, aimed: the viewer there has to show the PC already."""
        self.player.do("restack")
        self.player.show("spot")
        eye = Eye(self.pc, display.environment, self.pc.windows_above(self.player.window))
        eye.aim()
        return eye


@contextlib.contextmanager
def open_room(part: str, namespaces: Namespaces | None) -> Iterator[Room]:
    """Make it, and end all of it afterwards."""
    with open_lab(f"picture-{part}") as lab:
        pc = Screen(lab.pc)
        with Player(lab.children, lab.pc) as player:
            yield Room(lab, Line(lab.children, namespaces), pc, player)
