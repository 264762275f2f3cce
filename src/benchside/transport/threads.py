"""Threads for what may hang: nobody has to wait for one, not even the program's end.

The standard pool joins its threads when the process ends, so one silent name server, or one target that drips an
answer, would hold the end for as long as it likes.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["begin", "in_thread"]

_T = TypeVar("_T")


def begin(work: Callable[[], _T], name: str) -> concurrent.futures.Future[_T]:
    """Run `work` in a thread of its own; the future ends when `work` does, and cannot be cancelled.

    RuntimeError where the system gives no more threads.
    """
    done: concurrent.futures.Future[_T] = concurrent.futures.Future()
    done.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # it belongs to whoever waits
            done.set_exception(error)
        else:
            done.set_result(result)

    threading.Thread(target=run, name=name, daemon=True).start()
    return done


async def in_thread(work: Callable[[], _T], name: str) -> _T:
    """Return what `work` returns; may be cancelled, and then `work` goes on by itself."""
    return await asyncio.wrap_future(begin(work, name))
