"""`python -m bench.notices.keeping DATA CHANGES`: the server's intake, told one long journal, saying what it has kept.

For `power`, which listens to it from outside: a line `kept N` leaves the process after change N is durable.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

import uvloop
from tests.fakes.notified import add_device
from tests.fakes.notifier import Journal
from tests.fakes.server_world import opened_parts

from benchside.protocol.wire.condition import ConditionChange, ConditionKey, NoticeBatch

__all__ = ["DEVICE", "JOURNAL", "prepare", "story"]

DEVICE = b"D" * 16
JOURNAL = b"J" * 16
MAX_TOLD = 40
"""Changes of one batch."""


def story(changes: int) -> list[ConditionChange]:
    """The same for everybody who asks: conditions that come, are acknowledged, come again and go."""
    dice, journal, told = random.Random(1), Journal(), list[ConditionChange]()
    while len(told) < changes:
        key = ConditionKey("local.pumps", f"Pump {dice.randrange(60)}", "low")
        acts = (journal.raised, journal.cleared, journal.acknowledged)
        told.append(dice.choice(acts)(key))
    return told


async def prepare(folder: Path) -> Path:
    """Make a server's folder that knows the PC; return its data."""
    async with opened_parts(folder) as parts:
        await add_device(parts, DEVICE)
    return folder / "data"


async def _keep(folder: Path, changes: int) -> None:
    told, dice = story(changes), random.Random()
    async with opened_parts(folder) as parts:
        kept = await parts.intake.kept_up_to(DEVICE, JOURNAL)
        while kept < len(told):
            batch = tuple(told[kept : kept + dice.randint(1, MAX_TOLD)])
            kept = await parts.intake.keep(DEVICE, NoticeBatch(journal=JOURNAL, changes=batch))
            os.write(1, f"kept {kept}\n".encode())


if __name__ == "__main__":
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with runner:
        runner.run(_keep(Path(sys.argv[1]), int(sys.argv[2])))
