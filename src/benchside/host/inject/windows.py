"""Injection on the Windows desktop, by SendInput."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

from collections.abc import Iterable

from benchside.host.inject import windows_send as sending
from benchside.host.inject.place import nearest
from benchside.host.inject.windows_keyboard import Keyboard, lift_leftovers
from benchside.media.damage import Box
from benchside.platform.display.windows import be_dpi_aware, user32
from benchside.protocol.errors import CallerError

__all__ = ["WindowsInjector"]

MAX_BUTTON = 9

# A wheel turned hard makes some twenty steps in a moment; the wire allows 50.
MAX_WHEEL_STEPS = 50

_WHEEL, _WHEEL_SIDEWAYS, _STEP = 0x0800, 0x1000, 120
# Button -> (flag of its press, flag of its release, data).
_BUTTONS = {1: (0x2, 0x4, 0), 2: (0x20, 0x40, 0), 3: (0x8, 0x10, 0), 8: (0x80, 0x100, 1), 9: (0x80, 0x100, 2)}
_VIRTUAL_BUTTONS = {1: 0x01, 2: 0x04, 3: 0x02, 8: 0x05, 9: 0x06}
_SM_SWAPBUTTON = 23
_SWAPPED = {1: 3, 3: 1}


class WindowsInjector:
    """An `Injector` of the desktop that this process belongs to.

    While Windows shows its lock screen or a question of UAC, and in windows of elevated programs, what is sent does
    nothing: Windows lets no program of a user do that.
    """

    def __init__(self) -> None:
        be_dpi_aware()
        self._keyboard = Keyboard()
        self._areas: tuple[Box, ...] = ()
        self._at: tuple[int, int] | None = None
        self._buttons: set[int] = set()
        self._lift_leftovers()

    def confine(self, areas: Iterable[Box]) -> None:
        self._areas = tuple(area for area in areas if area)
        self._at = None

    def move(self, x_px: int, y_px: int) -> None:
        place = nearest(x_px, y_px, self._areas)
        if place is not None:
            self._at = place
            sending.send([sending.move_to(*place)])

    def button(self, button: int, down: bool) -> None:
        if not 1 <= button <= MAX_BUTTON:
            raise CallerError(f"expected a button from 1 to {MAX_BUTTON}, got {button}")
        if button not in _BUTTONS or down == (button in self._buttons):
            return
        if down:
            if self._at is None:
                return
            self._buttons.add(button)
            sending.send([sending.move_to(*self._at), _button(button, True)])
        else:
            self._buttons.discard(button)
            sending.send([_button(button, False)])

    def wheel(self, right: int, down: int) -> None:
        if self._at is None:
            return
        inputs = [sending.move_to(*self._at)]
        # Windows counts up and right as positive.
        for steps, flag, sign in ((right, _WHEEL_SIDEWAYS, 1), (down, _WHEEL, -1)):
            data = sign * (_STEP if steps > 0 else -_STEP)
            inputs += [sending.mouse(flag, data)] * min(abs(steps), MAX_WHEEL_STEPS)
        sending.send(inputs)

    def key(self, key: str, code: str, down: bool) -> None:
        self._keyboard.key(key, code, down)

    def release_all(self) -> None:
        sending.send([_button(button, False) for button in sorted(self._buttons)])
        self._buttons.clear()
        self._keyboard.release_all()

    def close(self) -> None:
        self.release_all()

    def _lift_leftovers(self) -> None:
        """Lift what a host that was killed has left pressed: Windows does not do so by itself."""
        down = [button for button, key in _VIRTUAL_BUTTONS.items() if user32.GetAsyncKeyState(key) & 0x8000]
        sending.send([_button(_logical(button), False) for button in down])
        lift_leftovers()


def _logical(button: int) -> int:
    """Which button a program sees, or has to name, for which: they differ for a left-handed person's mouse."""
    return _SWAPPED.get(button, button) if user32.GetSystemMetrics(_SM_SWAPBUTTON) else button


def _button(button: int, down: bool) -> sending.Input:
    press, release, data = _BUTTONS[_logical(button)]
    return sending.mouse(press if down else release, data)
