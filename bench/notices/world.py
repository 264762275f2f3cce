"""A whole small world for parts of this benchmark: server, PC with its services and desk, the log of an instrument.

The instrument has two thousand pumps, and each may fail by itself: pop-ups tell a condition once in ten minutes.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from examples.demo.children import Children, is_open
from examples.demo.display import start_desktop, start_display
from examples.demo.seat import Seat
from examples.demo.world import BENCHSIDE, World, make_world, start_desk
from project.paths import ROOT

__all__ = ["LOCAL", "LOG", "Lab", "open_lab", "write_settings"]

RUNS = ROOT / ".world" / "runs"
DISPLAYS = range(80, 90)
SIZE_PX = (1920, 1080)
MAX_PUMPS = 2000
LOG = "log.bench"
LOCAL = "local.bench"
RULES = f"""
[[rule]]
code = "failed"
state = "on"
line = "ERROR E7001 pump {{number}} failed"
subject = "Pump {{number}}"
[rule.fields]
number = {{ least = 1, most = {MAX_PUMPS}, whole = true }}

[[rule]]
code = "failed"
state = "off"
line = "INFO I7002 pump {{number}} good"
subject = "Pump {{number}}"
[rule.fields]
number = {{ least = 1, most = {MAX_PUMPS}, whole = true }}
"""
CATALOGUE = """
source = "{source}"
[failed]
severity = "critical"
[failed.en]
subject = "{{subject}}"
text = "{{subject}} has failed, so the analyser has stopped."
advice = "Close the reagent drawer and press Start run. If it fails again, ask for help with this."
[failed.es]
subject = "{{subject}}"
text = "{{subject}} ha fallado y el analizador se ha parado."
advice = "Cierre el cajón de reactivos y pulse Start run. Si vuelve a fallar, pida ayuda con esto."
"""


def write_settings(folder: Path, log: Path, more: str = "") -> None:
    """Lay out a notifier's folder that watches `log`, with the words for it; `more` settings of tables."""
    words = folder / "notices.d"
    words.mkdir(parents=True, mode=0o700)
    for source in (LOG, LOCAL):
        (words / f"{source}.toml").write_text(CATALOGUE.format(source=source), encoding="utf-8")
    (folder / "rules.toml").write_text(RULES, encoding="utf-8")
    with (folder / "notifier.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[log]]\nname = "bench"\npath = "{log}"\nencoding = "utf-8"\nrules = "rules.toml"\n{more}')


@dataclass(frozen=True)
class Lab:
    """`pc` is the environment of programs on the PC's screen."""

    children: Children
    world: World
    pc: dict[str, str]
    folder: Path

    def log(self, text: str) -> None:
        """Have the instrument write a line, as vendors' programs do."""
        moment = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        with self.world.instrument_log.open("a", encoding="utf-8", newline="\r\n") as file:
            file.write(f"{moment} [Fluidics  ] {text}\n")

    def start_notifier(self, *, hasty: bool = False) -> None:
        """Start it and wait for its door."""
        program = [sys.executable, "-m", "bench.notices.hasty"] if hasty else [str(BENCHSIDE)]
        words = ["notifier", "--state", str(self.world.notifier_folder), "--socket", str(self.world.notices), "run"]
        self.world.notifier = self.children.start("notifier", [*program, *words], cwd=ROOT)
        wait_for_door(self.world)


def wait_for_door(world: World) -> None:
    assert world.notifier is not None
    until = time.monotonic() + 30.0
    while not is_open(world.notices):
        assert world.notifier.is_running, world.notifier.last_lines()
        assert time.monotonic() < until, "the notifier did not open its door within 30 s"
        time.sleep(0.02)


@contextlib.contextmanager
def open_lab(
    part: str, *, settings: str = "", hasty: bool = False, notifier: bool = True, desk: bool = True
) -> Iterator[Lab]:
    """Make it, and end all of it afterwards; `settings` are more tables of the notifier's."""
    folder = RUNS / f"notices-{part}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    with Children(folder) as children:
        display = start_display(children, size=SIZE_PX, numbers=DISPLAYS)
        pc = start_desktop(children, display)
        world = make_world(children, tls=True)
        world.notifier_folder.mkdir(mode=0o700)
        (world.notifier_folder / "notifier.toml").write_text(
            f'agent_socket = "{world.socket}"\nagent_state = "{world.pc_folder}"\n', encoding="utf-8"
        )
        world.instrument_log.write_text("")
        write_settings(world.notifier_folder, world.instrument_log, settings)
        lab = Lab(children, world, pc, folder)
        if notifier:
            lab.start_notifier(hasty=hasty)
        if desk:
            start_desk(world, Seat(display.name, pc))
        yield lab
