"""Displays of odd sizes and depths: shown exactly, and moved on within them; or refused with one sentence."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator

import numpy as np
import pytest
from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer

from benchside.host.capture.linux import X11Capture
from benchside.host.inject.linux import X11Injector
from benchside.host.pointer.linux import X11Pointer
from benchside.media.damage import Box
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.capability import GrantScope

pytestmark = pytest.mark.system

MAX_WAIT_S = 15.0
SCREENS = [("1x1", 24), ("1366x767", 24), ("3x700", 24), ("641x1", 16), ("1366x767", 16), ("333x77", 15)]


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}x{screen[1]}")
def server(request: pytest.FixtureRequest) -> Iterator[XServer]:
    size, depth = request.param
    with XServer(size=size, depth=depth) as server:
        yield server


def spread(pixel: int, depth: int) -> tuple[int, int, int]:
    """What a screen of few colours shows for its own number of a colour, as blue, green, red of 8 bits."""
    if depth == 24:
        return pixel & 255, pixel >> 8 & 255, pixel >> 16 & 255
    green = 6 if depth == 16 else 5
    parts = (pixel & 31, 31), (pixel >> 5 & ((1 << green) - 1), (1 << green) - 1), (pixel >> (5 + green) & 31, 31)
    blue, middle, red = (round(value * 255 / most) for value, most in parts)
    return blue, middle, red


def test_each_pixel_is_shown_exactly(server: XServer) -> None:
    client, capture = XClient(server.name), X11Capture(server.name)
    width, height = client.screen.width_in_pixels, client.screen.height_in_pixels
    depth = client.screen.root_depth
    colours = [0x0000, 0x7FFF, 0x1234, 0x0841, 0x5AD6, 0x03FF]
    for number, pixel in enumerate(colours):
        left = number * width // len(colours)
        client.fill(client.root, left, 0, max(1, width - left), height, pixel)
    capture.start(GrantScope(monitors=(0,)), lambda box: None, lambda: None)
    shown = np.array(capture.grab(Box(0, 0, width, height)))
    assert shown.shape == (height, width, 4)
    for x in range(width):
        painted = [number for number in range(len(colours)) if number * width // len(colours) <= x]
        wanted = spread(colours[painted[-1]], depth)
        got = shown[:, x, :3]
        assert (np.abs(got.astype(int) - wanted) <= (0 if depth == 24 else 4)).all(), (x, got[0], wanted)
        assert (got == got[0]).all()
    capture.close()
    client.close()


def test_the_pointer_stays_within(server: XServer) -> None:
    client = XClient(server.name)
    width, height = client.screen.width_in_pixels, client.screen.height_in_pixels
    injector, pointer = X11Injector(server.name), X11Pointer(server.name)
    injector.confine([Box(0, 0, width, height)])
    for x, y in ((0, 0), (width, height), (32767, 32767), (width // 2, height // 2)):
        injector.move(x, y)
        injector._display.core.GetInputFocus().reply()
        assert pointer.position() == (min(x, width - 1), min(y, height - 1))
    for each in (injector, pointer, client):
        each.close()


@pytest.mark.parametrize("depth", [8, 30])
def test_other_depths_are_refused_with_one_sentence(depth: int) -> None:
    with XServer(depth=depth) as server, pytest.raises(UnavailableError, match="expected a screen of 8 bits"):
        X11Capture(server.name)


def test_monitors_come_and_go_while_they_are_shown() -> None:
    with XServer(size="800x600") as server:
        capture, layouts = X11Capture(server.name), []
        (whole,) = capture.monitors()
        capture.start(GrantScope(monitors=(whole.id,)), lambda box: None, lambda: layouts.append(capture.monitors()))

        def until(names: set[str]) -> None:
            ends_at = time.monotonic() + MAX_WAIT_S
            while not layouts or {each.name for each in layouts[-1]} != names:
                left_s = ends_at - time.monotonic()
                assert left_s > 0, f"expected {names}, got {layouts[-1:]}"
                if not capture.read():
                    select.select([capture.fileno()], [], [], min(left_s, 0.1))

        server.run("xrandr", "--setmonitor", "left", "401/100x599/100+0+0", "screen")
        until({"left"})
        server.run("xrandr", "--setmonitor", "right", "399/100x600/100+401+0", "none")
        until({"left", "right"})
        ids = {each.name: each.id for each in layouts[-1]}
        assert whole.id not in ids.values(), "a grant for the whole screen covers neither"
        assert capture.shared() == ()
        server.run("xrandr", "--delmonitor", "left")
        until({"right", "screen"})
        numbers = {each.name: each.id for each in layouts[-1]}
        assert numbers == {"right": ids["right"], "screen": whole.id}, "each number stays its own"
        assert capture.shared() == (Box(0, 0, 800, 600),), "what was granted is there again"
        server.run("xrandr", "--setmonitor", "left", "401/100x599/100+0+0", "screen")
        until({"left", "right"})
        assert {each.name: each.id for each in layouts[-1]} == ids
        capture.close()
