"""Watch and window sharing under a real window manager, which puts windows into frames."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator

import numpy as np
import pytest
from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer

from benchside.host.capture.linux import X11Capture
from benchside.host.watch.contract import Unseen
from benchside.host.watch.linux import X11IndicatorWatch
from benchside.media.damage import Box
from benchside.protocol.wire.capability import GrantScope

pytestmark = pytest.mark.system

MAX_WAIT_S = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[XServer]:
    if shutil.which("openbox") is None:
        pytest.skip("openbox is not installed")
    with XServer() as server:
        manager = subprocess.Popen(
            ["openbox", "--sm-disable"],
            env=server.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        client = XClient(server.name)
        check = client.core.InternAtom(False, 16, "_NET_CLIENT_LIST").reply().atom
        wait_until(lambda: client.core.GetProperty(False, client.root, check, 0, 0, 1).reply().type)
        client.close()
        yield server
        manager.kill()
        manager.wait()


def wait_until(ask: object) -> None:
    assert callable(ask)
    deadline = time.monotonic() + MAX_WAIT_S
    while not ask():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def managed(client: XClient, colour: int, title: str) -> int:
    """A window in its manager's frame, with something drawn on it."""
    window = client.window(100, 100, 200, 60, colour, title=title, managed=True)
    wait_until(lambda: client.core.QueryTree(window).reply().parent != client.root)
    wait_until(lambda: client.core.GetWindowAttributes(window).reply().map_state == 2)
    return window


def place(client: XClient, window: int) -> Box:
    size = client.core.GetGeometry(window).reply()
    at = client.core.TranslateCoordinates(window, client.root, 0, 0).reply()
    return Box(at.dst_x, at.dst_y, at.dst_x + size.width, at.dst_y + size.height)


def test_windows_in_frames(server: XServer) -> None:
    client, watch, capture = XClient(server.name), X11IndicatorWatch(server.name), X11Capture(server.name)
    shared = managed(client, 0xFF0000, "results")
    at = place(client, shared)
    client.fill(shared, 10, 10, 50, 20, 0xFF00FF)
    wait_until(lambda: watch.look(shared).is_visible)
    wait_until(lambda: any(each.title == "results" for each in capture.windows()))
    (listed,) = capture.windows()  # frames and the manager's own are not offered

    capture.start(GrantScope(monitors=(0,), window=listed.id), lambda box: None, lambda: None)
    assert capture.shared() == (at,), "without the frame"
    assert int((np.array(capture.grab(at))[..., 2] == 255).sum()) == at.area_px
    outside = np.array(capture.grab(Box(0, 0, 640, 480)))
    outside[at.top : at.bottom, at.left : at.right] = 0
    assert not outside.any()

    other = managed(client, 0x00FF00, "other")
    client.move(other, at.left, at.top - 20)
    client.raise_(other)
    wait_until(lambda: watch.look(shared).reason is Unseen.COVERED)
    assert not np.array(capture.grab(Box(0, 0, 640, 480)))[..., 1].any(), "nothing of the other window"
    client.destroy(shared)
    wait_until(lambda: watch.look(shared).reason is Unseen.GONE)
    assert not capture.grab(Box(0, 0, 640, 480)).any()
    for each in (client, watch, capture):
        each.close()
