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

from examples.demo.children import ChildError, Children, free_port
from examples.demo.clerk import Clerk
from examples.demo.seat import Seat, sit_at, start_seat
from examples.demo.story import Story, StoryError
from examples.demo.world import CN, World, add_region, make_world, start_desk, start_notifier
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
    parser.add_argument("--regions", action="store_true", help="two servers, global and cn, with a PC each")
    chosen = parser.parse_args(argv)
    if chosen.regions and (chosen.scripted or chosen.display):
        parser.error("--regions needs screens of its own and a person: leave out --scripted and --display")
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
    alarms_port = free_port()
    start_instrument(children, seat, children.run_folder, alarms_port=alarms_port)
    world = make_world(children, tls=chosen.tls or chosen.scripted)
    world.alarms_port = alarms_port
    start_notifier(world)
    start_desk(world, seat, chosen.language)
    if chosen.scripted:
        return tell_story(world, seat, chosen.json)
    places = [(world, seat)]
    if chosen.regions:
        places.append(second_region(world, chosen.language))
    clerks = [Clerk(each) for each, _ in places]
    for clerk in clerks:
        clerk.start()
    try:
        print(json.dumps(described_all(places)) if chosen.hold else invitation_all(places), flush=True)
        ended = children.wait_any()
    finally:
        for clerk in clerks:
            clerk.stop.set()
    if ended is not None:
        raise ChildError(f"{ended.name} ended with code {ended.exit_code}\n{ended.last_lines()}")
    return 0


def start_instrument(children: Children, seat: Seat, folder: Path, *, alarms_port: int = 0) -> None:
    """Starts the simulated instrument on a PC's screen; its log and what is visible go into `folder`.

    `alarms_port`: where it has an OPC UA side, too; 0: nowhere.
    """
    instrument = [sys.executable, "-m", "examples.instrument", "--state-file", str(folder / "instrument.json")]
    instrument += [
        "--log-file",
        str(folder / "analyser.log"),
        "--control",
        str(control_of(children, folder)),
    ]
    if alarms_port:
        instrument += ["--opcua", str(alarms_port)]
    children.start("instrument", instrument, env=seat.environment, cwd=ROOT)


def control_of(children: Children, folder: Path) -> Path:
    """Where the simulated instrument of `folder` takes orders."""
    return children.sockets / f"{folder.name}.ctl"


def second_region(first: World, language: str) -> tuple[World, Seat]:
    """Starts `cn` beside it: another server with other keys, databases and accounts, and a PC with its desk."""
    world = add_region(first, CN)
    seat = start_seat(first.children)
    world.alarms_port = free_port()
    start_instrument(first.children, seat, world.folder, alarms_port=world.alarms_port)
    start_notifier(world)
    start_desk(world, seat, language)
    return world, seat


def described_all(places: list[tuple[World, Seat]]) -> dict[str, object]:
    """The first, and every other region by its name."""
    more = {world.region.name: described(world, seat) for world, seat in places[1:]}
    return described(*places[0]) | ({"regions": more} if more else {})


def tell_story(world: World, seat: Seat, out: Path | None) -> int:
    """Plays it and writes what happened; 0 when all of it came true."""
    time.sleep(SETTLE_S)
    story = Story(world, seat, world.folder / "instrument.json", control_of(world.children, world.folder))
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


def pids(children: Children) -> dict[str, int]:
    """By name; the second of a name, as the other region's server is, gets its number behind it."""
    found: dict[str, int] = {}
    for child in children.running:
        count = sum(name.partition(" ")[0] == child.name for name in found)
        found[f"{child.name} {count + 1}" if count else child.name] = child.pid
    return found


def described(world: World, seat: Seat) -> dict[str, object]:
    """What an outside tool needs to take part."""
    return {
        "pid": os.getpid(),
        "console": world.web_url,
        "link": world.link_url,
        "session": world.session_url,
        "ca_file": None if world.certificates is None else str(world.certificates.authority),
        "region": world.region.name,
        "account": world.account,
        "password": world.password,
        "display": seat.display,
        "environment": seat.environment,
        "pc": seat.address,
        "run_folder": str(world.folder),
        "socket": str(world.socket),
        "notices": str(world.notices),
        "state": str(world.pc_folder),
        "server_data": str(world.server_folder),
        "authority": str(world.authority_folder),
        "instrument_state": str(world.folder / "instrument.json"),
        "pids": pids(world.children),
    }


def doors(world: World, seat: Seat) -> str:
    """How a person gets to one region's PC and to its engineer's desk."""
    pc = f"open {seat.address}" if seat.address else f"look at the screen {seat.display}"
    return f"""
  The lab's PC          {pc}
  The engineer's desk   open {world.web_url}
                        account   {world.account}  ({world.region.associate_name})
                        password  {world.password}   (the first sign-in asks for a new one,
                                  and sets up a second factor: any authenticator application, or for this demo
                                  python3 -m examples.authenticator "THE KEY ON THE PAGE")
"""


def invitation_all(places: list[tuple[World, Seat]]) -> str:
    """The invitation; with more than one region, each with its own doors, and what to try with two."""
    if len(places) == 1:
        return doors(*places[0]) + invitation()
    each = [f"\n  Region {world.region.name}: {world.region.server_name}{doors(world, seat)}" for world, seat in places]
    return f"""{"".join(each)}
  The two servers share the authority that signs the policy, and nothing else: an account, a request, an
  enrolment token and a ticket of one mean nothing to the other.
{invitation()}"""


def invitation() -> str:
    """What to try when everything is up."""
    return """

  Three things to try
  1. On the lab's PC press "Request help", and read the code that appears.
  2. As the engineer: sign in, let the browser make your key (the demo's authority signs it in within
     seconds), take the request from the queue, and type the code.
  3. Ask to view, then for control: each time somebody at the lab's PC must allow it. Press "Stop" there
     at any moment.

  And one more: click into the analyser's window and press Ctrl+F3. Its laser is too hot now: a card comes up,
  "Open the notices" says what to do, and "Request help with this" asks for help with it.

  Ctrl-C ends everything.
"""
