"""What is known of the PC's pointer, on every operating system."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from benchside.protocol.wire.picture import PointerShape

__all__ = ["Pointer"]


class Pointer(Protocol):
    """The pointer's picture, told when it changes, and its place, when asked.

    The screen's pixels come without the pointer, so the viewer draws it from here.
    UnavailableError from any method but `fileno`, `stop` and `close`: the display has gone.
    """

    def start(self, on_shape: Callable[[], None]) -> None:
        """Call `on_shape` now and after each change of the shape, until `stop`; from within `read` later."""

    def shape(self) -> PointerShape:
        """The picture as it is now: straight RGBA, cut to 256x256; 0 x 0 for a pointer that is hidden."""

    def position(self) -> tuple[int, int]:
        """Where its hot spot is, in pixels of the whole desktop."""

    def stop(self) -> None:
        """Say nothing more."""

    def fileno(self) -> int:
        """The descriptor to wait on for `read`; the same until `close`."""

    def read(self) -> bool:
        """Handle what the display has to say.  Never waits; returns whether more is waiting."""

    def close(self) -> None:
        """End everything; harmless when done before."""
