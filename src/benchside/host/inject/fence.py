"""Keeps an associate from pressing what they cannot see: on a covered place buttons and wheel do nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from benchside.host.capture.covers import Cover
from benchside.host.inject.contract import Injector
from benchside.host.inject.place import nearest
from benchside.media.damage import Box

__all__ = ["FencedInjector"]


class FencedInjector:
    """An `Injector` around another.  The pointer may cross what is covered, and what is pressed can be let go there."""

    def __init__(self, injector: Injector, covers: Callable[[], Iterable[Cover]]) -> None:
        self._injector = injector
        self._covers = covers
        self._areas: tuple[Box, ...] = ()
        self._at: tuple[int, int] | None = None

    def confine(self, areas: Iterable[Box]) -> None:
        self._areas, self._at = tuple(areas), None
        self._injector.confine(self._areas)

    def move(self, x_px: int, y_px: int) -> None:
        self._at = nearest(x_px, y_px, self._areas)
        self._injector.move(x_px, y_px)

    def button(self, button: int, down: bool) -> None:
        if not (down and self._is_covered()):
            self._injector.button(button, down)

    def wheel(self, right: int, down: int) -> None:
        if not self._is_covered():
            self._injector.wheel(right, down)

    def key(self, key: str, code: str, down: bool) -> None:
        self._injector.key(key, code, down)

    def release_all(self) -> None:
        self._injector.release_all()

    def close(self) -> None:
        self._injector.close()

    def _is_covered(self) -> bool:
        if self._at is None:
            return False
        x, y = self._at
        return any(cover.box.holds(Box(x, y, x + 1, y + 1)) for cover in self._covers())
