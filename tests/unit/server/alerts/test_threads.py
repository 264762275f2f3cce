"""Threads of their own: so many at once, and whoever stops waiting stops nothing else."""

from __future__ import annotations

import asyncio
import threading

import pytest

from benchside.server.alerts.threads import Threads


async def test_what_is_returned_and_what_is_raised_comes_back() -> None:
    threads = Threads[int](2, "test")
    assert await threads.run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)


async def test_one_beyond_waits_and_one_that_nobody_waits_for_keeps_its_place() -> None:
    threads, go, ended = Threads[bool](1, "test"), threading.Event(), list[str]()
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold() -> bool:
        loop.call_soon_threadsafe(begun.set)
        return go.wait(10)

    first = asyncio.create_task(threads.run(hold, lambda: ended.append("first")))
    await begun.wait()
    second = asyncio.create_task(threads.run(lambda: True, lambda: ended.append("second")))
    third = asyncio.create_task(threads.run(lambda: True, lambda: ended.append("third")))
    await asyncio.sleep(0)
    first.cancel()
    second.cancel()
    await asyncio.wait((first, second))
    assert ended == ["second"], "the first goes on, and the second never begins"
    go.set()
    assert await third
    assert ended == ["second", "first", "third"]
