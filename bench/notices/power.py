"""Power is lost at random moments: what was not synced is dropped, torn or kept, and the real programs start on it.

Notifier and server run under strace, which hears each write, sync and answer; from that the disk is made again as it
may be at any moment (`disk.py`).  Some runs begin on a disk that has lost power before.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

from project import debian

from bench.notices.powered import Loss
from bench.notices.powered_notifier import lose_notifiers
from bench.notices.powered_server import lose_servers

POINTS = {"notifier": 130, "server": 80}
MAX_LINES = 20
QUICK_POINTS = {"notifier": 8, "server": 4}


async def main(folder: Path, quick: bool) -> dict[str, float]:
    seed = int(os.environ.get("BENCH_SEED") or random.SystemRandom().randrange(2**32))
    debian.ensure((debian.RECORDER,))
    print(f"power: BENCH_SEED={seed}", flush=True)
    dice = random.Random(seed)
    points = QUICK_POINTS if quick else POINTS
    found: dict[str, list[Loss]] = {}
    for name, lose in (("notifier", lose_notifiers), ("server", lose_servers)):
        (folder / name).mkdir()
        found[name] = await lose(folder / name, random.Random(dice.random()), points[name])
    every = [loss for losses in found.values() for loss in losses]
    for line in [line for loss in every for line in loss.lines][:MAX_LINES]:
        print(line)
    lost, doubled = sum(loss.lost for loss in every), sum(loss.doubled for loss in every)
    unsynced = sum(loss.unsynced for loss in every)
    assert unsynced, "expected writes that were not synced yet, got none: nothing was at stake"
    return {
        "conditions_lost": lost,
        "conditions_doubled": doubled,
        "power_points": len(every),
        **{f"power_points_{name}": len(losses) for name, losses in found.items()},
        "power_lost": lost,
        "power_doubled": doubled,
        "power_unsynced_writes": unsynced,
        "power_answered": sum(loss.answered for loss in every),
    }
