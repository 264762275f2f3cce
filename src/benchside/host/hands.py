"""Brings permitted input from `control` to the desktop, and lifts what is pressed when the line falls silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from benchside.host.channel import Opened
from benchside.host.inject.contract import Injector
from benchside.host.inject.wheel import WheelBudget
from benchside.media.damage import Box
from benchside.protocol.errors import PeerError, PeerFault, UnavailableError
from benchside.protocol.flow.consent import ConsentGrant
from benchside.protocol.flow.consent.events import InputCame
from benchside.protocol.flow.pace import Pace
from benchside.protocol.wire.capability import Capability, MonitorInfo
from benchside.protocol.wire.input import (
    CONTROL,
    ControlAlive,
    InputHeld,
    InputMessage,
    KeyChange,
    PointerButton,
    PointerMove,
    ReleaseAll,
    WheelTurn,
    WhyHeld,
)

__all__ = ["Hands"]

SILENT_AFTER_S = 1.0
"""A key that stays down because the line hangs moves a stage or deletes a list: after a second it is lifted."""
ALIVE_EVERY_S = 1.0
LOOK_EVERY_S = 0.2
MAX_MESSAGES = 2000
WITHIN_S = 4.0
"""500 messages a second.  A console sends one move a frame, 144 a second at most; counted over four seconds, since
what a line has held back for some seconds comes all at once and is no flood."""


class Hands:
    """One open epoch of `control`."""

    def __init__(
        self,
        grant: ConsentGrant,
        opened: Opened,
        injector: Injector,
        monitors: Callable[[], tuple[MonitorInfo, ...]],
        shared: Callable[[], tuple[Box, ...]],
        on_input: Callable[[InputCame], None],
        on_display_lost: Callable[[], None],
    ) -> None:
        self._grant = grant
        self._opened = opened
        self._injector = injector
        self._list_monitors = monitors
        self._shared = shared
        self._monitors: dict[int, MonitorInfo] = {}
        self._on_input = on_input
        self._on_display_lost = on_display_lost
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._is_quiet = False
        self._said_at = self._heard_at
        self._pace = Pace(most=MAX_MESSAGES, within_s=WITHIN_S)
        self._wheel = WheelBudget(self._heard_at)

    def start(self) -> None:
        """Let the pointer onto what is shared, and watch the line from now on."""
        self._said_at = self._loop.time()
        if self.lay_out():
            self._look()

    def lay_out(self) -> bool:
        """What is shared has moved: the pointer may go there and nowhere else.  False when the display is lost."""
        granted = self._grant.scope.monitors
        self._monitors = {monitor.id: monitor for monitor in self._list_monitors() if monitor.id in granted}
        try:
            self._injector.confine(self._shared())
        except UnavailableError:
            self._on_display_lost()
            return False
        return True

    def stop(self) -> None:
        """Lift everything and take no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._lift()

    def take(self, plain: bytes) -> None:
        """What the console said on `control`; PeerError when it breaks the rules.  Consent decides if it acts."""
        self._pace.count(self._loop.time())
        message = CONTROL.decode(plain)
        self._heard_at, self._is_quiet = self._loop.time(), False
        match message:
            case ControlAlive():
                pass
            case InputHeld():
                raise PeerError(PeerFault.OUT_OF_ORDER, "expected what a console says on control, got what a PC says")
            case _:
                self._on_input(InputCame(Capability.CONTROL, self._grant.grant, message))

    def act(self, grant: ConsentGrant, message: InputMessage) -> None:
        """Do it; `grant` must be the one of this channel."""
        if grant is not self._grant:
            return
        try:
            self._act(message)
        except UnavailableError:
            self._on_display_lost()

    def _act(self, message: InputMessage) -> None:
        match message:
            case PointerMove():
                monitor = self._monitors.get(message.monitor)
                if monitor is not None:
                    x_px = min(message.x_px, monitor.width_px - 1)
                    y_px = min(message.y_px, monitor.height_px - 1)
                    self._injector.move(monitor.x_px + x_px, monitor.y_px + y_px)
            case PointerButton():
                self._injector.button(message.button, message.down)
            case WheelTurn():
                right, down = self._wheel.spend(message.right, message.down, self._loop.time())
                if right or down:
                    self._injector.wheel(right, down)
            case KeyChange():
                self._injector.key(message.key, message.code, message.down)
            case ReleaseAll():
                self._injector.release_all()

    def say_held(self, why: WhyHeld) -> None:
        """Tell the console whether its input acts."""
        self._opened.send(CONTROL.encode(InputHeld(why)))

    def _look(self) -> None:
        """Is the console still speaking?  And say that we are here."""
        if self._loop.time() - self._heard_at >= SILENT_AFTER_S and not self._is_quiet:
            self._is_quiet = True
            self._lift()
        if self._loop.time() - self._said_at >= ALIVE_EVERY_S:
            self._said_at = self._loop.time()
            self._opened.send(CONTROL.encode(ControlAlive()))
        self._timer = self._loop.call_later(LOOK_EVERY_S, self._look)

    def _lift(self) -> None:
        try:
            self._injector.release_all()
        except UnavailableError:
            self._on_display_lost()
