"""Keyboards of associates: which key gives which character, as a browser tells it (KeyboardEvent.key and .code)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["DEAD", "KEYBOARDS", "Keyboard", "Stroke"]

DEAD = "✝"
"""A key that a browser calls Dead: the character comes as text once it is composed."""
_NONE = "␀"

_NAMES = (
    "Backquote Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal "
    "KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight "
    "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backslash "
    "IntlBackslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash"
)
_CODES = _NAMES.split()


@dataclass(frozen=True)
class Stroke:
    """A character, the key that gives it, and the modifier to hold: "", "Shift" or "AltGraph"."""

    key: str
    code: str
    modifier: str


@dataclass(frozen=True)
class Keyboard:
    """Rows of characters in the order of the codes above; `composed` is what its dead keys make."""

    plain: str
    shift: str
    alt_graph: dict[str, str]
    composed: str
    decimal: str = "."

    def strokes(self) -> Iterator[Stroke]:
        """Every key that gives a character at once."""
        for row, modifier in ((self.plain, ""), (self.shift, "Shift")):
            for key, code in zip(row, _CODES, strict=True):
                if key not in (DEAD, _NONE):
                    yield Stroke(key, code, modifier)
        for code, key in self.alt_graph.items():
            yield Stroke(key, code, "AltGraph")
        for digit in "0123456789":
            yield Stroke(digit, f"Numpad{digit}", "")
        yield Stroke(self.decimal, "NumpadDecimal", "")
        for key, name in (("+", "Add"), ("-", "Subtract"), ("*", "Multiply"), ("/", "Divide")):
            yield Stroke(key, f"Numpad{name}", "")


KEYBOARDS = {
    "us": Keyboard(
        plain="`1234567890-=qwertyuiop[]asdfghjkl;'\\<zxcvbnm,./",
        shift='~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"|>ZXCVBNM<>?',
        alt_graph={},
        composed="",
    ),
    "es": Keyboard(
        plain="º1234567890'¡qwertyuiop✝+asdfghjklñ✝ç<zxcvbnm,.-",
        shift='ª!"·$%&/()=?¿QWERTYUIOP✝*ASDFGHJKLÑ✝Ç>ZXCVBNM;:_',
        alt_graph={
            "Backquote": "\\",
            "Digit1": "|",
            "Digit2": "@",
            "Digit3": "#",
            "Digit6": "¬",
            "KeyE": "€",
            "BracketLeft": "[",
            "BracketRight": "]",
            "Quote": "{",
            "Backslash": "}",
        },
        composed="áÁüàê´`^¨~",
    ),
    "de": Keyboard(
        plain="✝1234567890ß✝qwertzuiopü+asdfghjklöä#<yxcvbnm,.-",
        shift="°!\"§$%&/()=?✝QWERTZUIOPÜ*ASDFGHJKLÖÄ'>YXCVBNM;:_",
        alt_graph={
            "Digit2": "²",
            "Digit3": "³",
            "Digit7": "{",
            "Digit8": "[",
            "Digit9": "]",
            "Digit0": "}",
            "Minus": "\\",
            "KeyQ": "@",
            "KeyE": "€",
            "BracketRight": "~",
            "IntlBackslash": "|",
            "KeyM": "µ",
        },
        composed="éàêÉ´`^",
        decimal=",",
    ),
    "fr": Keyboard(
        plain="²&é\"'(-è_çà)=azertyuiop✝$qsdfghjklmù*<wxcvbn,;:!",
        shift="␀1234567890°+AZERTYUIOP✝£QSDFGHJKLM%µ>WXCVBN?./§",
        alt_graph={
            "Digit2": "~",
            "Digit3": "#",
            "Digit4": "{",
            "Digit5": "[",
            "Digit6": "|",
            "Digit7": "`",
            "Digit8": "\\",
            "Digit9": "^",
            "Digit0": "@",
            "Minus": "]",
            "Equal": "}",
            "KeyE": "€",
        },
        composed="êëîÔüÂ^¨",
    ),
}
