"""The finger and the eye: clicks on a display by XTEST and watches one pixel of the same display.

DAMAGE tells when something was drawn over the pixel, a grab of that pixel alone whether it changed; so the eye
costs nothing while nothing happens.  The pixel is a little beside the pointer, whose own picture does not count.
"""

from __future__ import annotations

import random
import select
import time
from collections.abc import Mapping
from dataclasses import dataclass

import xcffib
import xcffib.damage
import xcffib.xtest
from xcffib.xproto import ImageFormat

from bench.photon.xclient import connect

BESIDE_PX = 40
"""From the pointer to the watched pixel: further than any pointer's picture reaches."""
PAUSE_S = (0.05, 0.15)
"""Between two clicks, drawn anew each time: a fixed pause could keep step with somebody's frame clock."""
WITHIN_S = 2.0
"""Nobody waits longer for what they clicked."""
QUICK_WITHIN_S = 15.0
"""Of a few clicks, which measure nothing, none may be lost, and the machine may be busy with other work."""
_PRESS, _RELEASE, _MOTION = 4, 5, 6
_ALL_PLANES = 0xFFFFFFFF


def patience_s(*, quick: bool) -> float:
    """How long a click is waited for."""
    return QUICK_WITHIN_S if quick else WITHIN_S


@dataclass(frozen=True)
class Click:
    """Moments by time.monotonic(), in seconds; `seen_at` is None when the pixel never changed."""

    at: float
    seen_at: float | None

    @property
    def took_ms(self) -> float:
        return float("inf") if self.seen_at is None else (self.seen_at - self.at) * 1000


class Clicker:
    """One finger on one place of one display.  `within_s`: a click without a change for so long is lost."""

    def __init__(self, environment: Mapping[str, str], x_px: int, y_px: int, *, within_s: float = WITHIN_S) -> None:
        self._connection = connect(environment)
        self._within_s = within_s
        self._x_px, self._y_px = x_px, y_px
        self._eye = (x_px + BESIDE_PX, y_px + BESIDE_PX)
        self._root = self._connection.setup.roots[0].root
        self._core = self._connection.core
        self._xtest = self._connection(xcffib.xtest.key)
        damage = self._connection(xcffib.damage.key)
        damage.QueryVersion(1, 1).reply()
        damage.Create(self._connection.generate_id(), self._root, xcffib.damage.ReportLevel.RawRectangles)
        self._poll = select.poll()
        self._poll.register(self._connection.get_file_descriptor(), select.POLLIN)
        self._random = random.Random(1)
        self.go()

    def go(self) -> None:
        """Put the pointer on its place, where it stays."""
        self._fake(_MOTION, 0, self._x_px, self._y_px)
        self._core.GetInputFocus().reply()

    def colour(self) -> int:
        """The watched pixel now."""
        reply = self._core.GetImage(ImageFormat.ZPixmap, self._root, *self._eye, 1, 1, _ALL_PLANES).reply()
        return int.from_bytes(reply.data.buf()[:3], "little")

    def click(self) -> Click:
        """Press, wait for the change, let go, and pause."""
        before = self.colour()
        self._drain()
        at = time.monotonic()
        self._fake(_PRESS, 1)
        seen_at = self._wait_for_change(before, at + self._within_s)
        self._fake(_RELEASE, 1)
        self._core.GetInputFocus().reply()
        time.sleep(self._random.uniform(*PAUSE_S))
        return Click(at, seen_at)

    def clicks(self, count: int, *, unmeasured: int = 0) -> list[Click]:
        """`count` clicks, after a few that only wake everybody up."""
        return [self.click() for _ in range(unmeasured + count)][unmeasured:]

    def wait_for(self, colour: int, within_s: float) -> bool:
        """Whether the watched pixel is of this colour in time."""
        until = time.monotonic() + within_s
        while self.colour() != colour:
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def close(self) -> None:
        self._connection.disconnect()

    def _wait_for_change(self, before: int, until: float) -> float | None:
        while (left_s := until - time.monotonic()) > 0:
            if self._was_drawn_over() and self.colour() != before:
                return time.monotonic()
            self._poll.poll(left_s * 1000)
        return None

    def _was_drawn_over(self) -> bool:
        is_hit = False
        while (event := self._connection.poll_for_event()) is not None:
            if isinstance(event, xcffib.damage.NotifyEvent):
                x, y, area = *self._eye, event.area
                is_hit |= area.x <= x < area.x + area.width and area.y <= y < area.y + area.height
        return is_hit

    def _drain(self) -> None:
        while self._connection.poll_for_event() is not None:
            pass

    def _fake(self, kind: int, detail: int, x_px: int = 0, y_px: int = 0) -> None:
        self._xtest.FakeInput(kind, detail, 0, self._root, x_px, y_px, 0)
        self._connection.flush()
