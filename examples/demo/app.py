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
from examples.demo.clerk import Clerk
from examples.demo.seat import Seat, sit_at, start_seat
from examples.demo.story import Story, StoryError
from examples.demo.world import ASSOCIATE_NAME, World, make_world, start_desk
from examples.engineer.engineer import Engineer, EngineerError

ROOT = Path(__file__).resolve().parents[2]
RUNS = ROOT / ".world" / "runs"
# A desk that is asked for too early would greet with "no contact": the technician gets a settled window.
SETTLE_S = 1.0


class Ended(Exception):
    """A person or a program asked the demo to end."""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tasks.py demo", description=__doc__)
    parser.add_argument("--display", metavar=":N", help="use this screen instead of a virtual one in a browser tab")
    parser.add_argument("--hold", action="store_true", help="print one line of JSON for outside tools, and wait")
    parser.add_argument("--scripted", action="store_true", help="play the whole story with nobody there, then end")
    parser.add_argument("--json", type=Path, metavar="FILE", help="with --scripted: where to write what happened")
    parser.add_argument("--tls", action="store_true", help="speak TLS under an authority made on the spot")
    parser.add_argument("--language", choices=("en", "es"), default="en", help="of the desk")
    chosen = parser.parse_args(argv)
    # Both ways of ending leave the `with` below, which ends every program.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    try:
        with Children(RUNS / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}") as children:
            return live(children, chosen)
    except Ended:
        return 0
    except (ChildError, StoryError, EngineerError) as error:
        print(f"the demo could not go on: {error}", file=sys.stderr)
        return 1


def end(_number: int, _frame: FrameType | None) -> None:
    # Once is enough: a second Ctrl-C must not interrupt the ending itself.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise Ended


def live(children: Children, chosen: argparse.Namespace) -> int:
    """Starts everything and waits until a program ends that should not; returns the exit code."""
    if not chosen.hold:
        print("\n  Starting a small world: authority, server, and an instrument PC ...", flush=True)
    seat = sit_at(chosen.display) if chosen.display else start_seat(children)
    state_file = children.run_folder / "instrument.json"
    instrument = [sys.executable, "-m", "examples.instrument", "--state-file", str(state_file)]
    children.start("instrument", instrument, env=seat.environment, cwd=ROOT)
    world = make_world(children, tls=chosen.tls or chosen.scripted)
    start_desk(world, seat, chosen.language)
    if chosen.scripted:
        return tell_story(world, seat, state_file, chosen.json)
    clerk = Clerk(world)
    clerk.start()
    try:
        print(json.dumps(described(world, seat)) if chosen.hold else invitation(world, seat), flush=True)
        ended = children.wait_any()
    finally:
        clerk.stop.set()
    if ended is not None:
        raise ChildError(f"{ended.name} ended with code {ended.exit_code}\n{ended.last_lines()}")
    return 0


def tell_story(world: World, seat: Seat, state_file: Path, out: Path | None) -> int:
    """Plays it and writes what happened; 0 when all of it came true."""
    time.sleep(SETTLE_S)
    story = Story(world, seat, state_file)
    error = ""
    try:
        with Engineer(world.web_url, world.folder) as engineer:
            story.tell(engineer)
    except (StoryError, EngineerError) as failure:
        error = str(failure)
    written = json.dumps({"ok": not error, "error": error, "steps": story.steps}, indent=1)
    if out is None:
        print(written)
    else:
        out.write_text(written + "\n")
        for step in story.steps:
            print(f"  {step['at_ms']:>9.1f} ms  {step['step']}", flush=True)
    if error:
        print(f"  the story did not come true: {error}", file=sys.stderr)
    return 1 if error else 0


def described(world: World, seat: Seat) -> dict[str, object]:
    """What an outside tool needs to take part."""
    return {
        "pid": os.getpid(),
        "console": world.web_url,
        "link": world.link_url,
        "session": world.session_url,
        "ca_file": None if world.certificates is None else str(world.certificates.authority),
        "account": world.account,
        "password": world.password,
        "display": seat.display,
        "environment": seat.environment,
        "pc": seat.address,
        "run_folder": str(world.folder),
        "socket": str(world.socket),
        "state": str(world.pc_folder),
        "server_data": str(world.server_folder),
        "authority": str(world.authority_folder),
        "instrument_state": str(world.folder / "instrument.json"),
        "pids": {child.name: child.pid for child in world.children.running},
    }


def invitation(world: World, seat: Seat) -> str:
    """What a person reads when everything is up."""
    pc = f"open {seat.address}" if seat.address else f"look at the screen {seat.display}"
    return f"""
  The lab's PC          {pc}
  The engineer's desk   open {world.web_url}
                        account   {world.account}  ({ASSOCIATE_NAME})
                        password  {world.password}   (the first sign-in asks for a new one,
                                  and sets up a second factor: any authenticator application, or for this demo
                                  python3 -m examples.authenticator "THE KEY ON THE PAGE")

  Three things to try
  1. On the lab's PC press "Request help", and read the code that appears.
  2. As the engineer: sign in, let the browser make your key (the demo's authority signs it in within
     seconds), take the request from the queue, and type the code.
  3. Ask to view, then for control: each time somebody at the lab's PC must allow it. Press "Stop" there
     at any moment.

  Ctrl-C ends everything.
"""
