"""Others' coroutines that do not end when they are told to."""

from __future__ import annotations

import asyncio

import pytest

from benchside.notifier.adapters.apart import apart


async def stubborn(told: asyncio.Event, end: asyncio.Event) -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        told.set()
    await end.wait()


async def test_it_gives_what_the_work_gives() -> None:
    assert await apart(asyncio.sleep(0, 7), 1) == 7
    with pytest.raises(ZeroDivisionError):
        await apart(divide(), 1)


async def divide() -> float:
    return 1 / 0


async def test_work_that_does_not_end_is_left() -> None:
    told, end = asyncio.Event(), asyncio.Event()
    with pytest.raises(TimeoutError):
        await apart(stubborn(told, end), 0)
    waiting = asyncio.create_task(apart(stubborn(told, end), 60))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await told.wait()
    end.set()
