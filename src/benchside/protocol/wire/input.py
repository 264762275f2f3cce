"""The `control` channel: the associate's pointer and keyboard, and whether they are held back.

The console speaks at least every 250 ms while anything is pressed or a text is being typed; after one second of
silence the PC lifts every key and button and types no more.  The PC says something within a second of each word
from the console, which so learns that its input arrives.  Where nothing happens nothing is said.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from benchside.protocol.wire.capability import MonitorId
from benchside.protocol.wire.codec import Codec, Compact

__all__ = [
    "CONTROL",
    "MAX_INPUTS",
    "MAX_TEXT",
    "ControlAlive",
    "ControlMessage",
    "InputHeld",
    "InputMessage",
    "InputTogether",
    "KeyChange",
    "PointerButton",
    "PointerMove",
    "ReleaseAll",
    "TypeText",
    "TypingEnd",
    "TypingStands",
    "WheelTurn",
    "WhyHeld",
]

MAX_TEXT = 4096
"""Characters of one text: a page of settings or a long path; typed in a minute, and nobody watches longer."""
MAX_INPUTS = 64
"""Inputs in one record: a chord, a word that an input method has put together."""
_MAX_BYTES = 4 * MAX_TEXT + 64
"""A character takes up to four bytes as UTF-8."""

_At = Annotated[int, Meta(ge=0, le=32767)]
_Steps = Annotated[int, Meta(ge=-50, le=50)]


class WhyHeld(StrEnum):
    """Why input does nothing at the moment."""

    NOTHING = "nothing"
    PROMPT = "prompt"
    PAUSED = "paused"


class PointerMove(Compact, frozen=True, tag=1):
    """The pointer goes to this pixel of a granted monitor."""

    monitor: MonitorId
    x_px: _At
    y_px: _At


class PointerButton(Compact, frozen=True, tag=2):
    """1 left, 2 middle, 3 right, 8 back, 9 forward (X11's numbers; 4 to 7 are the wheel's)."""

    button: Annotated[int, Meta(ge=1, le=9)]
    down: bool


class WheelTurn(Compact, frozen=True, tag=3):
    """Steps of the wheel: right and down are positive."""

    right: _Steps
    down: _Steps


class KeyChange(Compact, frozen=True, tag=4):
    """A key goes down or up.

    `key` and `code` are KeyboardEvent.key and KeyboardEvent.code (W3C UI Events): what it means on the
    associate's layout, and which key it is.  `key` is one character or a named key of at most 32 letters.
    """

    key: Annotated[str, Meta(min_length=1, max_length=32)]
    code: Annotated[str, Meta(max_length=32, pattern="^[A-Za-z0-9]*\\Z")]
    down: bool


class ReleaseAll(Compact, frozen=True, tag=5):
    """Lift every key and button: the viewer lost the focus."""


class ControlAlive(Compact, frozen=True, tag=6):
    """From either side: still here."""


class InputHeld(Compact, frozen=True, tag=7):
    """From the PC: input is dropped for this reason until the next InputHeld."""

    why: WhyHeld


class TypeText(Compact, frozen=True, tag=8):
    """Type this text, key by key, at a pace that programs follow; an empty one: no more of the text before.

    Only under a grant whose scope says `paste`.  Line feed and tab are the only control characters.
    """

    text: Annotated[str, Meta(max_length=MAX_TEXT)]


class TypingEnd(StrEnum):
    """Why no more of a text is typed."""

    DONE = "done"
    STOPPED = "stopped"
    """A prompt, a pause, the console's own next key or click, an empty text, or a line that fell silent."""
    NOT_GRANTED = "not_granted"
    BAD_TEXT = "bad_text"
    """It holds what is no character that could be typed."""
    BUSY = "busy"
    """Another text is still being typed; that one goes on."""


class TypingStands(Compact, frozen=True, tag=9):
    """From the PC: so many characters of the text are typed; `end` when no more follow, and why."""

    typed: Annotated[int, Meta(ge=0, le=MAX_TEXT)]
    of: Annotated[int, Meta(ge=0, le=MAX_TEXT)]
    end: TypingEnd | None


InputMessage = PointerMove | PointerButton | WheelTurn | KeyChange | ReleaseAll | TypeText


class InputTogether(Compact, frozen=True, tag=10):
    """From the console: inputs in their order, as if each had come alone, such as a place and a press."""

    messages: Annotated[tuple[InputMessage, ...], Meta(min_length=2, max_length=MAX_INPUTS)]


ControlMessage = InputMessage | ControlAlive | InputHeld | TypingStands | InputTogether

CONTROL: Codec[ControlMessage] = Codec(ControlMessage, max_bytes=_MAX_BYTES, name="control")
