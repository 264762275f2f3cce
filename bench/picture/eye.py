"""The judge's eye: looks at the engineer's display and tells how it differs from the PC's.

Both displays are read through shared memory.  DAMAGE tells where the engineer's display was drawn over, and only
that is read and compared, so that looking takes little from the machine that is measured.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import xcffib
import xcffib.damage
import xcffib.shm
import xcffib.xfixes
import xcffib.xtest
from xcffib.xproto import ImageFormat

from bench.photon.xclient import connect
from bench.picture.canvas import Box
from bench.picture.glyphs import Picture
from bench.picture.pages import HEIGHT, WIDTH
from bench.picture.spot import find
from benchside.host.capture.linux_shared_memory import SharedMemory

_ALL_PLANES = 0xFFFFFFFF
_MOTION = 6
Mask = npt.NDArray[np.bool_]


class Screen:
    """Reads the pixels of one display."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.connection: Any = connect(environment)
        self.root = self.connection.setup.roots[0]
        self.size = (self.root.width_in_pixels, self.root.height_in_pixels)
        self._shm = self.connection(xcffib.shm.key)
        self._shm.QueryVersion().reply()
        self._memory = SharedMemory(self.size[0] * self.size[1] * 4)
        self._segment = self.connection.generate_id()
        self._shm.Attach(self._segment, self._memory.shmid, False, is_checked=True).check()
        self._memory.unlink()

    def grab(self, box: Box) -> Picture:
        """The pixels of this box as a view of the shared memory: copy what is to outlive the next grab."""
        x, y, width, height = box
        self._shm.GetImage(
            self.root.root, x, y, width, height, _ALL_PLANES, ImageFormat.ZPixmap, self._segment, 0
        ).reply()
        return self._memory.bytes[: width * height * 4].reshape(height, width, 4)

    def windows_above(self, window: int) -> list[Box]:
        """What other visible windows cover of one that fills the screen."""
        core = self.connection.core
        above, found = False, []
        for each in core.QueryTree(self.root.root).reply().children:
            if each == window:
                above = True
            elif above and core.GetWindowAttributes(each).reply().map_state == xcffib.xproto.MapState.Viewable:
                place = core.GetGeometry(each).reply()
                found.append((place.x, place.y, place.width, place.height))
        return found

    def close(self) -> None:
        self.connection.disconnect()


class Eye:
    """One engineer's display, beside the PC's.

    `origin` is where the PC's first pixel is there, once `aim` has found it.  What `ignored` covers of the PC's
    picture is not compared: the session's indicator, which changes by itself.
    """

    def __init__(self, pc: Screen, environment: Mapping[str, str], ignored: list[Box]) -> None:
        self.pc = pc
        self.screen = Screen(environment)
        self.origin = (0, 0)
        connection = self.screen.connection
        damage = connection(xcffib.damage.key)
        damage.QueryVersion(1, 1).reply()
        self._damage = connection.generate_id()
        damage.Create(self._damage, self.screen.root.root, xcffib.damage.ReportLevel.RawRectangles)
        self._subtract = damage.Subtract
        self._poll = select.poll()
        self._poll.register(connection.get_file_descriptor(), select.POLLIN)
        self.counted: Mask = np.ones((HEIGHT, WIDTH), bool)
        for x, y, width, height in ignored:
            self.counted[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)] = False
        self.expected: Picture = np.zeros((HEIGHT, WIDTH, 4), np.uint8)

    def aim(self, within_s: float = 30.0) -> None:
        """Find the PC's picture, while the PC shows the spot, and put the pointer beside it; TimeoutError."""
        until = time.monotonic() + within_s
        self._park()
        while (found := find(self.screen.grab((0, 0, *self.screen.size)))) is None:
            if time.monotonic() > until:
                raise TimeoutError("expected the viewer to show the PC's spot")
            time.sleep(0.1)
        self.origin = found
        right, bottom = found[0] + WIDTH, found[1] + HEIGHT
        if found[0] < 0 or found[1] < 0 or right > self.screen.size[0] or bottom > self.screen.size[1]:
            raise ValueError(f"expected the PC's whole picture on the engineer's display, it begins at {found}")

    def expect_now(self) -> None:
        """From now on what the PC shows at this moment is right."""
        self.expected = self.pc.grab((0, 0, WIDTH, HEIGHT)).copy()

    def look(self, box: Box | None = None) -> Picture:
        """This part of the PC's picture (all of it) as the engineer sees it; a view, as of `Screen.grab`."""
        x, y, width, height = box or (0, 0, WIDTH, HEIGHT)
        return self.screen.grab((self.origin[0] + x, self.origin[1] + y, width, height))

    def wrong_in(self, box: Box) -> Mask:
        """Which pixels of a part of the PC's picture differ at the engineer's."""
        x, y, width, height = box
        mine = self.look(box).view(np.uint32)[:, :, 0] & 0xFFFFFF
        right = self.expected[y : y + height, x : x + width].view(np.uint32)[:, :, 0] & 0xFFFFFF
        wrong: Mask = (mine != right) & self.counted[y : y + height, x : x + width]
        return wrong

    def count_wrong(self) -> int:
        return int(np.count_nonzero(self.wrong_in((0, 0, WIDTH, HEIGHT))))

    def watch(self, within_s: float, *, on_change: Callable[[float], None] | None = None) -> float | None:
        """The moment from which on every pixel is right; None when that did not come in time.

        `on_change` is told of the moment of each change of the engineer's screen, while the pixels are still so.
        """
        until = time.monotonic() + within_s
        self.forget_damage()
        wrong = self.wrong_in((0, 0, WIDTH, HEIGHT))
        while wrong.any():
            boxes = self.wait_damage(until - time.monotonic())
            if boxes is None:
                return None
            if not boxes:
                continue
            seen_at = time.monotonic()
            for x, y, width, height in boxes:
                wrong[y : y + height, x : x + width] = self.wrong_in((x, y, width, height))
            if on_change is not None:
                on_change(seen_at)
        return time.monotonic()

    def wait_damage(self, within_s: float) -> list[Box] | None:
        """What was drawn over of the PC's picture (perhaps nothing of it); None when nothing came in time."""
        if within_s <= 0:
            return None
        connection = self.screen.connection
        if (event := connection.poll_for_event()) is None:
            self._poll.poll(within_s * 1000)
            event = connection.poll_for_event()
        areas = []
        while event is not None:
            if isinstance(event, xcffib.damage.NotifyEvent):
                areas.append((event.area.x, event.area.y, event.area.width, event.area.height))
            event = connection.poll_for_event()
        return merged([box for area in areas if (box := self._on_picture(area)) is not None])

    def forget_damage(self) -> None:
        while self.screen.connection.poll_for_event() is not None:
            pass

    def close(self) -> None:
        self.screen.close()

    def _on_picture(self, area: Box) -> Box | None:
        left, top = max(0, area[0] - self.origin[0]), max(0, area[1] - self.origin[1])
        right = min(WIDTH, area[0] + area[2] - self.origin[0])
        bottom = min(HEIGHT, area[1] + area[3] - self.origin[1])
        return (left, top, right - left, bottom - top) if left < right and top < bottom else None

    def _park(self) -> None:
        """The pointer goes to the last pixel, where no viewer has the PC's picture."""
        fake = self.screen.connection(xcffib.xtest.key).FakeInput
        fake(_MOTION, 0, 0, self.screen.root.root, self.screen.size[0] - 1, self.screen.size[1] - 1, 0)
        self.screen.connection.core.GetInputFocus().reply()


MANY = 24
"""Boxes: from here on one that holds all of them is read sooner."""


def merged(boxes: list[Box]) -> list[Box]:
    if len(boxes) < MANY:
        return boxes
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return [(left, top, right - left, bottom - top)]
