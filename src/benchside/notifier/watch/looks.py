"""Runs checks one after the other on one thread, each in its time; a look that does not end ends the worker.

A thread cannot be ended from outside.  So a stuck look is said, and the process goes; another begins without it.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchside.notifier.watch.contract import Check, PartlyUnavailableError, Reporter
from benchside.notifier.watch.told import Told
from benchside.protocol.wire.condition import ConditionKey

__all__ = ["REST_S", "StuckError", "run_checks"]

log = logging.getLogger(__name__)

REST_S = 600.0
"""How long a check that was stuck is left alone."""
SPREAD_S = 5.0
"""First looks lie apart, so that the start of a PC is not made slower by us."""


class StuckError(Exception):
    """A look did not come to an end; the process must go."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


async def run_checks(
    checks: Sequence[Check],
    reporter: Reporter,
    resting: Collection[str] = (),
    standing: Collection[ConditionKey] = (),
    *,
    spread_s: float = SPREAD_S,
) -> None:
    """Look until cancelled; StuckError when a look takes longer than its time.

    `standing`: what is on from before, and is over where no check knows of it any more.
    """
    told = Told(standing)
    for signal in told.begin(checks):
        reporter.tell(signal)
    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="look")
    due = {
        check.name: loop.time() + (REST_S if check.name in resting else spread_s * place / len(checks))
        for place, check in enumerate(checks)
    }
    try:
        while checks:
            check = min(checks, key=lambda each: due[each.name])
            await asyncio.sleep(max(0.0, due[check.name] - loop.time()))
            await _look(check, reporter, thread, told)
            # a little apart each time, so that checks of a thousand PCs do not ask one server at once
            due[check.name] = loop.time() + check.every_s * random.uniform(0.95, 1.05)  # noqa: S311
        await asyncio.Event().wait()
    finally:
        thread.shutdown(wait=False, cancel_futures=True)


async def _look(check: Check, reporter: Reporter, thread: ThreadPoolExecutor, told: Told) -> None:
    looking = asyncio.get_running_loop().run_in_executor(thread, lambda: tuple(check.look()))
    try:
        async with asyncio.timeout(check.within_s):
            signals = await asyncio.shield(looking)
    except TimeoutError:
        if not looking.done():
            raise StuckError(check.name) from None
        reporter.fail(check.name, "TimeoutError")
    except Exception as error:  # whatever a check breaks off with must not end the others
        log.info("check broke off", extra={"check": check.name, "cause": type(error).__name__})
        reporter.fail(check.name, type(error).__name__)
        if isinstance(error, PartlyUnavailableError):
            told.heard(error.signals)
            for signal in error.signals:
                reporter.tell(signal)
    else:
        reporter.well(check.name)
        for signal in (*signals, *told.looked(check, signals)):
            reporter.tell(signal)
