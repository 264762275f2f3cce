"""What a lab covers before the picture leaves the PC: rules for windows and monitors, and boxes drawn by hand.

Rules come from the lab's files (docs/operate.md) through the agent to the host; boxes come from the desk.
Neither leaves the PC: the console is told where something is covered, never why (wire/picture.py: Covered).
"""

from __future__ import annotations

import fnmatch
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from benchside.protocol.wire.text import Line

__all__ = [
    "MAX_HAND_COVERS",
    "MAX_RULES",
    "MAX_SHOWN_COVERS",
    "CoverArea",
    "CoverRule",
    "CoverShown",
    "DesktopBox",
    "Length",
    "Pattern",
    "WhenMissing",
    "WindowMatch",
    "matches",
]

MAX_RULES = 64
"""A model has a handful of windows with names in them; all models of a PC together stay far below this."""
MAX_HAND_COVERS = 32
"""More than anybody draws while somebody waits."""
MAX_SHOWN_COVERS = 64
"""As the view channel has it (wire/picture.py: MAX_COVERED); more become fewer and larger ones."""

_Pixel = Annotated[int, Meta(ge=-32768, le=32767)]
Length = Annotated[int, Meta(ge=0, le=32767)] | Annotated[float, Meta(ge=0.0, le=1.0)]
"""A whole number is pixels, a number with a point is a fraction of the side."""
Pattern = Annotated[str, Meta(min_length=1, max_length=200)]
"""`*` stands for any text and `?` for any character; capitals do not matter."""


class WhenMissing(StrEnum):
    """What a rule does while its window or monitor is not there."""

    NOTHING = "nothing"
    WHOLE_SCREEN = "whole_screen"


class DesktopBox(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A rectangle of the desktop in native pixels; right and bottom lie just outside."""

    left: _Pixel
    top: _Pixel
    right: _Pixel
    bottom: _Pixel


class CoverArea(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a rectangle: the distance from its edges, or from one edge and the size; at first, all of it.

    Of `left`, `right` and `width` at most two are given, and so of the others; an edge that is not given and
    not needed is 0 away.
    """

    left: Length | None = None
    right: Length | None = None
    width: Length | None = None
    top: Length | None = None
    bottom: Length | None = None
    height: Length | None = None

    def __post_init__(self) -> None:
        for sides in ((self.left, self.right, self.width), (self.top, self.bottom, self.height)):
            if None not in sides:
                raise ValueError("expected at most two of both edges and the size, got all three")


class WindowMatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Windows whose title and class both match, where both are given; at least one is."""

    title: Pattern | None = None
    program_class: Pattern | None = msgspec.field(default=None, name="class")

    def __post_init__(self) -> None:
        if self.title is None and self.program_class is None:
            raise ValueError("expected a title, a class or both, got neither")


class CoverRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cover `area` of each matching window, or of a monitor, or (with neither) of the whole desktop.

    `monitor`: 1 for the first as the prompt counts them, 0 for the primary one, whichever that is.
    """

    name: Line
    window: WindowMatch | None = None
    monitor: Annotated[int, Meta(ge=0, le=16)] | None = None
    area: CoverArea = CoverArea()
    missing: WhenMissing = WhenMissing.NOTHING


class CoverShown(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What is covered now, for the technician's own screen."""

    box: DesktopBox
    by_hand: bool


def matches(text: str, pattern: str) -> bool:
    """Whether all of `text` is what `pattern` says; brackets mean themselves."""
    return fnmatch.fnmatchcase(text.casefold(), pattern.casefold().replace("[", "[[]"))
