"""A whole small world for one part of the benchmark: real programs, TLS, a PC on a virtual display of 1080p.

On the PC's screen there is the desk and nothing else that moves, but for what a part itself starts.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from examples.demo.children import Children
from examples.demo.display import OPENBOX_RULES, Display, start_desktop, start_display
from examples.demo.seat import Seat
from examples.demo.world import BENCHSIDE, World, make_world, sign_in_associate
from examples.engineer.engineer import Engineer
from project.paths import ROOT

from bench.session.doorway import Doorway
from bench.session.hands import Hands

RUNS = ROOT / ".world" / "runs"
DISPLAYS = range(70, 80)
SIZE_PX = (1920, 1080)
NEW_PASSWORD = "four-words-of-the-bench"


@dataclass(frozen=True)
class Lab:
    """`pc` is the environment of programs on the PC's screen."""

    children: Children
    world: World
    pc: dict[str, str]
    doorway: Doorway
    hands: Hands
    folder: Path

    @property
    def agent_pid(self) -> int:
        assert self.world.agent is not None
        return self.world.agent.pid

    @property
    def desk_pid(self) -> int:
        assert self.world.desk is not None
        return self.world.desk.pid

    def engineer_screen(self) -> Display:
        """One more display, with a window manager, for a browser in full screen."""
        display = start_display(self.children, size=SIZE_PX, numbers=DISPLAYS)
        rules: list[str | Path] = ["openbox", "--sm-disable", "--config-file", OPENBOX_RULES]
        self.children.start("openbox", rules, env=display.environment)
        return display

    def admit(self, engineer: Engineer) -> None:
        """Sign the engineer in, make their key, and let the authority name it in the policy."""
        engineer.sign_in(self.world.account, self.world.password, NEW_PASSWORD)
        sign_in_associate(self.world, engineer.make_key())
        engineer.wait_for_policy()
        engineer.open_queue()

    def host_pid(self) -> int | None:
        """The host's process, while there is one."""
        words = ["pgrep", "-P", str(self.agent_pid)]
        found = subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()
        return int(found[0]) if found else None


@contextlib.contextmanager
def open_lab(part: str) -> Iterator[Lab]:
    """Make it, and end all of it afterwards."""
    folder = RUNS / f"bench-{part}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    with Children(folder) as children:
        display = start_display(children, size=SIZE_PX, numbers=DISPLAYS)
        pc = start_desktop(children, display)
        world = make_world(children, tls=True)
        doorway = Doorway(children.sockets / "doorway.sock", world.socket)
        seat = Seat(display.name, pc)
        state = folder / "desk"
        state.mkdir()
        words: list[str | Path] = [
            BENCHSIDE,
            "desk",
            "--socket",
            doorway.path,
            "--state-dir",
            state,
            "--language",
            "en",
        ]
        world.desk = children.start("desk", words, env=seat.environment)
        try:
            with Hands(pc, doorway) as hands:
                hands.wait_ready()
                yield Lab(children, world, pc, doorway, hands, folder)
        finally:
            doorway.close()
