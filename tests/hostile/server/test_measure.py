"""Strangers at the counterpart of a measurement: they get little of it, seldom, and nothing to hold on to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes.server_world import World, running_world

from benchside.protocol.errors import UnavailableError
from benchside.protocol.flow.measure import MAX_BPS, MAX_DIRECTION_BYTES
from benchside.protocol.wire.measure import CHUNK, MAX_CHUNK_BYTES, MEASURE_PATH, TURN, WINDOW_BYTES, say_taken
from benchside.protocol.wire.relay import RelayClose
from benchside.server.relay import measure
from benchside.transport.bandwidth import NotMeasuredError
from benchside.transport.bandwidth import measure as measure_line
from benchside.transport.way_out import DIRECT
from benchside.transport.websocket import Closed, WebSocketLink, dial

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path) as running:
        yield running


async def knock(world: World) -> WebSocketLink:
    return await dial(world.listeners.session_url + MEASURE_PATH, tls=None, max_bytes=MAX_CHUNK_BYTES)


async def closed_with(link: WebSocketLink) -> int:
    async with asyncio.timeout(15):
        try:
            while True:
                await link.receive()
        except Closed as closed:
            return closed.code


async def test_one_address_gets_one_at_a_time_and_few_in_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "MAX_IN_A_WHILE", 2)
    first = await knock(world)
    await asyncio.sleep(0.1)
    assert await closed_with(await knock(world)) == RelayClose.TOO_MANY
    first.abort()
    await asyncio.sleep(0.2)
    second = await knock(world)
    await asyncio.sleep(0.1)
    second.abort()
    await asyncio.sleep(0.2)
    assert await closed_with(await knock(world)) == RelayClose.TOO_MANY
    with pytest.raises(NotMeasuredError, match="too many"):
        await measure_line(world.listeners.session_url + MEASURE_PATH, tls=None, out=DIRECT)


async def test_it_is_bounded_for_all_together(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "MAX_AT_ONCE", 1)
    await knock(world)
    await asyncio.sleep(0.1)
    with pytest.raises(UnavailableError):
        await knock(world)


@pytest.mark.parametrize(
    "rubbish", [b"", b"\x00", b"x" * 100, say_taken(0), CHUNK + b"x" * MAX_CHUNK_BYTES, "text", TURN + b"\x00"]
)
async def test_what_is_no_chunk_ends_it(world: World, rubbish: bytes | str) -> None:
    link = await knock(world)
    link.send(rubbish)
    assert await closed_with(link) in (4400, 1006)


async def test_it_takes_no_more_than_its_measure(world: World) -> None:
    link = await knock(world)
    for _ in range(MAX_DIRECTION_BYTES // MAX_CHUNK_BYTES + 2):
        link.send(CHUNK + b"x" * (MAX_CHUNK_BYTES - 1))
        await link.writable()
    assert await closed_with(link) in (4400, 1006)


async def test_it_gives_a_window_to_who_says_nothing_and_lies_end_it(world: World) -> None:
    link = await knock(world)
    link.send(TURN)
    got = 0
    while (message := await asyncio.wait_for(link.receive(), 5)) != TURN:
        got += len(message)
    assert got <= 32 * 1024  # the window opens as it is used
    assert await closed_with(link) == 1000
    link = await knock(world)
    link.send(TURN)
    link.send(say_taken(WINDOW_BYTES * 10))
    assert await closed_with(link) in (4400, 1006)


@pytest.mark.alone
async def test_it_gives_no_faster_and_no_longer_than_it_says(world: World) -> None:
    link = await knock(world)
    link.send(TURN)
    started, got = time.monotonic(), 0
    while (message := await asyncio.wait_for(link.receive(), 5)) != TURN:
        assert isinstance(message, bytes)
        got += len(message)
        link.send(say_taken(got))
    took = time.monotonic() - started
    assert took < 3
    assert got <= MAX_DIRECTION_BYTES
    assert got * 8 / took <= MAX_BPS * 1.2


async def test_who_only_holds_on_is_let_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "SILENCE_S", 0.3)
    assert await closed_with(await knock(world)) == 1000
