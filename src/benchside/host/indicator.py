"""Whether the technician can see the indicator, as long as somebody views or controls; if not, it says so in time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from benchside.host.watch.contract import IndicatorWatch, Unseen
from benchside.media.damage import Box
from benchside.protocol.errors import UnavailableError

__all__ = ["Indicator"]

log = logging.getLogger(__name__)

FIRST_UP_WITHIN_S = 2.0
"""From the first grant to a visible indicator; nothing is shown or pressed before it is, so a busy PC may take its
time."""
INDICATOR_UP_WITHIN_S = 0.7
"""How long it may then be covered or gone: less than the second that is promised, more than a window manager needs to
put it on top again."""
LOOK_EVERY_S = 0.2
"""While it is not seen, and where nobody tells of changes; and never oftener."""
FIRST_LOOK_EVERY_S = 0.02
"""Until it is seen for the first time: the first picture waits for it."""
REST_S = 2.0
"""While the system tells of each change a look is needed for nothing but what nobody has thought of."""


class Indicator:
    """The watch over one session's indicator."""

    def __init__(self, watch: IndicatorWatch, on_seen: Callable[[], None], on_gone: Callable[[], None]) -> None:
        """`on_seen()`: it is visible for the first time; `on_gone()`: it must be visible and has not been for too long.

        Each is told at most once for each `expect(True)`.
        """
        self._watch = watch
        self._on_seen = on_seen
        self._on_gone = on_gone
        self.was_seen = False
        """Since it is expected; INVARIANT: false while it is not."""
        self._loop = asyncio.get_running_loop()
        self._window: int | None = None
        self._stop: Box | None = None
        self._is_expected = False
        self._seen_at = 0.0  # the last moment of which it is known that it was seen
        self._looked_at = 0.0
        self._reason: Unseen | None = None
        self._timer: asyncio.TimerHandle | None = None

    def show(self, window: int | None, stop: Box | None) -> None:
        """The desk says which window it is, and where in it the Stop button; None: it was taken down."""
        self._window, self._stop = window, stop
        self._look_soon()

    def expect(self, expected: bool) -> None:
        """From now on somebody views or controls, or nobody does."""
        if expected == self._is_expected:
            return
        self._is_expected = expected
        self.was_seen = False
        if expected:
            self._seen_at = self._loop.time()
            self._reason = None
            self._watch.attach(self._look_soon)
            self._look()
        else:
            self._watch.detach()
            self._cancel()

    def close(self) -> None:
        """Watch no more."""
        self.expect(False)

    def _look_soon(self) -> None:
        """Something has changed: look now, or as soon as the last look is long enough ago."""
        if self._is_expected:
            due = self._looked_at + self._gap_s
            self._wait(due if self._timer is None else min(due, self._timer.when()))

    def _look(self) -> None:
        self._timer = None
        now = self._looked_at = self._loop.time()
        is_followed = self._sees()
        gone_at = self._seen_at + (INDICATOR_UP_WITHIN_S if self.was_seen else FIRST_UP_WITHIN_S)
        if self._reason is None:
            self._seen_at = now
            self._wait(now + (REST_S if is_followed else LOOK_EVERY_S))
            if not self.was_seen:
                self.was_seen = True
                self._on_seen()
        elif now >= gone_at:
            self.expect(False)
            self._on_gone()
        else:
            self._wait(min(now + self._gap_s, gone_at))

    @property
    def _gap_s(self) -> float:
        return LOOK_EVERY_S if self.was_seen else FIRST_LOOK_EVERY_S

    def _sees(self) -> bool:
        """Look once, and set why it is not seen; whether the system tells of the next change."""
        was, before_at = self._reason, self._loop.time() - LOOK_EVERY_S
        try:
            if self._window is None:
                self._reason, is_followed = Unseen.GONE, False
            else:
                sight = self._watch.look(self._window, self._stop)
                self._reason, is_followed = sight.reason, sight.is_followed
        except UnavailableError:
            self._reason, is_followed = Unseen.GONE, False
        if was is None and self._reason is not None:
            # It was followed, or looked at so long ago: until about now it was seen.
            self._seen_at = max(self._seen_at, before_at)
        if self._reason is not None and self._reason is not was:
            log.info("indicator is not visible", extra={"cause": self._reason})
        return is_followed

    def _wait(self, until: float) -> None:
        self._cancel()
        self._timer = self._loop.call_at(until, self._look)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
