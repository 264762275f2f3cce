"""The server loses power while its intake keeps what a PC tells."""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import sqlite3
import sys
from pathlib import Path

from bench.notices.disk import Disk
from bench.notices.keeping import JOURNAL, prepare, story
from bench.notices.ledger import PcBook, ServerBook, judge_server
from bench.notices.powered import Loss, Moment, Traced, moments
from benchside.protocol.flow.conditions.projection import replay
from benchside.protocol.wire.condition import ConditionChange

__all__ = ["lose_servers"]

POINTS_A_RUN = 20
CHANGES_A_RUN = 1500
RUN_WITHIN_S = 180.0
READY_WITHIN_S = 60.0
KEPT = re.compile(rb"kept (\d+)\n")


async def lose_servers(folder: Path, dice: random.Random, points: int) -> list[Loss]:
    """Return what became of each loss of power.  Each run but the first begins on the disk of a loss before."""
    base, losses, runs = folder / "world", list[Loss](), -(-points // POINTS_A_RUN)
    await prepare(base)
    told = story(CHANGES_A_RUN * runs)
    for number in range(runs):
        run = folder / f"run-{number}"
        shutil.copytree(base, run / "world")
        traced = Traced(run / "trace")
        words = ("-m", "bench.notices.keeping", run / "world", CHANGES_A_RUN * (number + 1))
        await traced.start([sys.executable, *map(str, words)], out=asyncio.subprocess.PIPE)
        assert await traced.wait(RUN_WITHIN_S) == 0, "the server's intake ended with a fault"
        disk = Disk(base / "data")
        disk.move(run / "world" / "data")
        count = min(POINTS_A_RUN, points - len(losses))
        found = moments(run / "trace", disk, run, dice, count, lambda data: KEPT.fullmatch(data) is not None)
        assert any(moment.answers for moment in found), "no answer was heard in the trace"
        heir = dice.choice(found)
        shutil.copytree(base, run / "heir", ignore=shutil.ignore_patterns("*.db*"))
        shutil.copytree(heir.folder, run / "heir" / "data", dirs_exist_ok=True)
        for moment in found:
            shutil.copytree(base / "data" / "keys", moment.folder / "keys")
            losses.append(await _look(moment, told))
            shutil.rmtree(moment.folder)
        base = run / "heir"
        print(f"  server: {len(losses)} losses of power, {sum(loss.lost for loss in losses)} lost", flush=True)
        (run / "trace").unlink()
    return losses


async def _look(moment: Moment, told: list[ConditionChange]) -> Loss:
    """Start the real server on what is left, and look into its log."""
    kept = KEPT.fullmatch(moment.answers[-1]) if moment.answers else None
    answered = 0 if kept is None else int(kept[1])
    lines, lost, doubled = list[str](), 0, 0
    try:
        await _serve(moment.folder)
        server = await ServerBook.read(moment.folder)
        newest = max((sequence for _, sequence, _ in server.logged), default=0)
        lost += max(0, answered - newest)
        changes = told[:newest]
        found = judge_server(PcBook(JOURNAL, changes, None, replay(changes)), server)
        lines += [*found.lines, *_spoilt(moment.folder)]
        lost, doubled = lost + found.lost + len(_spoilt(moment.folder)), doubled + found.doubled
        if answered > newest:
            lines.append(f"{answered} were answered as kept, {newest} are there")
    except (AssertionError, TimeoutError) as error:
        lines.append(f"it does not start: {error}")
        lost += 1
    name = moment.folder.name
    return Loss(lost, doubled, tuple(f"{name}: {line}" for line in lines), moment.unsynced, len(moment.answers))


async def _serve(data: Path) -> None:
    """Run `benchside serve` until it says that it is ready, and kill it."""
    flags = [word for name in ("web", "link", "session") for word in (f"--{name}", "127.0.0.1:0")]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchside", "serve", "--data", data, *flags, "--local-accounts", "on",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            line = await process.stdout.readline()
        assert b"ready" in line, "the server ended"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _spoilt(data: Path) -> list[str]:
    wrong = []
    for name in ("cloud.db", "session.db"):
        with sqlite3.connect(data / name) as file:
            (answer,) = file.execute("PRAGMA integrity_check").fetchone()
        file.close()
        if answer != "ok":
            wrong.append(f"{name}: {answer}")
    return wrong
