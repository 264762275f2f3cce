"""The desk as a program on a screen of its own, with a fake agent, a technician by AT-SPI and a person at a seat."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from examples.demo.children import Child, Children
from examples.technician.client import SYSTEM_PYTHON
from tests.fakes.agent import MAX_WAIT_S, FakeAgent, FakeNotifier
from tests.fakes.desk_states import request, session, welcome
from tests.fakes.seat import Seat

from benchside.host.watch.contract import Sight, Unseen
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.desk import DeskHello, LinkShown, RequestPhase

ROOT = Path(__file__).resolve().parents[2]
ONLINE = LinkShown(online=True, since_s=5)
LOOK_AGAIN_S = 0.05
FOCUSED = """
import pyatspi
from examples.technician import tree
nodes = (node for window in tree.windows("Benchside") for node, _ in tree.walk(window))
print(next((tree.described(node)[0] for node in nodes if tree.has_state(node, pyatspi.STATE_FOCUSED)), ""))
"""


@dataclass(frozen=True)
class ScreenOfSeat:
    """What a Seat needs of a display: where its VNC socket is."""

    socket: Path


class Person(Seat):
    """Somebody at the PC, who moves and types as people and barcode scanners do."""

    def __init__(self, path: Path) -> None:
        super().__init__(ScreenOfSeat(path))  # type: ignore[arg-type]  # of the server it asks for the socket only

    def move(self, x: int, y: int, *, pressed: bool = False) -> None:
        """Put the pointer there, with the main button held or not."""
        self.hold_button(x, y, pressed)

    def click_slowly(self, x: int, y: int) -> None:
        """Move, press, let go, each a moment apart."""
        for pressed in (False, True, False):
            self.move(x, y, pressed=pressed)
            time.sleep(0.05)

    def scan(self, *keysyms: int) -> None:
        """Press and let go each key, as fast as a scanner does."""
        for keysym in keysyms:
            self.type(keysym)

    def press_together(self, *keysyms: int) -> None:
        """Hold one after the other, then let all go."""
        for keysym in keysyms:
            self.hold(keysym, True)
        for keysym in reversed(keysyms):
            self.hold(keysym, False)


class DeskWorld:
    """A display with a fake agent and the desk on it.  `seat`: the VNC socket of its person."""

    def __init__(self, children: Children, environment: dict[str, str], seat: Path, folder: Path) -> None:
        self.children = children
        self.environment = environment
        self.seat = seat
        self.folder = folder
        self.agent = FakeAgent(folder / "agent.sock")
        self.notifier = FakeNotifier(folder / "notifier.sock")
        self.desk = self.start_desk()
        hello = self.agent.expect(DeskHello)
        assert hello.locale == "en"
        assert hello.display["DISPLAY"] == environment["DISPLAY"]

    def start_desk(self) -> Child:
        command = [sys.executable, "-m", "benchside.desk.app", "--socket", str(self.agent.path), "--language", "en"]
        command += ["--notices", str(self.notifier.path)]
        command += ["--state-dir", str(self.folder / "state")]
        return self.children.start("desk", command, env=self.environment, cwd=ROOT)

    def technician(self, *words: str, fails: bool = False) -> dict[str, str]:
        command = [SYSTEM_PYTHON, "examples/technician/desk.py", "--timeout-s", "5", *words]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60)
        if fails:
            assert done.returncode == 1, done.stdout
            return {"error": done.stderr}
        assert done.returncode == 0, done.stderr
        said: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
        return said

    def xdotool(self, *words: str) -> str:
        done = subprocess.run(["xdotool", *words], env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout

    def welcome(self) -> None:
        self.agent.say(welcome(), ONLINE, request(RequestPhase.IDLE))
        self.technician("wait-state", "ready")

    def in_session(self, *capabilities: Capability) -> None:
        self.agent.say(request(RequestPhase.IN_SESSION, named=True), session(*capabilities))

    def box(self, name: str) -> tuple[int, int, int, int]:
        """Where the window of this name is: x, y, width, height."""
        number = self.xdotool("search", "--onlyvisible", "--name", f"^{name}$").split()[0]
        said = dict(line.split("=") for line in self.xdotool("getwindowgeometry", "--shell", number).splitlines())
        return int(said["X"]), int(said["Y"]), int(said["WIDTH"]), int(said["HEIGHT"])

    def focused(self) -> str:
        """The accessible name of what keys come to, of all that the desk shows; empty while it has no keyboard."""
        words = [SYSTEM_PYTHON, "-c", FOCUSED]
        done = subprocess.run(words, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def comes_to(self, name: str, within_s: float = MAX_WAIT_S) -> bool:
        """Wait until keys come to the thing of this name; whether they do."""
        return self.is_soon(lambda: self.focused() == name, within_s)

    def is_soon(self, fact: Callable[[], bool], within_s: float = MAX_WAIT_S) -> bool:
        """Wait for something that stays; whether it came in time."""
        until = time.monotonic() + within_s
        while not fact():
            if time.monotonic() > until:
                return False
            time.sleep(LOOK_AGAIN_S)
        return True

    def see(self, window: int) -> Sight:
        """What the host's watch says of the indicator."""
        script = "import sys; from benchside.host.watch.linux import X11IndicatorWatch as W; "
        script += "print(W().look(int(sys.argv[1])).reason)"
        command = [sys.executable, "-c", script, str(window)]
        said = subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout.strip()
        return Sight(None if said == "None" else Unseen(said))

    def close(self) -> None:
        """End the desk and its agent; the screen stays for the next test."""
        self.children.kill(self.desk)
        self.notifier.close()
        self.agent.close()
