"""The named keys of the console (W3C UI Events `key` and `code`) as Windows' virtual keys and scan codes."""

from __future__ import annotations

__all__ = ["EXTENDED", "MODIFIERS", "scan_of", "virtual_key"]

# KeyboardEvent.key -> virtual key (Microsoft, "Virtual-Key Codes").  What is not here and is no single character does
# nothing: Dead, Process, Unidentified, and the keys of loudspeakers and browsers.
_NAMED: dict[str, int] = {
    "Enter": 0x0D,
    "Tab": 0x09,
    "Backspace": 0x08,
    "Escape": 0x1B,
    "ArrowLeft": 0x25,
    "ArrowUp": 0x26,
    "ArrowRight": 0x27,
    "ArrowDown": 0x28,
    "Home": 0x24,
    "End": 0x23,
    "PageUp": 0x21,
    "PageDown": 0x22,
    "Insert": 0x2D,
    "Delete": 0x2E,
    "ContextMenu": 0x5D,
    "PrintScreen": 0x2C,
    "Pause": 0x13,
    "ScrollLock": 0x91,
    "CapsLock": 0x14,
    "NumLock": 0x90,
    "Help": 0x2F,
    "Clear": 0x0C,
    **{f"F{number}": 0x6F + number for number in range(1, 25)},
}

# KeyboardEvent.key of the modifiers -> virtual keys of the left and the right one.  AltGraph is not among them: it is
# never pressed for itself, each character brings what it needs.  The right Alt is AltGr on most layouts, so Alt always
# means the left one.
MODIFIERS: dict[str, tuple[int, int]] = {
    "Shift": (0xA0, 0xA1),
    "Control": (0xA2, 0xA3),
    "Alt": (0xA4, 0xA4),
    "Meta": (0x5B, 0x5C),
    "OS": (0x5B, 0x5C),
}

# Those whose scan code has the prefix E0 on a PC keyboard, which tells them from the number pad's.
EXTENDED = frozenset({0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x2C, 0x2D, 0x2E, 0x5B, 0x5C, 0x5D, 0x90, 0xA3})

# KeyboardEvent.code of the typing keys -> scan code (set 1), row by row.  Only for shortcuts whose character the
# layout does not have, such as Ctrl+C sent to a Greek keyboard.
_ROWS: tuple[tuple[int, str], ...] = (
    (0x02, "Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal"),
    (0x10, "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight"),
    (0x1E, "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote"),
    (0x2B, "Backslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash"),
    (0x39, "Space"),
    (0x56, "IntlBackslash"),
)
_SCANS = {code: first + offset for first, row in _ROWS for offset, code in enumerate(row.split())}


def virtual_key(key: str, code: str) -> int | None:
    """The virtual key of a named key or modifier; None for a character and for what means nothing here."""
    pair = MODIFIERS.get(key)
    if pair is not None:
        return pair[1] if code.endswith("Right") else pair[0]
    return _NAMED.get(key)


def scan_of(code: str) -> int | None:
    """Where a typing key lies on a PC keyboard."""
    return _SCANS.get(code)
