"""One viewer of the granted monitors on `view`: what it says, what it is told of monitors, pointer and pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from benchside.host.capture.contract import Capture
from benchside.host.channel import Opened
from benchside.host.pointer.contract import Pointer
from benchside.host.shutter import Shutter
from benchside.media.damage import Box
from benchside.media.governor import Governor
from benchside.protocol.errors import PeerError, PeerFault, UnavailableError
from benchside.protocol.flow.consent import ConsentGrant
from benchside.protocol.flow.pace import Pace
from benchside.protocol.wire.capability import MonitorInfo
from benchside.protocol.wire.picture import (
    MAX_COVERED,
    VIEW,
    Covered,
    CoveredArea,
    MonitorLayout,
    PictureShown,
    PointerAt,
    VideoAbility,
    ViewAlive,
    ViewMessage,
    ViewReady,
)

__all__ = ["PictureSender"]

WHOLE_EVERY_S = 1.0
"""Whole pictures that a console may ask for: it needs one after each loss, and each costs us a whole encoding."""
MAX_MESSAGES_PER_S = 200
"""A console acknowledges at most 60 pictures a second, and says little else."""


class PictureSender:
    """One open epoch of `view`.  `may_pass(monitors)` asks consent for each single picture before it is taken."""

    def __init__(
        self,
        grant: ConsentGrant,
        opened: Opened,
        *,
        capture: Capture,
        pointer: Pointer,
        governor: Governor,
        may_pass: Callable[[tuple[int, ...]], bool],
        on_layout: Callable[[], None],
        on_display_lost: Callable[[], None],
    ) -> None:
        self._grant = grant
        self._opened = opened
        self._capture = capture
        self._pointer = pointer
        self._may_pass = may_pass
        self._on_layout = on_layout
        self._on_display_lost = on_display_lost
        self._loop = asyncio.get_running_loop()
        self._shutter = Shutter(
            opened,
            capture,
            governor,
            may_pass=self._may_take,
            on_display_lost=self._lose_display,
        )
        self._ready: ViewReady | None = None  # what the console can show; unknown until it says so
        self._monitors: dict[int, MonitorInfo] = {}
        self._told_layout: list[MonitorInfo] | None = None
        self._whole: asyncio.TimerHandle | None = None
        self._whole_from = self._loop.time()  # when the console may next be given a whole picture
        self._writable: asyncio.Task[None] | None = None
        self._pace = Pace(most=MAX_MESSAGES_PER_S, within_s=1.0)
        self._is_shape_late = self._are_covers_late = False
        self._late_place: tuple[int, int] | None = None
        self._is_running = False

    def start(self) -> None:
        """Watch the grant's monitors; the first picture goes when the console says what it can show."""
        try:
            self._lay_out()
            self._capture.start(self._grant.scope, self._shutter.damaged, self._layout_changed, self._covers_changed)
            self._is_running = True
            self._shutter.open()
            self._pointer.start(self._pointer_changed, self._pointer_moved)
        except UnavailableError:
            self._lose_display()
            return
        self._capture.attach(self._read_display)
        self._pointer.attach(self._read_pointer)

    def stop(self) -> None:
        """Take no more pictures."""
        self._shutter.close()
        if self._is_running:
            self._is_running = False
            self._capture.detach()
            self._pointer.detach()
            self._capture.stop()
            self._pointer.stop()
        for waiting in (self._whole, self._writable):
            if waiting is not None:
                waiting.cancel()

    def take(self, plain: bytes) -> None:
        """What the console said on `view`; PeerError when it breaks the rules."""
        self._pace.count(self._loop.time())
        message = VIEW.decode(plain)
        match message:
            case PictureShown():
                self._shutter.shown(message)
            case ViewReady():
                self._ready = message
                self._start_whole_in_turn()
            case ViewAlive():
                pass
            case _:
                raise PeerError(PeerFault.OUT_OF_ORDER, "expected what a viewer says, got what a PC says")

    def cover(self) -> None:
        """The technician has just covered something: nothing that was taken before may still go out."""
        self._shutter.recover()

    def resume(self) -> None:
        """Consent lets pictures pass again after a pause: send what changed meanwhile."""
        self._say_late()
        self._shutter.take()

    def _may_take(self) -> bool:
        """Ask consent for one picture; what is covered in it is said before it."""
        if not self._may_pass(tuple(self._monitors)):
            return False
        if self._are_covers_late:
            self._say_covers()
        return True

    # damage

    def _read_display(self) -> None:
        if not self._is_running:
            return
        try:
            is_more = self._capture.read()
        except UnavailableError:
            self._lose_display()
            return
        if is_more:
            # a program that draws without a pause must not keep the loop from everything else
            self._loop.call_soon(self._read_display)
        self._shutter.take()

    def _layout_changed(self) -> None:
        self._lay_out()
        # not from here: the capture must not be called back into
        self._loop.call_soon(self._on_layout)

    def _covers_changed(self) -> None:
        """Say what the lab covers of the granted monitors, before the picture in which it is dark."""
        self._shutter.recover()
        self._say_covers()

    def _say_covers(self) -> None:
        """Say it, or keep it for when consent lets a picture pass: it tells of windows too."""
        self._are_covers_late = not self._may_pass(tuple(self._monitors))
        if self._are_covers_late:
            return
        areas = [
            CoveredArea(monitor.id, *_within(cut, area), by_hand=cover.by_hand)
            for cover in self._capture.covers()
            for monitor in self._monitors.values()
            if (cut := cover.box.intersect(area := _area(monitor)))
        ]
        self._say(Covered(tuple(areas[:MAX_COVERED])))

    def _lay_out(self) -> None:
        """Tell the granted monitors as they are now and start them whole."""
        granted = [monitor for monitor in self._capture.monitors() if monitor.id in self._grant.scope.monitors]
        self._monitors = {monitor.id: monitor for monitor in granted}
        if granted:
            if self._told_layout != granted:  # a shared window that moves changes what is seen, not the monitors
                self._told_layout = granted
                self._say(MonitorLayout(tuple(granted)))
            self._covers_changed()
            if self._ready is not None:
                self._start_whole()

    def _start_whole_in_turn(self) -> None:
        """The console asks for all of it: at once, or with whoever else asks in this second at its end."""
        now = self._loop.time()
        if self._whole is None:
            due = max(now, self._whole_from)
            self._whole_from = due + WHOLE_EVERY_S
            if due > now:
                self._whole = self._loop.call_at(due, self._start_whole)
            else:
                self._start_whole()

    def _start_whole(self) -> None:
        if self._whole is not None:
            self._whole.cancel()
            self._whole = None
        areas = [(monitor.id, _area(monitor)) for monitor in self._monitors.values()]
        self._shutter.start_whole(areas, self._ready or ViewReady(VideoAbility.NONE))

    def _lose_display(self) -> None:
        self.stop()
        self._on_display_lost()

    def _wait_until_writable(self) -> None:
        if self._writable is None or self._writable.done():
            self._writable = self._loop.create_task(self._say_when_writable(), name="pointer waits for its line")

    async def _say_when_writable(self) -> None:
        await self._opened.link.writable()
        self._writable = None
        self._say_late()

    def _say(self, message: ViewMessage) -> None:
        self._opened.send(VIEW.encode(message))

    # pointer

    def _read_pointer(self) -> None:
        try:
            while self._pointer.read():
                pass
        except UnavailableError:
            self._lose_display()

    def _pointer_changed(self) -> None:
        self._is_shape_late = True
        if self._opened.link.is_congested:
            self._wait_until_writable()
        elif self._is_running and self._may_pass(tuple(self._monitors)):
            self._is_shape_late = False
            self._say(self._pointer.shape())

    def _pointer_moved(self, x_px: int, y_px: int) -> None:
        """Say it, or keep the newest place for when the line or consent lets it pass."""
        is_full = self._opened.link.is_congested
        self._late_place = (x_px, y_px)
        if is_full:
            self._wait_until_writable()
        elif self._may_pass(tuple(self._monitors)):
            self._late_place = None
            self._say_pointer(x_px, y_px)

    def _say_late(self) -> None:
        """Say of covers and pointer what could not be said when it happened."""
        if self._is_running and self._are_covers_late:
            self._say_covers()
        if self._is_running and self._is_shape_late:
            self._pointer_changed()
        if self._is_running and self._late_place is not None:
            self._pointer_moved(*self._late_place)

    def _say_pointer(self, x_px: int, y_px: int) -> None:
        for monitor in self._monitors.values():
            x, y = x_px - monitor.x_px, y_px - monitor.y_px
            if 0 <= x < monitor.width_px and 0 <= y < monitor.height_px:
                self._say(PointerAt(monitor.id, x, y))
                return


def _within(box: Box, area: Box) -> tuple[int, int, int, int]:
    """Left, top, width and height of `box`, from the area's top left corner."""
    return box.left - area.left, box.top - area.top, box.width_px, box.height_px


def _area(monitor: MonitorInfo) -> Box:
    return Box(monitor.x_px, monitor.y_px, monitor.x_px + monitor.width_px, monitor.y_px + monitor.height_px)
