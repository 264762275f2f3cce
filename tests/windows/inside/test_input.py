"""The PC's hands, pointer and indicator on Windows."""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Iterator
from ctypes import wintypes

import pytest
from tests.windows.inside.conftest import Panel, pump, user32, wait

from benchside.host.inject.windows import WindowsInjector
from benchside.host.pointer.windows import WindowsPointer
from benchside.host.watch.contract import Unseen
from benchside.host.watch.windows import WindowsIndicatorWatch
from benchside.media.damage import Box
from benchside.platform.desktop.windows import WINDOW_NAME, WindowsDesktopFacts
from benchside.protocol.errors import CallerError

SCREEN = Box(0, 0, 1280, 800)
BUTTON, FIELD = (160, 140), (420, 240)
POPUP, TOPMOST = 0x90000000, 0x8


@pytest.fixture
def injector() -> Iterator[WindowsInjector]:
    injector = WindowsInjector()
    injector.confine([SCREEN])
    yield injector
    injector.close()


def place() -> tuple[int, int]:
    point = wintypes.POINT()
    user32.GetCursorPos(ctypes.byref(point))
    return point.x, point.y


def press(injector: WindowsInjector, key: str, code: str) -> None:
    injector.key(key, code, True)
    injector.key(key, code, False)


def click(injector: WindowsInjector, at: tuple[int, int]) -> None:
    injector.move(*at)
    injector.button(1, True)
    injector.button(1, False)


def held() -> list[int]:
    return [key for key in range(1, 255) if user32.GetAsyncKeyState(key) & 0x8000]


@pytest.mark.parametrize("at", [(0, 0), (1, 1), (99, 133), (639, 401), (777, 555), (1279, 799)])
def test_the_pointer_goes_to_the_very_pixel(injector: WindowsInjector, at: tuple[int, int]) -> None:
    injector.move(*at)
    wait(lambda: place() == at, f"{at}", place)


def test_the_pointer_stays_where_it_may_be(injector: WindowsInjector) -> None:
    injector.confine([Box(100, 100, 200, 200)])
    injector.move(900, 150)
    wait(lambda: place() == (199, 150), "the edge")
    injector.confine([])
    injector.move(5, 5)
    injector.button(1, True)
    assert place() == (199, 150)
    assert held() == []


def test_a_click_acts_and_unknown_buttons_are_faults(injector: WindowsInjector, panel: Panel) -> None:
    click(injector, BUTTON)
    wait(lambda: panel.is_on, "the lamp")
    for button in (0, 10):
        with pytest.raises(CallerError):
            injector.button(button, True)


def test_characters_arrive_whatever_the_layout(injector: WindowsInjector, panel: Panel) -> None:
    click(injector, FIELD)
    text = "abZ1é@€^Ωñ~ß"
    for character in text:
        press(injector, character, "KeyA")
    injector.key("Shift", "ShiftLeft", True)
    press(injector, "Q", "KeyQ")
    press(injector, "7", "Digit7")  # with another shift than the layout wants
    injector.key("Shift", "ShiftLeft", False)
    press(injector, "x", "KeyX")
    press(injector, "Backspace", "Backspace")
    wait(lambda: panel.typed == text + "Q7", "the text", lambda: panel.typed)


def test_a_shortcut_is_pressed_as_keys(injector: WindowsInjector, panel: Panel) -> None:
    click(injector, FIELD)
    for character in "abc":
        press(injector, character, f"Key{character.upper()}")
    wait(lambda: panel.typed == "abc", "the text")
    press(injector, "End", "End")
    injector.key("Shift", "ShiftLeft", True)
    press(injector, "ArrowLeft", "ArrowLeft")
    injector.key("Shift", "ShiftLeft", False)
    injector.key("Control", "ControlLeft", True)
    press(injector, "x", "KeyX")
    wait(lambda: panel.typed == "ab", "what was cut")
    press(injector, "v", "KeyV")
    press(injector, "v", "KeyV")
    injector.key("Control", "ControlLeft", False)
    wait(lambda: panel.typed == "abcc", "what was pasted")


def test_everything_is_lifted_and_so_is_what_a_killed_host_left(injector: WindowsInjector) -> None:
    injector.move(1000, 600)
    injector.key("Control", "ControlRight", True)
    injector.key("a", "KeyA", True)
    injector.button(3, True)
    assert held()
    injector.release_all()
    wait(lambda: not held(), "all lifted")
    injector.key("Shift", "ShiftLeft", True)
    wait(held, "a key that is held")
    WindowsInjector().close()
    wait(lambda: not held(), "what was left is lifted")


async def test_the_pointer_tells_of_its_shape_and_its_moves(injector: WindowsInjector) -> None:
    injector.move(300, 300)
    pointer = WindowsPointer()
    shapes: list[int] = []
    places: list[tuple[int, int]] = []
    pointer.start(lambda: shapes.append(len(pointer.shape().rgba)), lambda x, y: places.append((x, y)))
    assert places == [(300, 300)]
    assert shapes[0] > 0
    injector.move(400, 420)
    async with asyncio.timeout(10):
        while places[-1] != (400, 420):
            await asyncio.sleep(0.02)
    pointer.close()
    assert len(places) == 2


def test_the_indicator_is_seen_unless_it_is_covered_hidden_small_or_gone() -> None:
    watch = WindowsIndicatorWatch()
    assert watch.look(0x7FFFFFF).reason is Unseen.GONE
    make = user32.CreateWindowExW
    window = make(TOPMOST, "STATIC", "", POPUP, 500, 100, 300, 100, None, None, None, None)
    assert watch.look(window).reason is Unseen.BLANK
    make(0, "BUTTON", "Stop", 0x50000000, 10, 10, 120, 40, window, None, None, None)
    pump()
    stop = Box(10, 10, 130, 50)
    wait(lambda: pump() or watch.look(window, stop).is_visible, "a seen indicator")
    above = make(TOPMOST, "STATIC", "", POPUP, 600, 120, 10, 10, None, None, None, None)
    assert watch.look(window).is_visible
    assert watch.look(window, stop).reason is Unseen.COVERED, "a corner of Stop"
    user32.SetWindowPos(above, None, 500, 100, 290, 90, 0x4)
    assert watch.look(window).reason is Unseen.COVERED
    user32.DestroyWindow(above)
    user32.SetWindowPos(window, None, 1200, 100, 300, 100, 0x4)
    assert watch.look(window).reason is Unseen.OFF_SCREEN
    user32.SetWindowPos(window, None, 500, 100, 100, 100, 0x4)
    assert watch.look(window).reason is Unseen.SMALL
    user32.ShowWindow(window, 0)
    assert watch.look(window).reason is Unseen.HIDDEN
    user32.DestroyWindow(window)
    assert watch.look(window).reason is Unseen.GONE
    watch.close()


@pytest.mark.parametrize(
    ("message", "value", "leaves"),
    [(0x2B1, 7, True), (0x2B1, 2, True), (0x2B1, 6, True), (0x2B1, 8, False), (0x218, 4, True), (0x218, 18, False),
     (0x16, 1, True), (0x16, 0, False)],
)  # fmt: skip
def test_lock_switch_log_off_and_sleep_are_told_once(message: int, value: int, leaves: bool) -> None:
    facts = WindowsDesktopFacts()
    assert not facts.has_slept()
    window = user32.FindWindowW(None, WINDOW_NAME)
    assert window
    user32.SendMessageW(window, message, value, 0)
    assert facts.has_slept() is leaves
    assert not facts.has_slept()
    facts.close()
    wait(lambda: not user32.IsWindow(window), "the end of its window")
