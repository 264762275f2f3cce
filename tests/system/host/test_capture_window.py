"""A grant of one window never passes to another program's window that the display gives the same number."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import xcffib.xproto
from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer

from benchside.host.capture.linux import X11Capture
from benchside.media.damage import Box
from benchside.protocol.wire.capability import GrantScope

pytestmark = pytest.mark.system

PLACE = Box(10, 10, 110, 110)
MAX_WAIT_S = 5.0


@pytest.fixture(scope="module")
def server() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture(scope="module")
def observer(server: XServer) -> Iterator[XClient]:
    """Sees when a program has gone."""
    client = XClient(server.name)
    yield client
    client.close()


class Program:
    """A program with one window; the next one to run on the display gets the same numbers."""

    def __init__(self, server: XServer, observer: XClient, title: str) -> None:
        self._server = server
        self._observer = observer
        self._client = XClient(server.name)
        self._title = title
        self.window = self._draw()

    def is_followed_by(self, title: str) -> Program:
        """End, and let another start; its window has the number that ours had."""
        ended = self.window
        self.end()
        other = Program(self._server, self._observer, title)
        assert other.window == ended, "the display does not use numbers again: nothing is tested"
        return other

    def end(self) -> None:
        """End, and wait until the display has taken note."""
        self._client.close()
        deadline = time.monotonic() + MAX_WAIT_S
        try:
            while True:
                self._observer.core.GetWindowAttributes(self.window).reply()
                assert time.monotonic() < deadline, "waited in vain"
                time.sleep(0.01)
        except xcffib.xproto.WindowError:
            pass

    def _draw(self) -> int:
        return self._client.window(PLACE.left, PLACE.top, PLACE.width_px, PLACE.height_px, 0xFFFFFF, title=self._title)


@pytest.fixture
def capture(server: XServer) -> Iterator[X11Capture]:
    capture = X11Capture(server.name)
    yield capture
    capture.close()


@pytest.fixture
def results(server: XServer, observer: XClient, capture: X11Capture) -> Program:
    """Made after the capture, which would else be given the number."""
    return Program(server, observer, "results")


def number(capture: X11Capture, title: str) -> int:
    return next(each.id for each in capture.windows() if each.title == title)


def start(capture: X11Capture, window: int) -> list[str]:
    told: list[str] = []
    scope = GrantScope(monitors=(0,), window=window)
    capture.start(scope, lambda box: told.append("damage"), lambda: told.append("layout"))
    return told


def is_dark(capture: X11Capture) -> bool:
    return not capture.grab(Box(0, 0, 640, 480)).any()


def test_the_next_programs_window_is_not_shared(capture: X11Capture, results: Program) -> None:
    told = start(capture, number(capture, "results"))
    assert not is_dark(capture)
    told.clear()
    other = results.is_followed_by("letters")
    assert is_dark(capture), "in the very next grab, read or not"
    while capture.read():
        pass
    assert told == ["layout"]
    another = other.is_followed_by("more letters")
    assert is_dark(capture)
    while capture.read():
        pass
    assert capture.shared() == ()
    assert told == ["layout"], "once"
    another.end()


def test_neither_is_it_after_the_channel_comes_back(capture: X11Capture, results: Program) -> None:
    window = number(capture, "results")
    start(capture, window)
    capture.stop()
    other = results.is_followed_by("letters")
    assert start(capture, window) == []
    assert is_dark(capture)
    other.end()


def test_nor_when_it_took_the_number_while_the_technician_chose(capture: X11Capture, results: Program) -> None:
    window = number(capture, "results")
    other = results.is_followed_by("letters")
    assert number(capture, "letters") != window, "another prompt may offer it, under a number of its own"
    assert start(capture, window) == []
    assert is_dark(capture)
    assert capture.shared() == ()
    start(capture, number(capture, "letters"))
    assert not is_dark(capture)
    other.end()


def test_a_number_that_was_never_listed_shares_nothing(capture: X11Capture, results: Program) -> None:
    assert start(capture, results.window) == []
    assert is_dark(capture)
    results.end()


def test_a_list_made_while_a_window_is_shared_changes_nothing(
    server: XServer, observer: XClient, capture: X11Capture, results: Program
) -> None:
    window = number(capture, "results")
    start(capture, window)
    assert number(capture, "results") == window
    above = Program(server, observer, "above")
    capture.windows()
    assert is_dark(capture), "a window above it covers it as before"
    above.end()
    assert not is_dark(capture)
    results.end()


def test_our_own_window_is_not_offered(server: XServer, observer: XClient, capture: X11Capture) -> None:
    desk = Program(server, observer, "Benchside")
    other = observer.window(0, 0, 10, 10, 0, title="Benchside in a browser")
    titles = [each.title for each in capture.windows()]
    assert titles == ["Benchside in a browser", "Benchside"]
    atoms = xcffib.xproto.Atom
    observer.core.ChangeProperty(0, desk.window, atoms.WM_CLASS, atoms.STRING, 8, 20, "benchside\0Benchside\0")
    observer.sync()
    assert [each.title for each in capture.windows()] == ["Benchside in a browser"]
    observer.destroy(other)
    desk.end()
