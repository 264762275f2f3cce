"""What a capture of the screen must do, on every operating system."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from benchside.host.capture.covers import Cover
from benchside.media.damage import Box
from benchside.media.tiles import Pixels
from benchside.protocol.wire.capability import GrantScope, MonitorInfo, WindowInfo
from benchside.protocol.wire.cover import CoverRule

__all__ = ["Capture"]


class Capture(Protocol):
    """Pixels of what a grant covers, and word of what changes there.

    INVARIANT: `grab` returns no pixel from outside of the scope that `start` was given: such pixels are
    black; and none from under a cover: those are COVER_BGRX (covers.py).  Coordinates are pixels of the whole
    desktop, as in `MonitorInfo`.

    A monitor keeps its id as long as the capture lives, and no other monitor ever gets that id, so a grant
    cannot slip to another monitor when cables are moved.  Neither can it slip to another window: the number
    that `windows` gives to one stays its own, and when it is destroyed a scope with it is empty for good.

    UnavailableError from any method but `stop`, `attach`, `detach` and `close`: the display has gone, and the capture
    with it.
    """

    def monitors(self) -> tuple[MonitorInfo, ...]:
        """All monitors of the desktop as they are now, at least one."""

    def windows(self) -> tuple[WindowInfo, ...]:
        """Windows that a technician may choose to share, topmost first.  Their titles stay on the PC."""

    def cover_by_rule(self, rules: Sequence[CoverRule]) -> None:
        """Cover what these rules say, in place of earlier rules, from the next grab on.

        A window takes its cover along: a grab shows it where it was never uncovered.  What it has left stays
        covered for a second, since it still shows until what lies below has painted.  Where the system may show
        windows elsewhere (a compositor), or they cannot be told, a rule for a window covers everything.
        """

    def cover_by_hand(self, boxes: Sequence[Box]) -> None:
        """Cover these places too, in place of earlier ones, from the next grab on."""

    def covers(self) -> tuple[Cover, ...]:
        """What is covered now, shared or not, at most 64 places, none within another but partly overlapping."""

    def start(
        self,
        scope: GrantScope,
        on_damage: Callable[[Box], None],
        on_layout: Callable[[], None],
        on_covers: Callable[[], None] = lambda: None,
    ) -> None:
        """Watch what `scope` covers, until `stop`; replaces an earlier scope.

        With a window it covers that window as far as it lies on the scope's monitors and nothing lies above
        it; menus and dialogues are windows of their own and stay black.

        `on_damage` is told of every box that may have changed, cut to the scope, first of all of it.  What
        was told is told again only after the next grab, so it must be kept until it is grabbed.
        `on_layout` is told when monitors were added, removed or resized, or the shared window moved, before
        the damage that this brings; then `monitors` and `shared` have the new layout.  `on_covers` is told the
        same way when `covers` has changed; damage under a cover alone is not told.  All are called from
        within `start` and `read` alone; what `grab` learns is kept, and makes `read` due.
        UnavailableError also when one window is to be shared while a compositor draws
        the screen, since what lies above it could then shine through.
        """

    def shared(self) -> tuple[Box, ...]:
        """What of the desktop is shared now, without overlap; empty when its monitors or window are gone."""

    def grab(self, box: Box) -> Pixels:
        """The pixels of `box` now: shape (height, width, 4), bytes B, G, R and one without meaning.

        The array is valid until the next call of `grab` and must not be written to.  Blocks for one round
        trip to the display, some 6 ms for 1920x1080.  CallerError: an empty box, or not started.
        """

    def stop(self) -> None:
        """Share nothing from here on; `start` may follow.  Harmless when nothing is shared."""

    def attach(self, on_ready: Callable[[], None]) -> None:
        """Have the running event loop call `on_ready` whenever `read` has something to handle, until `detach`.

        Each system has its own way of waiting: a descriptor on X, a clock where nobody tells of changes.
        """

    def detach(self) -> None:
        """Call it no more; harmless when nothing is attached."""

    def read(self) -> bool:
        """Handle what the display has to say; call when `attach` says so.  Never waits.

        Returns whether more is waiting, in which case nothing may call again: call again soon.
        """

    def close(self) -> None:
        """End everything; harmless when done before."""
