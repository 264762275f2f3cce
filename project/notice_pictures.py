"""Pictures of a notice: the analyser breaks, a card comes up on the PC, and the engineer's fleet page follows."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from examples.demo.seat import Seat
from examples.demo.world import World
from examples.engineer.engineer import Engineer

from project.paths import ROOT
from project.progress import StepError

FAULT = "laser_hot"
CARD = {"en": "Benchside notice", "es": "Aviso de Benchside"}
"""The card's title, by which it is found on the screen."""
WITHIN_S = 20.0


def play(
    world: World,
    seat: Seat,
    control: Path,
    language: str,
    engineer: Engineer,
    pc: Callable[[str], None],
    console: Callable[[str, Engineer], None],
) -> None:
    """Break the analyser at `control`, and take `notice` and `notices` of the PC and `fleet` of the console."""
    order = [sys.executable, "-m", "examples.instrument", "--control", str(control), "--send", f"on {FAULT}"]
    environment = {**os.environ, **seat.environment, "QT_QPA_PLATFORM": "offscreen"}
    subprocess.run(order, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=30)
    left, top, width, height = _box(seat, CARD[language])
    pc("notice")
    _xdotool(seat, "mousemove", str(left + width // 4), str(top + height - 40), "click", "1")
    pc("notices")
    engineer.page.goto(f"{world.web_url}/fleet")
    engineer.see("to-pc")
    console("fleet", engineer)


def _box(seat: Seat, name: str) -> tuple[int, int, int, int]:
    until = time.monotonic() + WITHIN_S
    while True:
        found = _xdotool(seat, "search", "--onlyvisible", "--name", f"^{name}$").split()
        if found:
            break
        if time.monotonic() > until:
            raise StepError(f"no window called {name!r} came up within {WITHIN_S:.0f} s of the fault")
        time.sleep(0.2)
    said = dict(line.split("=") for line in _xdotool(seat, "getwindowgeometry", "--shell", found[0]).splitlines())
    return int(said["X"]), int(said["Y"]), int(said["WIDTH"]), int(said["HEIGHT"])


def _xdotool(seat: Seat, *words: str) -> str:
    done = subprocess.run(
        ["xdotool", *words], env={**os.environ, **seat.environment}, capture_output=True, text=True, check=False
    )
    return done.stdout
