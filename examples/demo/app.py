"""Starts the demo's world, tells the person how to enter it, and ends all of it with Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from examples.demo.children import ChildError, Children
from examples.demo.seat import Seat, sit_at, start_seat

ROOT = Path(__file__).resolve().parents[2]
RUNS = ROOT / ".world" / "runs"


class Ended(Exception):
    """A person or a program asked the demo to end."""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tasks.py demo", description=__doc__)
    parser.add_argument("--display", metavar=":N", help="use this screen instead of a virtual one in a browser tab")
    parser.add_argument("--hold", action="store_true", help="print one line of JSON for outside tools, and wait")
    chosen = parser.parse_args(argv)
    # Both ways of ending leave the `with` below, which ends every program.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        with Children(RUNS / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}") as children:
            return live(children, chosen.display, hold=chosen.hold)
    except Ended:
        return 0
    except ChildError as error:
        print(f"the demo could not go on: {error}", file=sys.stderr)
        return 1


def end(_number: int, _frame: FrameType | None) -> None:
    # Once is enough: a second Ctrl-C must not interrupt the ending itself.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise Ended


def live(children: Children, display: str | None, *, hold: bool) -> int:
    """Starts everything and waits until a program ends that should not; returns the exit code."""
    seat = sit_at(display) if display else start_seat(children)
    state_file = str(children.run_folder / "instrument.json")
    instrument = [sys.executable, "-m", "examples.instrument", "--state-file", state_file]
    children.start("instrument", instrument, env=seat.environment, cwd=ROOT)
    if hold:
        print(json.dumps(world(children, seat)), flush=True)
    else:
        print(invitation(seat), flush=True)
    ended = children.wait_any()
    if ended is not None:
        raise ChildError(f"{ended.name} ended with code {ended.exit_code}\n{ended.last_lines()}")
    return 0


def world(children: Children, seat: Seat) -> dict[str, object]:
    """What an outside tool needs to take part."""
    return {
        "pid": os.getpid(),
        "display": seat.display,
        "environment": seat.environment,
        "pc": seat.address,
        "run_folder": str(children.run_folder),
        "pids": {child.name: child.pid for child in children.running},
    }


def invitation(seat: Seat) -> str:
    """What a person reads when everything is up."""
    where = f"Open {seat.address} in a browser" if seat.address else f"Look at the screen {seat.display}"
    return f"\n  {where}: it is the lab's PC with its instrument.\n\n  Ctrl-C ends everything.\n"
