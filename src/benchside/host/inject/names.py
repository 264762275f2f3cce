"""The named keys of the console (W3C UI Events `key` and `code`) as X keysyms and keycodes."""

from __future__ import annotations

__all__ = ["MODIFIERS", "NAMED", "keycode_of", "keysym_for"]

# KeyboardEvent.key -> keysym (X11/keysymdef.h).  What is not here and is no single character does nothing:
# Dead, Process, Unidentified, and the keys of loudspeakers and browsers.
NAMED: dict[str, int] = {
    "Enter": 0xFF0D,
    "Tab": 0xFF09,
    "Backspace": 0xFF08,
    "Escape": 0xFF1B,
    "ArrowLeft": 0xFF51,
    "ArrowUp": 0xFF52,
    "ArrowRight": 0xFF53,
    "ArrowDown": 0xFF54,
    "Home": 0xFF50,
    "End": 0xFF57,
    "PageUp": 0xFF55,
    "PageDown": 0xFF56,
    "Insert": 0xFF63,
    "Delete": 0xFFFF,
    "ContextMenu": 0xFF67,
    "PrintScreen": 0xFF61,
    "Pause": 0xFF13,
    "ScrollLock": 0xFF14,
    "CapsLock": 0xFFE5,
    "NumLock": 0xFF7F,
    "Help": 0xFF6A,
    "Clear": 0xFF0B,
    **{f"F{number}": 0xFFBD + number for number in range(1, 25)},
}

# Where the same meaning has a key of its own on the number pad, a program may tell them apart.
_PAD: dict[str, int] = {"Enter": 0xFF8D}

# KeyboardEvent.key of the modifiers -> keysyms for the left and the right one.  AltGraph is not among them:
# it is never pressed for itself, each character brings what it needs.
MODIFIERS: dict[str, tuple[int, int]] = {
    "Shift": (0xFFE1, 0xFFE2),
    "Control": (0xFFE3, 0xFFE4),
    # The right Alt is AltGr on most layouts, so Alt always means the left one.
    "Alt": (0xFFE9, 0xFFE9),
    "Meta": (0xFFEB, 0xFFEC),
    "OS": (0xFFEB, 0xFFEC),
}

# KeyboardEvent.code of the typing keys -> keycode of a PC keyboard on X (evdev's number and 8), row by row.
# Only for shortcuts whose character the layout does not have, such as Ctrl+C sent from a Greek keyboard.
_ROWS: tuple[tuple[int, str], ...] = (
    (10, "Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal"),
    (24, "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight"),
    (38, "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote"),
    (51, "Backslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash"),
    (65, "Space"),
    (94, "IntlBackslash"),
)
_KEYCODES = {code: first + offset for first, row in _ROWS for offset, code in enumerate(row.split())}


def keysym_for(key: str, code: str) -> int | None:
    """The keysym of a named key or modifier; None for a character and for what means nothing here."""
    pair = MODIFIERS.get(key)
    if pair is not None:
        return pair[1] if code.endswith("Right") else pair[0]
    if code.startswith("Numpad") and key in _PAD:
        return _PAD[key]
    return NAMED.get(key)


def keycode_of(code: str) -> int | None:
    """Where a typing key lies on a PC keyboard."""
    return _KEYCODES.get(code)
