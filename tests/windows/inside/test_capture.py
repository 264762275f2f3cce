"""The contract of a capture, on Windows' GDI."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from tests.windows.inside.conftest import Panel, pump, user32, wait

from benchside.host.capture.covers import COVER_BGRX
from benchside.host.capture.windows import GdiCapture
from benchside.media.damage import Box, Region
from benchside.protocol.errors import CallerError
from benchside.protocol.wire.capability import GrantScope
from benchside.protocol.wire.cover import CoverRule, WindowMatch

ALL = GrantScope(monitors=(0,))
# Where the panel's lamp is, and what it is then (B, G, R).
LAMP = Box(110, 230, 260, 340)
RED = [32, 32, 192]


def ignore(*_: object) -> None:
    return


@pytest.fixture
def capture() -> Iterator[GdiCapture]:
    capture = GdiCapture()
    yield capture
    capture.close()


def test_one_monitor_with_a_number_of_its_own(capture: GdiCapture) -> None:
    (monitor,) = capture.monitors()
    assert (monitor.id, monitor.x_px, monitor.y_px, monitor.primary) == (0, 0, 0, True)
    assert (monitor.width_px, monitor.height_px) == (1280, 800)
    assert capture.monitors() == (monitor,)


def test_pixels_are_those_of_the_screen_and_black_outside(capture: GdiCapture, panel: Panel) -> None:
    first: list[Box] = []
    capture.start(ALL, first.append, ignore)
    assert first == [Box(0, 0, 1280, 800)], "all of it is damage at first"
    wait(lambda: (capture.grab(LAMP)[..., :3] == RED).all(), "the lamp")
    beyond = capture.grab(Box(1270, 790, 1290, 810))
    assert not beyond[10:].any()
    assert not beyond[:, 10:].any()


def test_nothing_started_and_nothing_asked_are_faults_of_the_caller(capture: GdiCapture) -> None:
    with pytest.raises(CallerError):
        capture.grab(Box(0, 0, 1, 1))
    capture.start(ALL, ignore, ignore)
    with pytest.raises(CallerError):
        capture.grab(Box(5, 5, 5, 9))


def test_what_changes_is_told_and_little_else(capture: GdiCapture, panel: Panel) -> None:
    told = Region()
    capture.start(ALL, told.add, ignore)
    capture.read()
    told.clear()
    panel.move(600, 300)

    def has_told() -> bool:
        capture.read()
        return told.bounds is not None and told.bounds.holds(Box(600, 300, 700, 400))

    wait(has_told, "the damage of a window that moved")
    assert told.bounds is not None
    assert Box(40, 40, 1140, 640).holds(told.bounds)


async def test_the_loop_is_told_when_something_moves_and_rests_otherwise(capture: GdiCapture) -> None:
    capture.start(ALL, ignore, ignore)
    calls: list[float] = []

    def ready() -> None:
        calls.append(time.monotonic())
        capture.read()

    capture.attach(ready)
    await asyncio.sleep(3)
    calls.clear()
    spent = time.process_time()
    await asyncio.sleep(3)
    spent = time.process_time() - spent
    assert calls == [], "nothing moved"
    print(f"at rest: {spent / 3:.1%} of a core")
    assert spent < 0.45, f"{spent} s of work for nothing"
    window = user32.CreateWindowExW(0x8, "STATIC", "x", 0x90000000, 500, 500, 60, 60, None, None, None, None)
    async with asyncio.timeout(10):
        while not calls:
            pump()
            await asyncio.sleep(0.05)
    user32.DestroyWindow(window)
    capture.detach()


def test_a_window_is_shared_as_far_as_nothing_lies_above_it(capture: GdiCapture, panel: Panel) -> None:
    (window,) = [one for one in capture.windows() if one.title == "Cytometer"]
    moved: list[bool] = []
    capture.start(GrantScope(monitors=(0,), window=window.id), ignore, lambda: moved.append(True))
    assert capture.shared() == (Box(60, 60, 580, 380),)
    assert not capture.grab(Box(0, 0, 50, 50)).any()
    above = user32.CreateWindowExW(0x8, "STATIC", "", 0x90000000, 60, 60, 520, 100, None, None, None, None)
    wait(lambda: not capture.read() and capture.shared() == (Box(60, 160, 580, 380),), "less of it")
    assert moved
    assert not capture.grab(Box(60, 60, 580, 160)).any()
    user32.DestroyWindow(above)
    panel.show(6)  # minimised
    wait(lambda: not capture.read() and not capture.shared(), "nothing of it")


def test_a_window_keeps_its_number_and_gives_it_to_nobody(capture: GdiCapture, panel: Panel) -> None:
    (number,) = [one.id for one in capture.windows() if one.title == "Cytometer"]
    panel.move(100, 100)
    assert [one.id for one in capture.windows() if one.title == "Cytometer"] == [number]
    capture.start(GrantScope(monitors=(0,), window=number), ignore, ignore)
    panel.close()
    wait(lambda: not capture.read() and not capture.shared(), "nothing shared")
    other = user32.CreateWindowExW(0, "STATIC", "other", 0x90000000, 60, 60, 99, 99, None, None, None, None)
    assert number not in [one.id for one in capture.windows()]
    user32.DestroyWindow(other)


def test_covers_follow_a_window_and_are_flat(capture: GdiCapture, panel: Panel) -> None:
    capture.cover_by_rule([CoverRule(name="results", window=WindowMatch(title="Cyto*"))])
    told: list[bool] = []
    capture.start(ALL, ignore, ignore, lambda: told.append(True))
    assert (capture.grab(Box(60, 60, 580, 380)) == COVER_BGRX).all()
    panel.move(300, 200)
    wait(lambda: (capture.grab(Box(300, 200, 820, 520)) == COVER_BGRX).all(), "a cover that went along")
    wait(lambda: not capture.read() and told, "word of it")
    capture.cover_by_rule([])
    capture.cover_by_hand([Box(10, 10, 30, 30)])
    wait(lambda: (capture.grab(Box(10, 10, 30, 30)) == COVER_BGRX).all(), "a cover by hand")
