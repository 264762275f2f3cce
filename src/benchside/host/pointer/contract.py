"""What is known of the PC's pointer, on every operating system."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from benchside.protocol.wire.picture import PointerShape

__all__ = ["MOVED_PER_S", "Pointer"]

MOVED_PER_S = 25
"""As often as a hand that is watched looks smooth; each one is a record on the line."""


class Pointer(Protocol):
    """The pointer's picture and its place, each told when it changes.

    The screen's pixels come without the pointer, so the viewer draws it from here.
    UnavailableError from any method but `attach`, `detach`, `stop` and `close`: the display has gone.
    """

    def start(self, on_shape: Callable[[], None], on_moved: Callable[[int, int], None]) -> None:
        """Call both now, and from within the running event loop after each change, until `stop`.

        `on_shape()`: the picture is another one.  `on_moved(x_px, y_px)`: the place, as `position` gives it, at
        most MOVED_PER_S times a second while it moves; the place where it comes to rest is always told.  While
        nothing moves, next to nothing is done: one look a second, for a move that the system told nobody of.
        Neither may call back into the pointer's `start` or `stop`.
        """

    def shape(self) -> PointerShape:
        """The picture as it is now: straight RGBA, cut to 256x256; 0 x 0 for a pointer that is hidden."""

    def position(self) -> tuple[int, int]:
        """Where its hot spot is, in pixels of the whole desktop."""

    def stop(self) -> None:
        """Say nothing more."""

    def attach(self, on_ready: Callable[[], None]) -> None:
        """Have the running event loop call `on_ready` whenever `read` has something to handle, until `detach`."""

    def detach(self) -> None:
        """Call it no more; harmless when nothing is attached."""

    def read(self) -> bool:
        """Handle what the display has to say.  Never waits; returns whether more is waiting."""

    def close(self) -> None:
        """End everything; harmless when done before."""
