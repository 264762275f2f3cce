"""Keys on Windows: by scan code where the layout of the window in front has the character there, else as Unicode."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

import ctypes
from ctypes import wintypes

from benchside.host.inject import windows_send as sending
from benchside.host.inject.windows_names import EXTENDED, MODIFIERS, scan_of, virtual_key
from benchside.platform.display.windows import user32

__all__ = ["Keyboard"]

_MAPVK_VK_TO_VSC = 0
_SHIFT, _CONTROL, _ALT = 1, 2, 4  # as VkKeyScanEx counts them
_VK_SHIFT, _VK_CAPS_LOCK = 0x10, 0x14
# Do not change what the keyboard remembers of a dead key (Windows 10, 1607).
_KEEP_STATE = 4
_SHORTCUT = frozenset(vk for name in ("Control", "Alt", "Meta") for vk in MODIFIERS[name])
_SHIFTS = frozenset(MODIFIERS["Shift"])
_VK_PAUSE = 0x13

user32.GetKeyboardLayout.argtypes = (wintypes.DWORD,)
user32.GetKeyboardLayout.restype = wintypes.HANDLE
user32.GetForegroundWindow.restype = wintypes.HWND
user32.VkKeyScanExW.argtypes = (wintypes.WCHAR, wintypes.HANDLE)
user32.VkKeyScanExW.restype = ctypes.c_short
user32.MapVirtualKeyExW.argtypes = (wintypes.UINT, wintypes.UINT, wintypes.HANDLE)
user32.GetKeyState.restype = ctypes.c_short
user32.GetAsyncKeyState.restype = ctypes.c_short
user32.ToUnicodeEx.argtypes = (
    wintypes.UINT, wintypes.UINT, wintypes.LPVOID, wintypes.LPWSTR, ctypes.c_int, wintypes.UINT, wintypes.HANDLE,
)  # fmt: skip


class Keyboard:
    """Remembers by KeyboardEvent.code what is held, so that it can be lifted whatever layout is in front by then."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, int, bool]] = {}

    def key(self, key: str, code: str, down: bool) -> None:
        """See `Injector.key`."""
        if not down:
            self._lift(code)
            return
        named = virtual_key(key, code)
        layout = _layout_in_front()
        if named is not None:
            extended = named in EXTENDED or (named == 0x0D and code == "NumpadEnter")
            # Pause has a scan code of its own kind (E1), which SendInput cannot express.
            scan = 0 if named == _VK_PAUSE else user32.MapVirtualKeyExW(named, _MAPVK_VK_TO_VSC, layout)
            self._press(code, (named, scan, extended))
        elif len(key) == 1:
            self._type(key, code, layout)

    def release_all(self) -> None:
        """Lift what is held, the last first."""
        for code in reversed(tuple(self._held)):
            self._lift(code)

    def _type(self, text: str, code: str, layout: int) -> None:
        virtual, state = _place_of(text, layout)
        if self._held_keys() & _SHORTCUT:
            scan = user32.MapVirtualKeyExW(virtual, _MAPVK_VK_TO_VSC, layout) if virtual else scan_of(code)
            if scan:
                self._press(code, (virtual, scan, False))
            return
        has_shift = bool(self._held_keys() & _SHIFTS)
        if virtual and state == (_SHIFT if has_shift else 0):
            scan = user32.MapVirtualKeyExW(virtual, _MAPVK_VK_TO_VSC, layout)
            if scan and _makes(text, virtual, scan, has_shift, layout):
                self._press(code, (virtual, scan, False))
                return
        # AltGr, dead keys, another shift than the one held, Caps Lock, or no such character on this keyboard.
        sending.send(sending.character(text))

    def _press(self, code: str, press: tuple[int, int, bool]) -> None:
        """Again for a key that is held: that is how a keyboard repeats."""
        virtual, scan, extended = self._held.setdefault(code, press)
        sending.send([sending.key(virtual, scan, extended=extended, down=True)])

    def _lift(self, code: str) -> None:
        press = self._held.pop(code, None)
        if press is not None:
            virtual, scan, extended = press
            sending.send([sending.key(virtual, scan, extended=extended, down=False)])

    def _held_keys(self) -> set[int]:
        return {virtual for virtual, _, _ in self._held.values()}


def lift_leftovers() -> None:
    """Lift every key that is down, whoever pressed it: Windows does not say who did, and what a host that was killed
    has left down would stay so.  What a person holds repeats and is down again at once."""
    inputs = []
    for virtual in range(0x08, 0xFF):
        # The plain Shift, Control and Alt are down when one of their sides is.
        if virtual not in (0x10, 0x11, 0x12) and user32.GetAsyncKeyState(virtual) & 0x8000:
            scan = user32.MapVirtualKeyExW(virtual, _MAPVK_VK_TO_VSC, _layout_in_front())
            inputs.append(sending.key(virtual, scan, extended=virtual in EXTENDED, down=False))
    sending.send(inputs)


def _layout_in_front() -> int:
    """The layout of the window that has the keyboard: each program may have another."""
    window = user32.GetForegroundWindow()
    thread = user32.GetWindowThreadProcessId(window, None) if window else 0
    return int(user32.GetKeyboardLayout(thread) or 0)


def _place_of(text: str, layout: int) -> tuple[int, int]:
    """The virtual key of a character and the modifiers it needs; (0, 0) where the layout has none."""
    if ord(text) > 0xFFFF:
        return 0, 0
    found = user32.VkKeyScanExW(text, layout)
    return (0, 0) if found == -1 else (found & 0xFF, found >> 8 & 0xFF)


def _makes(text: str, virtual: int, scan: int, has_shift: bool, layout: int) -> bool:
    """Whether pressing that key now makes this character and nothing else: no dead key, no Caps Lock in the way."""
    state = (ctypes.c_uint8 * 256)()
    state[_VK_SHIFT] = 0x80 if has_shift else 0
    state[_VK_CAPS_LOCK] = user32.GetKeyState(_VK_CAPS_LOCK) & 1
    made = ctypes.create_unicode_buffer(8)
    count = user32.ToUnicodeEx(virtual, scan, state, made, 8, _KEEP_STATE, layout)
    return bool(count == 1 and made[0] == text)
