"""What the watch over the indicator must tell, on every operating system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from benchside.media.damage import Box

__all__ = ["IndicatorWatch", "Sight", "Unseen"]


class Unseen(StrEnum):
    """Why a person cannot see the indicator."""

    GONE = "gone"
    """There is no such window."""
    HIDDEN = "hidden"
    """The window is not shown."""
    SMALL = "small"
    """It is smaller than it must be."""
    OFF_SCREEN = "off_screen"
    """Too much of it lies on no monitor."""
    COVERED = "covered"
    """Other windows cover too much of it, or its Stop button."""
    BLANK = "blank"
    """What is seen there is one single colour."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at the indicator; `reason` is None when it is seen.

    `is_followed`: whatever changes this is told through `attach`, at once.  Otherwise only looking again helps.
    """

    reason: Unseen | None = None
    is_followed: bool = False

    @property
    def is_visible(self) -> bool:
        return self.reason is None


class IndicatorWatch(Protocol):
    """Looks whether the technician can see the desk's indicator.

    UnavailableError from `look`: the display has gone.
    """

    def attach(self, on_change: Callable[[], None]) -> None:
        """Have the running event loop call `on_change` when the next look may find something else, until `detach`.

        It may be called for nothing.  Until a look says `is_followed`, or where the system tells nobody of such
        changes, it may never be called.
        """

    def detach(self) -> None:
        """Call it no more; harmless when nothing is attached."""

    def look(self, window: int, stop: Box | None = None) -> Sight:
        """Look once, at most five times a second; takes some milliseconds.

        `window`: the indicator's native window.  `stop`: its Stop button, in pixels of that window; no part
        of it may be covered.
        """

    def close(self) -> None:
        """End the watch; harmless when done before."""
