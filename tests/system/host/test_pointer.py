"""The pointer of a real X server: its shape when a program changes it, its place when it moves."""

from __future__ import annotations

import asyncio
import select
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import xcffib.xproto
import xcffib.xtest
from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer

from benchside.host.pointer.contract import MOVED_PER_S
from benchside.host.pointer.linux import X11Pointer
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.picture import VIEW

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def server() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture
def client(server: XServer) -> Iterator[XClient]:
    client = XClient(server.name)
    yield client
    client.close()


def cursor(client: XClient, glyph: int) -> int:
    font, made = client.connection.generate_id(), client.connection.generate_id()
    client.core.OpenFont(font, len("cursor"), "cursor")
    client.core.CreateGlyphCursor(made, font, font, glyph, glyph + 1, 65535, 0, 0, 0, 0, 65535)
    return int(made)


MAX_WAIT_S = 15.0
MOVES = 400
"""Of a fast hand, one a millisecond."""


class Moves:
    """What a pointer tells of its place, read as a loop reads it."""

    def __init__(self, pointer: X11Pointer) -> None:
        self.pointer = pointer
        self.places: list[tuple[int, int]] = []
        self.at_s: list[float] = []
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self.reads = 0
        pointer.start(lambda: None, self._moved)
        self._loop.add_reader(pointer.fileno(), self._read)

    def _moved(self, x_px: int, y_px: int) -> None:
        self.places.append((x_px, y_px))
        self.at_s.append(time.monotonic())
        self._news.set()

    def _read(self) -> None:
        self.reads += 1
        while self.pointer.read():
            pass

    async def wait_for(self, place: tuple[int, int]) -> None:
        async with asyncio.timeout(MAX_WAIT_S):
            while self.places[-1:] != [place]:
                self._news.clear()
                await self._news.wait()

    def close(self) -> None:
        self._loop.remove_reader(self.pointer.fileno())
        self.pointer.stop()
        self.pointer.close()


@pytest.fixture
async def moves(server: XServer) -> AsyncIterator[Moves]:
    moves = Moves(X11Pointer(server.name))
    yield moves
    moves.close()


def put(client: XClient, x: int, y: int) -> None:
    client.connection(xcffib.xtest.key).FakeInput(6, 0, 0, client.root, x, y, 0)
    client.sync()


async def test_the_place_is_told_when_it_moves(moves: Moves, client: XClient) -> None:
    put(client, 200, 100)
    await moves.wait_for((200, 100))
    before, until_s = len(moves.places), time.monotonic() + MAX_WAIT_S
    while time.monotonic() < until_s:
        reads = moves.reads
        await asyncio.sleep(0.5)
        if moves.reads == reads:
            break
    assert moves.reads == reads, "nothing while it rests"
    assert len(moves.places) == before
    put(client, 201, 100)
    await moves.wait_for((201, 100))


@pytest.mark.alone
async def test_a_fast_mouse_is_told_no_oftener_than_a_slow_one(moves: Moves, client: XClient) -> None:
    await moves.wait_for(moves.pointer.position())
    moves.places.clear()
    began_s = time.monotonic()
    for step in range(MOVES):
        put(client, 10 + step, 20)
        await asyncio.sleep(0.001)
    await moves.wait_for((409, 20))
    took_s = time.monotonic() - began_s
    assert 2 <= len(moves.places) <= took_s * MOVED_PER_S + 3
    assert moves.reads <= max(MOVES / 4, 4 * len(moves.places)), "events do not come one by one"


async def test_a_pointer_that_a_program_puts_elsewhere_is_noticed(moves: Moves, client: XClient) -> None:
    await moves.wait_for(moves.pointer.position())
    client.core.WarpPointer(0, client.root, 0, 0, 0, 0, 77, 88)
    client.sync()
    await moves.wait_for((77, 88))


async def test_a_stopped_pointer_tells_nothing(moves: Moves, client: XClient) -> None:
    moves.pointer.stop()
    told = len(moves.places)
    put(client, 300, 300)
    await asyncio.sleep(0.1)
    put(client, 310, 300)
    assert moves.pointer.position() == (310, 300)
    assert len(moves.places) == told


async def test_shape_is_told_when_it_changes(server: XServer, client: XClient) -> None:
    window = client.window(0, 0, 640, 480, 0)
    pointer, told = X11Pointer(server.name), []
    pointer.start(lambda: told.append(1), lambda x_px, y_px: None)
    assert told == [1]
    client.core.ChangeWindowAttributes(window, xcffib.xproto.CW.Cursor, [cursor(client, 34)])
    client.sync()
    assert select.select([pointer.fileno()], [], [], 2)[0]
    pointer.read()
    assert told == [1, 1]
    cross = pointer.shape()
    assert VIEW.decode(VIEW.encode(cross)) == cross
    assert 0 < cross.width_px <= 64
    assert len(cross.rgba) == cross.width_px * cross.height_px * 4
    assert b"\xff\x00\x00\xff" in cross.rgba, "red and whole"
    assert 0 < cross.hot_x_px < cross.width_px
    client.core.ChangeWindowAttributes(window, xcffib.xproto.CW.Cursor, [cursor(client, 68)])
    client.sync()
    pointer.position()  # its reply brings the event along
    assert select.select([pointer.fileno()], [], [], 2)[0]
    pointer.read()
    assert told == [1, 1, 1]
    assert pointer.shape() != cross
    pointer.stop()
    pointer.close()
    pointer.close()


def test_position_follows(server: XServer, client: XClient) -> None:
    pointer = X11Pointer(server.name)
    put(client, 123, 45)
    assert pointer.position() == (123, 45)
    pointer.close()


async def test_stopping_when_the_display_has_just_gone_is_quiet() -> None:
    with XServer() as server:
        pointer = X11Pointer(server.name)
        pointer.start(lambda: None, lambda x_px, y_px: None)
        server.close()
        pointer.stop()
        pointer.close()


def test_a_vanished_display_is_unavailable() -> None:
    with XServer() as server:
        pointer = X11Pointer(server.name)
        number = pointer.fileno()
        server.close()
        for ask in (pointer.position, pointer.shape, pointer.read):
            with pytest.raises(UnavailableError):
                ask()
        assert pointer.fileno() == number
        pointer.stop()
        pointer.close()
