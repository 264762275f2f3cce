"""`python -m bench.notices.hurried STATE SOCKET`: the notifier, without workers, whose clocks a signal moves.

Three days pass in some minutes for it; all else, the door, the journal and the way to the agent, is the product's.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from benchside.notifier import notifier as product
from benchside.notifier.app import RULES
from benchside.notifier.journal import open_journal
from benchside.notifier.settings import read_settings
from benchside.notifier.words import PACKAGE_CATALOGUE, read_words
from benchside.platform.clock.here import steady_s

__all__ = ["STEP_S", "STEP_SIGNAL"]

STEP_S = 60
STEP_SIGNAL = signal.SIGRTMIN
"""A step with each: other signals are one, when several come before the program gets to them."""


class HurriedLoop(asyncio.SelectorEventLoop):
    """A loop of the future."""

    ahead_s = 0

    def time(self) -> float:
        return super().time() + self.ahead_s

    def move_on(self) -> None:
        self.ahead_s += STEP_S


async def _serve(state: Path, socket: Path) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, HurriedLoop)
    clocks = {
        "steady_s": lambda: steady_s() + loop.ahead_s,
        "_utc_ms": lambda: time.time_ns() // 1_000_000 + loop.ahead_s * 1000,
    }
    assert clocks.keys() <= vars(product).keys(), "the notifier has other clocks now"
    vars(product).update(clocks)
    loop.add_signal_handler(STEP_SIGNAL, loop.move_on)
    task = asyncio.current_task()
    assert task is not None
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    settings = replace(read_settings(None, state=state, socket=socket), watched=())
    journal, projection, was_spoilt = open_journal(settings.state, str(time.time_ns()))
    words = read_words([PACKAGE_CATALOGUE, settings.state / RULES])
    with contextlib.suppress(asyncio.CancelledError):
        await product.Notifier(settings, journal, projection, words, was_spoilt=was_spoilt).run()
    journal.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=HurriedLoop) as runner:
        runner.run(_serve(Path(sys.argv[1]), Path(sys.argv[2])))
