"""The contract of a capture, on the fake and on X servers of several kinds, with a real client drawing."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
import pytest
import xcffib.randr
from tests.fakes.capture import TWO_MONITORS, FakeCapture
from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer

from benchside.host.capture.contract import Capture
from benchside.host.capture.linux import X11Capture
from benchside.media.damage import Box, Region
from benchside.protocol.errors import CallerError, UnavailableError
from benchside.protocol.wire.capability import GrantScope, MonitorInfo

pytestmark = pytest.mark.system

LEFT, RIGHT = GrantScope(monitors=(0,)), GrantScope(monitors=(1,))
BOTH = GrantScope(monitors=(0, 1))


class Desk(Protocol):
    """A desktop of two monitors, 320x240 each, side by side."""

    capture: Capture

    def draw(self, box: Box, colour: int) -> None: ...
    def open_window(self, box: Box, colour: int) -> int: ...
    def move_window(self, window: int, box: Box) -> None: ...
    def unplug_left(self) -> None: ...
    def vanish(self) -> None: ...
    def wait(self, until: Callable[[], object]) -> None: ...


class FakeDesk:
    def __init__(self) -> None:
        self.capture = self.fake = FakeCapture()
        self._next = 1

    def draw(self, box: Box, colour: int) -> None:
        self.fake.draw(box, colour)

    def open_window(self, box: Box, colour: int) -> int:
        window, self._next = self._next, self._next + 1
        self.fake.draw(box, colour)
        self.fake.open_window(window, box)
        return window

    def move_window(self, window: int, box: Box) -> None:
        self.fake.open_window(window, box)

    def unplug_left(self) -> None:
        self.fake.rearrange((TWO_MONITORS[1],))

    def vanish(self) -> None:
        self.fake.vanish()

    def wait(self, until: Callable[[], object]) -> None:
        assert until()

    def close(self) -> None:
        self.fake.close()


class XDesk:
    def __init__(self, server: XServer) -> None:
        self.server = server
        self.client = XClient(server.name)
        self._randr = self.client.connection(xcffib.randr.key)
        self._names = {}
        for name, x in (("left", 0), ("right", 320)):
            self._names[name] = self.client.core.InternAtom(False, len(name), name).reply().atom
            size = self.client.core.GetGeometry(self.client.root).reply()
            info = xcffib.randr.MonitorInfo.synthetic(
                self._names[name], name == "left", False, 0, x, 0, 320, min(240, size.height), 0, 0, []
            )
            self._randr.SetMonitor(self.client.root, info)
        self.client.fill(self.client.root, 0, 0, 640, 480, 0)
        self.capture = X11Capture(server.name)
        self._windows: dict[int, int] = {}

    def draw(self, box: Box, colour: int) -> None:
        self.client.fill(self.client.root, box.left, box.top, box.width_px, box.height_px, self._pixel(colour))

    def open_window(self, box: Box, colour: int) -> int:
        window = self.client.window(
            box.left, box.top, box.width_px, box.height_px, self._pixel(colour), title=f"window {colour}"
        )
        number = self.capture.windows()[0].id
        self._windows[number] = window
        return number

    def move_window(self, window: int, box: Box) -> None:
        self.client.move(self._windows[window], box.left, box.top)
        self.client.raise_(self._windows[window])

    def unplug_left(self) -> None:
        self._randr.DeleteMonitor(self.client.root, self._names["left"])
        self.client.sync()

    def vanish(self) -> None:
        self.server.close()

    def wait(self, until: Callable[[], object]) -> None:
        deadline = time.monotonic() + 3.0
        while not until():
            left_s = deadline - time.monotonic()
            assert left_s > 0, "waited in vain"
            if not self.capture.read():
                select.select([self.capture.fileno()], [], [], min(left_s, 0.1))

    def close(self) -> None:
        self.capture.close()
        if self.server.process.poll() is None:
            for window in self._windows.values():
                self.client.core.DestroyWindow(window)
            for name in self._names.values():
                self._randr.DeleteMonitor(self.client.root, name)
            self.client.sync()
        self.client.close()

    def _pixel(self, colour: int) -> int:
        if self.client.screen.root_depth != 16:
            return colour
        red, green, blue = colour >> 16, colour >> 8 & 255, colour & 255
        return (red >> 3) << 11 | (green >> 2) << 5 | blue >> 3


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, XServer]]:
    started: dict[str, XServer] = {}
    yield started
    for server in started.values():
        server.close()


SERVERS: dict[str, Callable[[], XServer]] = {
    "xvfb": lambda: XServer("Xvfb"),
    "xvfb16": lambda: XServer("Xvfb", depth=16, size="641x479"),
    "socket": lambda: XServer("Xvfb", "-extension", "MIT-SHM"),
    "xvnc": lambda: XServer("Xvnc"),
}


@pytest.fixture(params=["fake", *SERVERS])
def desk(request: pytest.FixtureRequest, servers: dict[str, XServer]) -> Iterator[Desk]:
    kind = request.param
    if kind == "fake":
        fake = FakeDesk()
        yield fake
        return
    if kind not in servers or servers[kind].process.poll() is not None:
        servers[kind] = SERVERS[kind]()
    real = XDesk(servers[kind])
    yield real
    real.close()


def ignore() -> None:
    pass


def colour(capture: Capture, x: int, y: int) -> int:
    pixel = capture.grab(Box(x, y, x + 1, y + 1))[0, 0]
    return int.from_bytes(bytes(pixel[:3]), "little")


def by_name(capture: Capture) -> dict[str, MonitorInfo]:
    return {monitor.name: monitor for monitor in capture.monitors()}


def test_starts_whole_and_reports_what_changes(desk: Desk) -> None:
    damage = Region()
    desk.capture.start(LEFT, damage.add, ignore)
    assert damage.bounds == desk.capture.shared()[0]
    desk.capture.grab(Box(0, 0, 10, 10))
    damage.clear()
    desk.draw(Box(20, 30, 40, 40), 0xFF0000)
    desk.wait(lambda: damage)
    assert damage.bounds == Box(20, 30, 40, 40)
    assert colour(desk.capture, 20, 30) == 0xFF0000
    assert colour(desk.capture, 19, 30) == 0


def test_damage_of_what_is_not_shared_is_not_told(desk: Desk) -> None:
    damage = Region()
    desk.capture.start(RIGHT, damage.add, ignore)
    desk.capture.grab(Box(330, 0, 340, 10))
    damage.clear()
    desk.draw(Box(10, 10, 20, 20), 0x00FF00)
    desk.draw(Box(310, 10, 330, 20), 0x00FF00)
    desk.wait(lambda: damage)
    assert damage.bounds == Box(320, 10, 330, 20)


def test_no_pixel_from_outside_of_the_scope(desk: Desk) -> None:
    desk.draw(Box(0, 0, 640, 240), 0xFFFFFF)
    desk.capture.start(RIGHT, lambda box: None, ignore)
    pixels = np.array(desk.capture.grab(Box(0, 0, 640, 240)))
    assert not pixels[:, :320].any()
    assert (pixels[:, 320:, :3] == 255).all()
    assert not desk.capture.grab(Box(300, 0, 320, 20)).any()
    assert not desk.capture.grab(Box(-50, -50, 0, 0)).any()
    assert not desk.capture.grab(Box(5000, 5000, 5010, 5010)).any()
    desk.capture.stop()
    assert desk.capture.shared() == ()
    with pytest.raises(CallerError):
        desk.capture.grab(Box(330, 0, 340, 10))


def test_an_empty_scope_shares_nothing(desk: Desk) -> None:
    desk.draw(Box(0, 0, 640, 240), 0xFFFFFF)
    damage = Region()
    desk.capture.start(GrantScope(), damage.add, ignore)
    assert not damage
    assert not desk.capture.grab(Box(0, 0, 640, 240)).any()
    window = desk.open_window(Box(0, 0, 20, 20), 0xFFFFFF)
    desk.capture.start(GrantScope(window=window), damage.add, ignore)
    assert not desk.capture.grab(Box(0, 0, 640, 240)).any()


def test_both_monitors_come_in_one_piece(desk: Desk) -> None:
    desk.draw(Box(310, 0, 330, 240), 0x0000FF)
    desk.capture.start(BOTH, lambda box: None, ignore)
    pixels = desk.capture.grab(Box(300, 0, 340, 5))
    assert pixels[0, :, 0].tolist() == [0] * 10 + [255] * 20 + [0] * 10


def test_an_unplugged_monitor_goes_dark_and_the_grant_does_not_slip(desk: Desk) -> None:
    desk.draw(Box(0, 0, 640, 240), 0xFFFFFF)
    changes: list[None] = []
    desk.capture.start(LEFT, lambda box: None, lambda: changes.append(None))
    assert colour(desk.capture, 10, 10) == 0xFFFFFF
    desk.unplug_left()
    assert not desk.capture.grab(Box(0, 0, 640, 240)).any(), "in the very next grab, read or not"
    desk.wait(lambda: changes)
    assert desk.capture.shared() == ()
    assert by_name(desk.capture)["right"].id == 1


def test_one_window_without_what_lies_above_it(desk: Desk) -> None:
    damage, changes = Region(), []
    shared = desk.open_window(Box(50, 50, 150, 150), 0xFF0000)
    above = desk.open_window(Box(100, 100, 200, 200), 0x00FF00)
    desk.capture.start(GrantScope(monitors=(0,), window=shared), damage.add, lambda: changes.append(1))
    pixels = np.array(desk.capture.grab(Box(0, 0, 320, 240)))
    assert (pixels[50:100, 50:150, 2] == 255).all()
    assert (pixels[50:150, 50:100, 2] == 255).all()
    assert not pixels[..., 1].any(), "nothing of the window above"
    assert int((pixels[..., 2] == 255).sum()) == 100 * 100 - 50 * 50
    desk.move_window(above, Box(60, 60, 160, 160))
    pixels = np.array(desk.capture.grab(Box(0, 0, 320, 240)))
    assert not pixels[..., 1].any(), "in the very next grab, read or not"
    desk.wait(lambda: changes)
    desk.move_window(shared, Box(230, 20, 330, 120))
    desk.draw(Box(230, 20, 330, 120), 0xFF0000)
    pixels = np.array(desk.capture.grab(Box(0, 0, 640, 240)))
    assert (pixels[20:120, 230:320, 2] == 255).all()
    assert not pixels[:, 320:].any(), "the part on the other monitor is not shared"


def test_what_a_grab_learns_is_told_by_the_next_read(desk: Desk) -> None:
    if isinstance(desk, FakeDesk):
        pytest.skip("the fake tells at once")
    damage = Region()
    desk.capture.start(LEFT, damage.add, ignore)
    for _ in range(3):  # what starting left to be told
        desk.capture.grab(Box(0, 0, 10, 10))
        desk.capture.read()
    damage.clear()
    desk.draw(Box(20, 30, 40, 40), 0xFF0000)
    desk.capture.grab(Box(0, 0, 10, 10))
    assert not damage, "not from within grab"
    assert select.select([desk.capture.fileno()], [], [], 1.0)[0], "although the socket may be empty"
    desk.capture.read()
    assert damage.bounds == Box(20, 30, 40, 40)
    assert not select.select([desk.capture.fileno()], [], [], 0.0)[0], "and then it rests"


def test_a_smaller_desktop_is_told_and_never_read_beyond(servers: dict[str, XServer]) -> None:
    with XServer("Xvnc", size="800x600") as server:
        capture, changes, damage = X11Capture(server.name), [], Region()
        capture.start(LEFT, damage.add, lambda: changes.append(1))
        whole = capture.shared()[0]
        damage.clear()
        server.run("xrandr", "-s", "640x480")
        pixels = capture.grab(whole)
        assert pixels.shape == (600, 800, 4)
        capture.read()
        assert changes
        assert capture.shared() == (Box(0, 0, 640, 480),) == tuple(damage)
        assert capture.monitors()[0].width_px == 640
        server.run("xrandr", "-s", "1024x768")
        capture.grab(Box(1000, 700, 1024, 768))
        assert capture.shared() == (Box(0, 0, 1024, 768),)
        capture.close()


def test_windows_are_listed_topmost_first(desk: Desk) -> None:
    first = desk.open_window(Box(0, 0, 50, 50), 1)
    second = desk.open_window(Box(60, 0, 90, 50), 2)
    listed = desk.capture.windows()
    assert [window.id for window in listed] == [second, first]
    assert listed[0].title == "window 2"


def test_a_vanished_display_is_unavailable(desk: Desk) -> None:
    desk.capture.start(LEFT, lambda box: None, ignore)
    desk.vanish()
    with pytest.raises(UnavailableError):
        desk.capture.grab(Box(0, 0, 10, 10))
    with pytest.raises(UnavailableError):
        desk.capture.read()
    desk.capture.stop()
    desk.capture.close()
    desk.capture.close()


async def test_stopping_when_the_display_has_just_gone_is_quiet(desk: Desk) -> None:
    desk.capture.start(LEFT, lambda box: None, ignore)
    desk.capture.attach(ignore)
    desk.vanish()
    desk.capture.stop()
    desk.capture.detach()
    desk.capture.detach()


def test_no_display_is_unavailable() -> None:
    with pytest.raises(UnavailableError):
        X11Capture(":4077")
