"""Waiting for another's coroutine that may not end when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["apart"]

_T = TypeVar("_T")


async def apart(work: Coroutine[Any, Any, _T], within_s: float) -> _T:
    """Return what `work` returns; TimeoutError after `within_s` seconds.  May be cancelled at any moment.

    `asyncua` waits for its own tasks in ways that swallow a cancellation meant for whoever waits for it, so its work
    runs in a task of its own: it is told to end, and nobody waits until it does.
    """
    task = asyncio.create_task(work, name="apart")
    # a late error is of no use to anybody, and no reason for a line in the log
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        done, _ = await asyncio.wait({task}, timeout=within_s)
        if not done:
            raise TimeoutError
        return task.result()
    finally:
        task.cancel()
