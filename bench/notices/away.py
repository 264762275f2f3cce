"""Three days without a network: what they cost the PC in memory, and how all of it comes to the server after."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from examples.demo.children import Child, Children
from examples.demo.world import World, make_world
from tests.fakes.notifier_process import until_open
from tests.fakes.wire_cut import WireCut

from bench.notices.hurried import STEP_S, STEP_SIGNAL
from bench.notices.ledger import Found, PcBook, ServerBook, judge_pc, judge_server
from bench.notices.programs import Programs
from bench.notices.pusher import Pusher
from benchside.notifier.silence import SILENT
from benchside.protocol.wire.condition import ChangeKind
from benchside.server.notices.pace import REFILL_S

HOURS, QUICK_HOURS = 72, 6
DAYS = {"usual": 6, "bad": 60}
"""Signals an hour: an instrument with some trouble, and one where everything comes and goes."""
HOURS_BEFORE, SIGNALS_AN_HOUR_BEFORE = 6, 600
"""With a server, so that memory grows to what the work itself needs: conditions that nobody has acknowledged."""
START_WITHIN_S = 60.0
BACK_WITHIN_S = 180.0
"""The agent dials again within a minute."""
AT_REST_S = 0.5
MB = 1_000_000


@dataclass
class Away:
    """The world, the wire to its server, and who pushes."""

    programs: Programs
    wire: WireCut
    notifier: Child
    pusher: Pusher

    @property
    def private_bytes(self) -> int:
        """Memory of the notifier that goes when it ends."""
        return int(psutil.Process(self.notifier.pid).memory_full_info().uss)

    async def pass_hours(self, hours: int, signals_an_hour: int, *, is_away: bool = False) -> None:
        """Push so much; the minutes between pass at once, each when the server, if it is there, has what came before.

        Else the notifier would find half a minute over without an answer, and tell again what is being kept.
        """
        for minute in range(hours * 3600 // STEP_S):
            for _ in range((minute + 1) * signals_an_hour // 60 - minute * signals_an_hour // 60):
                await self.pusher.push_any()
            self.pusher.hang_up()  # nobody waits for an answer while a minute passes
            if not is_away:
                assert await self.programs.until_kept(self.programs.written(), BACK_WITHIN_S)
            os.kill(self.notifier.pid, STEP_SIGNAL)
            await asyncio.sleep(0.002)

    async def until_at_rest(self) -> None:
        """Wait until the notifier has written what the last minute brings, and the server has all of it."""
        for _ in range(2):  # who answers twice has moved its clocks, and has done what was due by them
            await self.pusher.push_any()
        self.pusher.hang_up()
        until = time.monotonic() + BACK_WITHIN_S
        while not await self._stands():
            assert time.monotonic() < until, "the server does not get the journal"

    async def end(self) -> None:
        """Kill all programs, the notifier at a moment at which the server has all that it wrote."""
        while True:
            await self.until_at_rest()
            os.kill(self.notifier.pid, signal.SIGSTOP)
            if await self._stands():
                break
            os.kill(self.notifier.pid, signal.SIGCONT)
        for name in ("notifier", "agent", "server"):
            await self.programs.kill(name)

    async def _stands(self) -> bool:
        """Whether nothing is written for a while, and nothing is missing at the server after it."""
        written = self.programs.written()
        await asyncio.sleep(AT_REST_S)
        return self.programs.kept() == self.programs.written() == written


async def main(folder: Path, quick: bool) -> dict[str, float]:
    hours = QUICK_HOURS if quick else HOURS
    link, session = WireCut(), WireCut()

    def open_doors(world: World) -> None:
        link.target, session.target = world.ports[1], world.ports[2]

    figures: dict[str, float] = {}
    with Children(folder / "world") as children, contextlib.closing(link), contextlib.closing(session):
        world = make_world(children, tls=False, doors=(link.port, session.port), on_server=open_doors)
        notifier = await _start(world)
        pusher = Pusher(world.notices, "local.laser", random.Random(1))
        away = Away(Programs(world), link, notifier, pusher)
        await away.pass_hours(HOURS_BEFORE, SIGNALS_AN_HOUR_BEFORE)
        for day, signals_an_hour in DAYS.items():
            figures |= await _be_away(away, day, hours, signals_an_hour)
        found_pc, found_server, times, told_h = await _judge(away)
        passed_h = HOURS_BEFORE + len(DAYS) * (hours + 1)
        assert told_h >= passed_h - 1, f"expected some {passed_h} h to pass for the notifier, got {told_h:.0f}"
        lost, doubled = found_pc.lost + found_server.lost, found_pc.doubled + found_server.doubled
        for line in (*found_pc.lines, *found_server.lines):
            print(line)
    growths = [figures[f"away_growth_{day}_day_mb"] for day in DAYS]
    return {
        "conditions_lost": lost,
        "conditions_doubled": doubled,
        "away_growth_mb": max(growths),
        "away_conditions_lost": lost,
        "away_conditions_doubled": doubled,
        "away_hours": hours,
        "away_times": len(DAYS),
        "away_said_silent": times,
        **figures,
    }


async def _start(world: World) -> Child:
    """The notifier that can be hurried, at the place of the world's own."""
    world.notifier_folder.mkdir(mode=0o700)
    (world.notifier_folder / "notifier.toml").write_text(
        f'agent_socket = "{world.socket}"\nagent_state = "{world.pc_folder}"\n'
    )
    words = (sys.executable, "-m", "bench.notices.hurried", str(world.notifier_folder), str(world.notices))
    notifier = world.notifier = world.children.start("notifier", words)
    await until_open(world.notices, lambda: notifier.is_running, START_WITHIN_S)
    return notifier


async def _be_away(away: Away, day: str, hours: int, signals_an_hour: int) -> dict[str, float]:
    """Cut the wire, let the hours pass, mend it, and wait until the server has all of it."""
    programs = away.programs
    await away.until_at_rest()
    before, began = away.private_bytes, time.monotonic()
    away.wire.cut()
    kept = programs.kept()
    await away.pass_hours(hours, signals_an_hour, is_away=True)
    growth, took_s = away.private_bytes - before, time.monotonic() - began
    assert programs.kept() == kept, "something came through a wire that is cut"
    waiting = programs.written() - kept
    mended = time.monotonic()
    away.wire.mend()
    assert await programs.until_kept(kept + 1, BACK_WITHIN_S), "the agent does not come back"
    back = time.monotonic()
    within_s = BACK_WITHIN_S + waiting / REFILL_S
    assert await programs.until_kept(programs.written(), within_s), "not all of it comes"
    caught_up_s = time.monotonic() - back
    print(f"  {day}: {hours} h in {took_s:.0f} s, {waiting} changes waited, {growth} bytes more", flush=True)
    await away.pass_hours(1, 60)
    return {
        f"away_growth_{day}_day_mb": round(growth / MB, 2),
        f"away_waiting_{day}_day": waiting,
        f"away_dialled_{day}_day_s": round(back - mended, 1),
        f"away_caught_up_{day}_day_s": round(caught_up_s, 1),
    }


async def _judge(away: Away) -> tuple[Found, Found, int, float]:
    """Return what is wrong at the PC and at the server, how often the PC told that its server is silent, and the hours
    of which its journal tells."""
    programs = away.programs
    await away.end()
    book = PcBook.read(programs.journal)
    silent = [change.kind for change in book.changes if change.key == SILENT]
    span_h = (book.changes[-1].at_utc_ms - book.changes[0].at_utc_ms) / 3_600_000
    print(f"  the journal tells of {span_h:.0f} h", flush=True)
    server = await ServerBook.read(programs.world.server_folder)
    return judge_pc(book, [away.pusher.said]), judge_server(book, server), silent.count(ChangeKind.RAISED), span_h
