"""The watch is told of whatever hides the indicator, so that it need not look again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import xcffib.composite
from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer

from benchside.host.watch.contract import Sight, Unseen
from benchside.host.watch.linux import X11IndicatorWatch

pytestmark = pytest.mark.system

MAX_WAIT_S = 15.0


@pytest.fixture(scope="module")
def server() -> Iterator[XServer]:
    with XServer(size="801x601") as server:
        yield server


class Scene:
    """An indicator of 200x50 in a frame, as a window manager has it, and a watch that is attached."""

    def __init__(self, server: XServer) -> None:
        self.server = server
        self.client = XClient(server.name)
        self.frame = self.client.window(100, 100, 210, 70, 0x333333)
        self.window = self.client.window(5, 15, 200, 50, 0x222222, parent=self.frame)
        self.client.fill(self.window, 60, 20, 60, 10, 0xFFFF)
        self.watch = X11IndicatorWatch(server.name)
        self.told = 0
        self._news = asyncio.Event()
        self.watch.attach(self._changed)

    def _changed(self) -> None:
        self.told += 1
        self._news.set()

    async def becomes(self, reason: Unseen | None) -> None:
        """A look finds this that the watch asked for, as each look."""
        async with asyncio.timeout(MAX_WAIT_S):
            while True:
                await self._news.wait()
                self._news.clear()
                if self.watch.look(self.window).reason is reason:
                    break

    async def settle(self) -> None:
        """All that has happened so far has been told."""
        async with asyncio.timeout(MAX_WAIT_S):
            told = -1
            while told != self.told:
                told = self.told
                assert self.watch.look(self.window) == Sight(None, is_followed=True)
                await asyncio.sleep(0.2)
        self._news.clear()

    def close(self) -> None:
        self.watch.detach()
        self.watch.close()
        self.client.close()


@pytest.fixture
async def scene(server: XServer) -> AsyncIterator[Scene]:
    scene = Scene(server)
    yield scene
    scene.close()


def _draw_over(scene: Scene) -> None:
    scene.client.fill(scene.client.root, 90, 90, 250, 100, 0x123456)


def _draw_into(scene: Scene) -> None:
    scene.client.fill(scene.window, 0, 0, 200, 50, 0x123456)


def _cover(scene: Scene) -> None:
    scene.client.window(90, 90, 300, 200, 0x445566)


def _cover_within_the_frame(scene: Scene) -> None:
    scene.client.window(0, 0, 210, 70, 0x445566, parent=scene.frame)


def _shrink_the_screen(scene: Scene) -> None:
    scene.server.run("xrandr", "--setmonitor", "far", "100/26x100/26+700+500", "screen")


HIDDEN: dict[str, tuple[Callable[[Scene], None], Unseen]] = {
    "unmapped": (lambda scene: scene.client.unmap(scene.window), Unseen.HIDDEN),
    "unmapped with its frame": (lambda scene: scene.client.unmap(scene.frame), Unseen.HIDDEN),
    "destroyed": (lambda scene: scene.client.destroy(scene.window), Unseen.GONE),
    "moved away": (lambda scene: scene.client.move(scene.frame, 790, 100), Unseen.OFF_SCREEN),
    "moved within its frame": (lambda scene: scene.client.move(scene.window, 5, 65), Unseen.OFF_SCREEN),
    "covered": (_cover, Unseen.COVERED),
    "covered within its frame": (_cover_within_the_frame, Unseen.COVERED),
    "cut by its shape": (lambda scene: scene.client.shape(scene.window, (0, 0, 200, 20)), Unseen.OFF_SCREEN),
    "cut by its frame's shape": (lambda scene: scene.client.shape(scene.frame, (0, 0, 210, 20)), Unseen.OFF_SCREEN),
    "drawn over by another": (_draw_over, Unseen.BLANK),
    "drawn blank": (_draw_into, Unseen.BLANK),
}


@pytest.mark.parametrize("how", HIDDEN)
async def test_whatever_hides_it_is_told(scene: Scene, how: str) -> None:
    hide, reason = HIDDEN[how]
    await scene.settle()
    hide(scene)
    await scene.becomes(reason)


async def test_it_is_told_when_it_is_raised_again(scene: Scene) -> None:
    await scene.settle()
    _cover(scene)
    await scene.becomes(Unseen.COVERED)
    scene.client.raise_(scene.frame)
    await scene.becomes(Unseen.BLANK)  # what was covered is lost until it is drawn again
    scene.client.fill(scene.window, 60, 20, 60, 10, 0xFFFF)
    await scene.becomes(None)


async def test_monitors_that_go_are_told(scene: Scene) -> None:
    await scene.settle()
    try:
        _shrink_the_screen(scene)
        await scene.becomes(Unseen.OFF_SCREEN)
    finally:
        scene.server.run("xrandr", "--delmonitor", "far")
    await scene.becomes(None)


async def test_a_window_above_that_may_grow_must_be_looked_at(scene: Scene) -> None:
    await scene.settle()
    above = scene.client.window(90, 90, 300, 200, 0x445566)
    scene.client.shape(above, (0, 0, 10, 10))
    scene.client.fill(scene.window, 60, 20, 60, 10, 0xFFFF)
    sight = scene.watch.look(scene.window)
    assert sight.is_visible
    assert not sight.is_followed
    scene.client.destroy(above)
    assert scene.watch.look(scene.window).is_followed


async def test_under_a_compositor_it_must_be_looked_at(scene: Scene) -> None:
    await scene.settle()
    client = XClient(scene.server.name)
    try:
        name = "_NET_WM_CM_S0"
        atom = client.core.InternAtom(False, len(name), name).reply().atom
        owner = client.window(-10, -10, 1, 1, 0)
        client.core.SetSelectionOwner(owner, atom, 0)
        client.connection(xcffib.composite.key).RedirectSubwindows(client.root, xcffib.composite.Redirect.Automatic)
        client.sync()
        assert not scene.watch.look(scene.window).is_followed
    finally:
        client.close()
    async with asyncio.timeout(MAX_WAIT_S):
        while not scene.watch.look(scene.window).is_followed:
            await asyncio.sleep(0.05)


async def test_a_display_that_goes_is_told_once() -> None:
    with XServer() as server:
        scene = Scene(server)
        await scene.settle()
        told = scene.told
        server.close()
        async with asyncio.timeout(MAX_WAIT_S):
            while scene.told == told:
                await asyncio.sleep(0.01)
        scene.watch.detach()
        scene.watch.close()
