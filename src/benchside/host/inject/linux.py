"""Injection on an X display, by XTEST."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import xcffib.xtest

from benchside.host.inject.linux_keyboard import Keyboard
from benchside.host.inject.linux_leftovers import give_back_lent, keys_held_by_programs
from benchside.host.inject.place import nearest
from benchside.media.damage import Box
from benchside.platform.display.linux import Display
from benchside.protocol.errors import CallerError, UnavailableError

__all__ = ["X11Injector"]

_KEY_RELEASE, _BUTTON_PRESS, _BUTTON_RELEASE, _MOTION = 3, 4, 5, 6
_UP, _DOWN, _LEFT, _RIGHT = 4, 5, 6, 7
MAX_BUTTON = 9

# A wheel turned hard makes some twenty steps in a moment; the wire allows 50.
MAX_WHEEL_STEPS = 50


class X11Injector:
    """An `Injector` of one X display.  UnavailableError: none there, or one without XTEST or XKB."""

    def __init__(self, display: str | None = None) -> None:
        self._display = Display(display)
        try:
            self._xtest = self._display.extension(xcffib.xtest.key)
            if self._xtest is None:
                raise UnavailableError("the display takes no input from programs")
            self._keyboard = Keyboard(self._display, self._fake)
        except BaseException:
            self._display.close()
            raise
        self._areas: tuple[Box, ...] = ()
        self._at: tuple[int, int] | None = None
        self._buttons: set[int] = set()
        self._lift_leftovers()

    def confine(self, areas: Iterable[Box]) -> None:
        known, self._areas = self._areas, tuple(area for area in areas if area)
        if self._areas != known:
            self._at = None

    def move(self, x_px: int, y_px: int) -> None:
        place = nearest(x_px, y_px, self._areas)
        if place is not None:
            self._at = place
            self._fake(_MOTION, 0, *place)
            self._display.flush()

    def button(self, button: int, down: bool) -> None:
        if not 1 <= button <= MAX_BUTTON:
            raise CallerError(f"expected a button from 1 to {MAX_BUTTON}, got {button}")
        if down == (button in self._buttons):
            return
        if down:
            if self._at is None:
                return
            self._fake(_MOTION, 0, *self._at)
            self._buttons.add(button)
        else:
            self._buttons.discard(button)
        self._fake(_BUTTON_PRESS if down else _BUTTON_RELEASE, button)
        self._display.flush()

    def wheel(self, right: int, down: int) -> None:
        if self._at is None:
            return
        self._fake(_MOTION, 0, *self._at)
        for steps, back, forth in ((right, _LEFT, _RIGHT), (down, _UP, _DOWN)):
            for _ in range(min(abs(steps), MAX_WHEEL_STEPS)):
                button = forth if steps > 0 else back
                self._fake(_BUTTON_PRESS, button)
                self._fake(_BUTTON_RELEASE, button)
        self._display.flush()

    def key(self, key: str, code: str, down: bool) -> None:
        self._keyboard.key(key, code, down)
        self._display.flush()

    def release_all(self) -> None:
        for button in sorted(self._buttons):
            self._fake(_BUTTON_RELEASE, button)
        self._buttons.clear()
        self._keyboard.release_all()
        self._display.flush()

    def close(self) -> None:
        if not self._display.is_lost:
            try:
                self.release_all()
                self._keyboard.put_back()
                # Answered only when all of it is done: the server may drop what a closing client had sent.
                with self._display.using():
                    self._display.core.GetInputFocus().reply()
            except UnavailableError:
                pass  # nothing is left that could be held
        self._display.close()

    def _lift_leftovers(self) -> None:
        """Lift what a host that was killed has left pressed: the server does not do so by itself.

        What a person holds stays held, since it was pressed on another device.
        """
        give_back_lent(self._display)
        for keycode in keys_held_by_programs(self._display):
            self._fake(_KEY_RELEASE, keycode)
        with self._display.using():
            mask = self._display.core.QueryPointer(self._display.root).reply().mask
        for button in range(1, 6):
            if mask & 1 << (7 + button):
                self._fake(_BUTTON_RELEASE, button)
        self._display.flush()

    def _fake(self, kind: int, detail: int, x_px: int = 0, y_px: int = 0) -> None:
        with self._display.using():
            xtest: Any = self._xtest
            xtest.FakeInput(kind, detail, 0, self._display.root, x_px, y_px, 0)
