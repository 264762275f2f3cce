"""The pointer of a real X server: its shape when a program changes it, its place when it moves."""

from __future__ import annotations

import select
from collections.abc import Iterator

import pytest
import xcffib.xproto
import xcffib.xtest
from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer

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


def test_shape_is_told_when_it_changes(server: XServer, client: XClient) -> None:
    window = client.window(0, 0, 640, 480, 0)
    pointer, told = X11Pointer(server.name), []
    pointer.start(lambda: told.append(1))
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
    client.connection(xcffib.xtest.key).FakeInput(6, 0, 0, client.root, 123, 45, 0)
    client.sync()
    assert pointer.position() == (123, 45)
    pointer.close()


def test_stopping_when_the_display_has_just_gone_is_quiet() -> None:
    with XServer() as server:
        pointer = X11Pointer(server.name)
        pointer.start(lambda: None)
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
