"""What moving the PC's pointer and pressing its keys must do, on every operating system."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from benchside.media.damage import Box

__all__ = ["Injector"]


class Injector(Protocol):
    """The PC's hands.  Everything that is pressed is remembered, so that it can be lifted.

    UnavailableError from any method but `close`: the display has gone.
    """

    def confine(self, areas: Iterable[Box]) -> None:
        """Where the pointer may go, in pixels of the whole desktop: the granted monitors, or the window.

        With nowhere to go, pointer and buttons do nothing.
        """

    def move(self, x_px: int, y_px: int) -> None:
        """The pointer goes there, or to the nearest place where it may be."""

    def button(self, button: int, down: bool) -> None:
        """1 left, 2 middle, 3 right, 8 back, 9 forward; CallerError outside of 1 to 9.

        A press happens where `move` last went, wherever the technician's hand has moved it meanwhile.
        """

    def wheel(self, right: int, down: int) -> None:
        """Steps; negative ones go left and up.  At most 50 each way are made."""

    def key(self, key: str, code: str, down: bool) -> None:
        """A key by KeyboardEvent.key and .code (W3C UI Events).

        A character arrives as that character whatever the PC's layout, unless Control, Alt or Meta is held:
        then the key is pressed that has it on the PC, as a shortcut.  What means nothing does nothing.
        """

    def release_all(self) -> None:
        """Lift every key and button that is pressed."""

    def close(self) -> None:
        """Lift everything, put the layout back, end the connection; harmless when done before."""
