"""The watch sees what a person would: hidden, small, moved away, covered, blank."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer

from benchside.host.watch.contract import Unseen
from benchside.host.watch.linux import X11IndicatorWatch
from benchside.media.damage import Box
from benchside.protocol.errors import UnavailableError

pytestmark = pytest.mark.system

STOP = Box(150, 10, 190, 40)


@pytest.fixture(scope="module", params=[24, 16])
def server(request: pytest.FixtureRequest) -> Iterator[XServer]:
    with XServer(depth=request.param, size="801x601") as server:
        yield server


@pytest.fixture
def client(server: XServer) -> Iterator[XClient]:
    client = XClient(server.name)
    yield client
    client.close()


@pytest.fixture
def watch(server: XServer) -> Iterator[X11IndicatorWatch]:
    watch = X11IndicatorWatch(server.name)
    yield watch
    watch.close()


@pytest.fixture
def indicator(client: XClient) -> int:
    """200x50 inside a frame, as a window manager has it, with something drawn on it."""
    frame = client.window(100, 100, 210, 70, 0x333333)
    window = client.window(5, 15, 200, 50, 0x222222, parent=frame)
    client.fill(window, 60, 20, 60, 10, 0xFFFF)
    return window


def test_a_plain_indicator_is_seen(watch: X11IndicatorWatch, indicator: int) -> None:
    assert watch.look(indicator).is_visible
    assert watch.look(indicator, STOP).is_visible


def test_gone_hidden_or_small(watch: X11IndicatorWatch, client: XClient, indicator: int) -> None:
    assert watch.look(0x1234567).reason is Unseen.GONE
    assert watch.look(client.root).reason is Unseen.GONE
    client.unmap(indicator)
    assert watch.look(indicator).reason is Unseen.HIDDEN
    client.destroy(indicator)
    assert watch.look(indicator).reason is Unseen.GONE
    small = client.window(10, 10, 159, 50, 0)
    assert watch.look(small).reason is Unseen.SMALL


def test_hidden_with_its_frame(watch: X11IndicatorWatch, client: XClient, indicator: int) -> None:
    frame = client.core.QueryTree(indicator).reply().parent
    client.unmap(frame)
    assert watch.look(indicator).reason is Unseen.HIDDEN


def test_moved_off_the_screen(watch: X11IndicatorWatch, client: XClient, indicator: int) -> None:
    frame = client.core.QueryTree(indicator).reply().parent
    client.move(frame, 801 - 210 + 60, 100)
    client.fill(indicator, 20, 20, 60, 10, 0xFFFF)
    assert watch.look(indicator).is_visible, "most of it is there"
    client.move(frame, 801 - 100, 100)
    assert watch.look(indicator).reason is Unseen.OFF_SCREEN


def test_covered(watch: X11IndicatorWatch, client: XClient, indicator: int) -> None:
    cover = client.window(105, 115, 70, 50, 0x555555)
    assert watch.look(indicator).is_visible, "a third is covered"
    assert watch.look(indicator, STOP).is_visible
    client.move(cover, 190, 100)
    assert watch.look(indicator).is_visible
    assert watch.look(indicator, STOP).reason is Unseen.COVERED, "the Stop button may not even be touched"
    client.window(105, 115, 40, 50, 0x555555)
    assert watch.look(indicator).reason is Unseen.COVERED


def test_covered_inside_of_its_frame(watch: X11IndicatorWatch, client: XClient, indicator: int) -> None:
    frame = client.core.QueryTree(indicator).reply().parent
    client.window(0, 0, 210, 70, 0x555555, parent=frame)
    assert watch.look(indicator).reason is Unseen.COVERED


def test_what_lies_below_or_shows_nothing_does_not_cover(
    watch: X11IndicatorWatch, client: XClient, indicator: int
) -> None:
    frame = client.core.QueryTree(indicator).reply().parent
    other = client.window(0, 0, 700, 500, 0x555555)
    assert watch.look(indicator).reason is Unseen.COVERED
    client.raise_(frame)
    client.fill(indicator, 60, 20, 60, 10, 0xFFFF)
    assert watch.look(indicator).is_visible
    client.raise_(other)
    client.unmap(other)
    client.window(0, 0, 700, 500, 0, input_only=True)
    empty = client.window(0, 0, 700, 500, 0)
    client.shape(empty)
    client.fill(indicator, 60, 20, 60, 10, 0xFFFF)
    assert watch.look(indicator).is_visible


def test_cut_to_nothing_by_its_own_shape(watch: X11IndicatorWatch, client: XClient, indicator: int) -> None:
    client.shape(indicator, (0, 0, 200, 20))
    assert watch.look(indicator).reason is Unseen.OFF_SCREEN


def test_blank(watch: X11IndicatorWatch, client: XClient) -> None:
    window = client.window(300, 300, 200, 50, 0x777777)
    assert watch.look(window).reason is Unseen.BLANK
    client.fill(window, 100, 25, 2, 2, 0)
    assert watch.look(window).is_visible


def test_a_vanished_display_is_unavailable() -> None:
    with XServer() as server:
        watch = X11IndicatorWatch(server.name)
        server.close()
        with pytest.raises(UnavailableError):
            watch.look(1)
        watch.close()
        watch.close()
