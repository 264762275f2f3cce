"""On a covered place buttons and wheel do nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchside.host.capture.covers import Cover
from benchside.host.inject.fence import FencedInjector
from benchside.media.damage import Box

MONITOR = Box(0, 0, 100, 100)


class Log:
    """An injector that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def confine(self, areas: Iterable[Box]) -> None:
        self.told.clear()

    def move(self, x_px: int, y_px: int) -> None:
        self.told.append(("move", x_px, y_px))

    def button(self, button: int, down: bool) -> None:
        self.told.append(("button", button, down))

    def wheel(self, right: int, down: int) -> None:
        self.told.append(("wheel", right, down))

    def key(self, key: str, code: str, down: bool) -> None:
        self.told.append(("key", key, down))

    def release_all(self) -> None:
        self.told.append(("release",))

    def close(self) -> None:
        self.told.append(("close",))


def fence(*covers: Cover) -> tuple[FencedInjector, Log, list[Cover]]:
    log, now = Log(), list(covers)
    fenced = FencedInjector(log, lambda: now)
    fenced.confine([MONITOR])
    return fenced, log, now


def test_a_press_on_a_cover_does_nothing_and_one_beside_it_acts() -> None:
    fenced, log, _ = fence(Cover(Box(10, 10, 20, 20), False))
    fenced.move(10, 19)
    fenced.button(1, True)
    fenced.wheel(0, 3)
    assert log.told == [("move", 10, 19)]
    fenced.move(20, 19)
    fenced.button(1, True)
    fenced.wheel(0, 3)
    assert log.told[1:] == [("move", 20, 19), ("button", 1, True), ("wheel", 0, 3)]


def test_a_cover_that_comes_later_counts_and_a_drag_can_still_be_let_go() -> None:
    fenced, log, covers = fence()
    fenced.move(15, 15)
    fenced.button(1, True)
    covers.append(Cover(Box(10, 10, 20, 20), True))
    fenced.button(1, False)
    fenced.button(1, True)
    assert log.told == [("move", 15, 15), ("button", 1, True), ("button", 1, False)]


def test_a_pointer_sent_elsewhere_counts_where_it_ends_up() -> None:
    fenced, log, _ = fence(Cover(Box(90, 0, 100, 100), False))
    fenced.move(500, 50)
    fenced.button(1, True)
    assert ("button", 1, True) not in log.told


def test_everything_else_passes() -> None:
    fenced, log, _ = fence(Cover(MONITOR, False))
    fenced.key("a", "KeyA", True)
    fenced.release_all()
    fenced.close()
    assert log.told == [("key", "a", True), ("release",), ("close",)]
