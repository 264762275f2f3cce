"""Whether a program has the whole screen, on a real X display, where this test plays the window manager."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest
import xcffib.xproto
from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer

from benchside.platform.foreground.linux import Foreground
from benchside.protocol.errors import UnavailableError

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


@pytest.fixture
def foreground(server: XServer) -> Iterator[Foreground]:
    foreground = Foreground(server.name)
    yield foreground
    foreground.close()


def atom(client: XClient, name: str) -> int:
    return int(client.connection.core.InternAtom(False, len(name), name).reply().atom)


def say(client: XClient, window: int, name: str, kind: int, *values: int, form: int = 32) -> None:
    data = struct.pack(f"={len(values)}{'I' if form == 32 else 'B'}", *values)
    mode = xcffib.xproto.PropMode.Replace
    client.connection.core.ChangeProperty(mode, window, atom(client, name), kind, form, len(values), data)
    client.sync()


def root(client: XClient) -> int:
    return int(client.connection.get_setup().roots[0].root)


def test_a_full_screen_program_is_told_from_others(client: XClient, foreground: Foreground) -> None:
    assert not foreground.is_full_screen()
    window = client.window(0, 0, 640, 480, 0)
    say(client, root(client), "_NET_ACTIVE_WINDOW", xcffib.xproto.Atom.WINDOW, window)
    assert not foreground.is_full_screen()
    full, above = atom(client, "_NET_WM_STATE_FULLSCREEN"), atom(client, "_NET_WM_STATE_ABOVE")
    say(client, window, "_NET_WM_STATE", xcffib.xproto.Atom.ATOM, above, full)
    assert foreground.is_full_screen()
    say(client, window, "_NET_WM_STATE", xcffib.xproto.Atom.ATOM, above)
    assert not foreground.is_full_screen()


def test_a_window_that_is_gone_and_rubbish_are_nobodys(client: XClient, foreground: Foreground) -> None:
    window = client.window(0, 0, 640, 480, 0)
    say(client, root(client), "_NET_ACTIVE_WINDOW", xcffib.xproto.Atom.WINDOW, window)
    client.destroy(window)
    client.sync()
    assert not foreground.is_full_screen()
    say(client, root(client), "_NET_ACTIVE_WINDOW", xcffib.xproto.Atom.STRING, 1, 2, 3, form=8)
    assert not foreground.is_full_screen()


def test_a_display_that_is_not_there() -> None:
    with pytest.raises(UnavailableError):
        Foreground(":4711")
