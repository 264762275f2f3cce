"""The `control` channel: the associate's pointer and keyboard, and whether they are held back.

The console speaks at least every 250 ms while anything is pressed and every second otherwise; after one
second of silence the PC lifts every key and button.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from benchside.protocol.wire.capability import MonitorId
from benchside.protocol.wire.codec import Codec, Compact

__all__ = [
    "CONTROL",
    "ControlAlive",
    "ControlMessage",
    "InputHeld",
    "InputMessage",
    "KeyChange",
    "PointerButton",
    "PointerMove",
    "ReleaseAll",
    "WheelTurn",
    "WhyHeld",
]

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


InputMessage = PointerMove | PointerButton | WheelTurn | KeyChange | ReleaseAll
ControlMessage = InputMessage | ControlAlive | InputHeld

CONTROL: Codec[ControlMessage] = Codec(ControlMessage, max_bytes=256, name="control")
