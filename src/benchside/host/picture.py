"""Sends the granted monitors' pictures on `view`: damage in, exact tiles out, at the viewer's pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from benchside.host.capture.contract import Capture
from benchside.host.channel import Opened
from benchside.host.pointer.contract import Pointer
from benchside.media.damage import Box, Region
from benchside.media.pacing import Pacing
from benchside.media.tiles import Encoder, Shadow
from benchside.protocol.errors import PeerError, PeerFault, UnavailableError
from benchside.protocol.flow.consent import ConsentGrant
from benchside.protocol.flow.pace import Pace
from benchside.protocol.wire.capability import MonitorInfo
from benchside.protocol.wire.picture import (
    VIEW,
    MonitorLayout,
    PictureBegin,
    PictureEnd,
    PictureShown,
    PictureState,
    PointerAt,
    ViewAlive,
    ViewMessage,
    ViewReady,
)

__all__ = ["PictureSender"]

ALIVE_EVERY_S = 1.0
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
        self._pacing = Pacing(self._loop.time())
        self._encoder = Encoder()
        self._region = Region()
        self._shadows: dict[int, Shadow] = {}
        self._monitors: dict[int, MonitorInfo] = {}
        self._is_whole = True
        self._timer: asyncio.TimerHandle | None = None
        self._alive: asyncio.TimerHandle | None = None
        self._whole: asyncio.TimerHandle | None = None
        self._whole_from = self._loop.time()  # when the console may next be given a whole picture
        self._writable: asyncio.Task[None] | None = None
        self._pace = Pace(most=MAX_MESSAGES_PER_S, within_s=1.0)
        self._is_shape_late = False
        self._late_place: tuple[int, int] | None = None
        self._is_running = False
        self._said_at = 0.0

    def start(self) -> None:
        """Watch the grant's monitors and send them whole."""
        try:
            self._lay_out()
            self._capture.start(self._grant.scope, self._damaged, self._layout_changed)
            self._is_running = True
            self._pointer.start(self._pointer_changed, self._pointer_moved)
        except UnavailableError:
            self.stop()
            self._on_display_lost()
            return
        self._capture.attach(self._read_display)
        self._pointer.attach(self._read_pointer)
        self._keep_alive()
        self._try_send()

    def stop(self) -> None:
        """Take no more pictures."""
        if self._is_running:
            self._is_running = False
            self._capture.detach()
            self._pointer.detach()
            self._capture.stop()
            self._pointer.stop()
        for waiting in (self._timer, self._alive, self._whole, self._writable):
            if waiting is not None:
                waiting.cancel()

    def take(self, plain: bytes) -> None:
        """What the console said on `view`; PeerError when it breaks the rules."""
        self._pace.count(self._loop.time())
        message = VIEW.decode(plain)
        match message:
            case PictureShown():
                self._pacing.picture_shown(message.sequence, self._loop.time())
                self._try_send()
            case ViewReady():
                self._start_whole_in_turn()
            case ViewAlive():
                pass
            case _:
                raise PeerError(PeerFault.OUT_OF_ORDER, "expected what a viewer says, got what a PC says")

    def resume(self) -> None:
        """Consent lets pictures pass again after a pause: send what changed meanwhile."""
        self._say_late()
        self._try_send()

    # damage

    def _read_display(self) -> None:
        if not self._is_running:
            return
        try:
            is_more = self._capture.read()
        except UnavailableError:
            self.stop()
            self._on_display_lost()
            return
        if is_more:
            # a program that draws without a pause must not keep the loop from everything else
            self._loop.call_soon(self._read_display)
        self._try_send()

    def _damaged(self, box: Box) -> None:
        self._region.add(box)
        self._pacing.damage_arrived(self._loop.time())

    def _layout_changed(self) -> None:
        self._lay_out()
        # not from here: the capture must not be called back into
        self._loop.call_soon(self._on_layout)

    def _lay_out(self) -> None:
        """Tell the granted monitors as they are now and start them whole."""
        granted = [monitor for monitor in self._capture.monitors() if monitor.id in self._grant.scope.monitors]
        self._monitors = {monitor.id: monitor for monitor in granted}
        self._shadows = {monitor.id: Shadow(monitor.id, _area(monitor)) for monitor in granted}
        if granted:
            self._say(MonitorLayout(tuple(granted)))
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
        self._is_whole = True
        for shadow in self._shadows.values():
            shadow.forget()
        for monitor in self._monitors.values():
            self._damaged(_area(monitor))
        if self._is_running:
            self._try_send()

    # pictures

    def _try_send(self) -> None:
        """Send one picture of all damage when pace, line and consent allow it."""
        now = self._loop.time()
        if not self._is_running or self._opened.is_forgotten or not self._region:
            return
        if self._opened.link.is_congested:
            # What is sealed cannot be taken back, so it must not wait here; the damage can, and is fresh then.
            self._wait_until_writable()
            return
        if not self._pacing.may_capture(now):
            self._arm(now)
            return
        if not self._may_pass(tuple(self._monitors)):
            return  # the damage stays and goes out when consent lets pictures pass again
        region = self._region.take()
        try:
            tiles = [
                tile
                for shadow in self._shadows.values()
                for tile in self._encoder.encode_damage(region, self._capture.grab, shadow)
            ]
        except UnavailableError:
            self.stop()
            self._on_display_lost()
            return
        if not tiles:
            self._pacing.picture_unchanged(now)
        else:
            sequence = self._pacing.next_sequence
            size = self._say(PictureBegin(sequence, self._is_whole))
            size += sum(self._say(tile) for tile in tiles)
            size += self._say(PictureEnd(sequence, PictureState.BEHIND if self._region else PictureState.EXACT))
            self._is_whole = False
            self._pacing.picture_sent(sequence, size, now)
        self._arm(now)

    def _arm(self, now: float) -> None:
        due = self._pacing.deadline()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if due is None else self._loop.call_at(max(due, now), self._try_send)

    def _wait_until_writable(self) -> None:
        if self._writable is None or self._writable.done():
            self._writable = self._loop.create_task(self._send_when_writable(), name="picture waits for its line")

    async def _send_when_writable(self) -> None:
        await self._opened.link.writable()
        self._writable = None
        self._say_late()
        self._try_send()

    def _say(self, message: ViewMessage) -> int:
        data = VIEW.encode(message)
        self._opened.send(data)
        self._said_at = self._loop.time()
        return len(data)

    # pointer

    def _read_pointer(self) -> None:
        try:
            while self._pointer.read():
                pass
        except UnavailableError:
            self.stop()
            self._on_display_lost()

    def _pointer_changed(self) -> None:
        self._is_shape_late = self._opened.link.is_congested
        if self._is_shape_late:
            self._wait_until_writable()
        elif self._is_running and self._may_pass(tuple(self._monitors)):
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
        """Say of the pointer what could not be said when it happened."""
        if self._is_running and self._is_shape_late:
            self._pointer_changed()
        if self._is_running and self._late_place is not None:
            self._pointer_moved(*self._late_place)

    def _keep_alive(self) -> None:
        """Say that we are here when nothing else was said."""
        if not self._is_running:
            return
        now = self._loop.time()
        if now - self._said_at >= ALIVE_EVERY_S:
            self._say(ViewAlive())
        self._alive = self._loop.call_at(self._said_at + ALIVE_EVERY_S, self._keep_alive)

    def _say_pointer(self, x_px: int, y_px: int) -> None:
        for monitor in self._monitors.values():
            x, y = x_px - monitor.x_px, y_px - monitor.y_px
            if 0 <= x < monitor.width_px and 0 <= y < monitor.height_px:
                self._say(PointerAt(monitor.id, x, y))
                return


def _area(monitor: MonitorInfo) -> Box:
    return Box(monitor.x_px, monitor.y_px, monitor.x_px + monitor.width_px, monitor.y_px + monitor.height_px)
