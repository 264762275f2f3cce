"""Notifier, server and agent are killed at random while programs push: what is lost, and what is there twice."""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path

from examples.demo.children import Children
from examples.demo.world import make_world

from bench.notices.acknowledger import Acknowledger
from bench.notices.ledger import PcBook, ServerBook, judge_pc, judge_server
from bench.notices.programs import Programs
from bench.notices.pusher import Pusher

KILLS = {"notifier": 100, "server": 80, "agent": 20}
QUICK_KILLS = {"notifier": 6, "server": 4, "agent": 2}
SOURCES = ("local.laser", "local.pumps", "local.robot", "local.lis")
PAUSE_S = {"notifier": (0.0, 6.0), "server": (0.0, 0.8), "agent": (0.0, 10.0)}
"""Between a start, or the first change that is carried again, and the next kill: all three go on for as long."""
BACK_WITHIN_S = 15.0
"""So long a kill waits for changes to be on their way again: one that hits nothing proves nothing."""


async def main(folder: Path, quick: bool) -> dict[str, float]:
    seed = int(os.environ.get("BENCH_SEED") or random.SystemRandom().randrange(2**32))
    print(f"kills: BENCH_SEED={seed}", flush=True)
    dice = random.Random(seed)
    with Children(folder / "world") as children:
        programs = Programs(make_world(children, tls=False))
        await programs.start("notifier")
        pushers = [Pusher(programs.world.notices, source, random.Random(dice.random())) for source in SOURCES]
        stop = asyncio.Event()
        person = Acknowledger(programs.world.notices, random.Random(dice.random()))
        pushing = [asyncio.create_task(one.run(stop)) for one in pushers]
        pushing.append(asyncio.create_task(person.run(stop)))
        began = time.monotonic()
        kills = QUICK_KILLS if quick else KILLS
        killed = await asyncio.gather(
            *(_kill(programs, name, times, random.Random(dice.random())) for name, times in kills.items())
        )
        killing_s = time.monotonic() - began
        stop.set()
        await asyncio.gather(*pushing)
        await programs.settle()
        book = PcBook.read(programs.journal)
        at_pc = judge_pc(book, [one.said for one in pushers])
        at_server = judge_server(book, await ServerBook.read(programs.world.server_folder))
        of_person = person.judge(book.changes)
    for line in (*at_pc.lines, *of_person.lines, *at_server.lines):
        print(line)
    return {
        "conditions_lost": at_pc.lost + of_person.lost + at_server.lost,
        "conditions_doubled": at_pc.doubled + of_person.doubled + at_server.doubled,
        "kills": sum(times for _, times, _ in killed),
        **{f"kills_{name}": times for name, times, _ in killed},
        **{f"kills_{name}_while_it_carried": busy for name, _, busy in killed if name != "notifier"},
        "kills_s": round(killing_s),
        "kills_lost_pc": at_pc.lost + of_person.lost,
        "kills_lost_server": at_server.lost,
        "kills_doubled_pc": at_pc.doubled + of_person.doubled,
        "kills_doubled_server": at_server.doubled,
        "kills_signals": sum(one.answered for one in pushers),
        "kills_acknowledged": len(person.taken),
        "kills_changes": len(book.changes),
    }


async def _kill(programs: Programs, name: str, kills: int, dice: random.Random) -> tuple[str, int, int]:
    """Kill one of them so often, each time with changes on their way where there can be; return how often so."""
    busy = 0
    for _ in range(kills):
        if name != "notifier":
            busy += await programs.until_kept(programs.kept() + 1, BACK_WITHIN_S)
        await asyncio.sleep(dice.uniform(*PAUSE_S[name]))
        await programs.kill(name)
        await asyncio.sleep(dice.uniform(0.0, 0.3))
        await programs.start(name)
    print(f"  {name}: {kills} kills, {programs.written()} changes, {programs.kept()} at the server", flush=True)
    return name, kills, busy
