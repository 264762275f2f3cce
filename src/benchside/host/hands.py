"""Brings permitted input from `control` to the desktop, and lifts what is pressed when the line falls silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from benchside.host.channel import Opened
from benchside.host.inject.contract import Injector
from benchside.host.inject.wheel import WheelBudget
from benchside.host.typist import Typist
from benchside.media.damage import Box
from benchside.protocol.errors import PeerError, PeerFault, UnavailableError
from benchside.protocol.flow.consent import ConsentGrant
from benchside.protocol.flow.consent.events import InputCame
from benchside.protocol.flow.pace import Pace
from benchside.protocol.wire.capability import Capability, MonitorInfo
from benchside.protocol.wire.input import (
    CONTROL,
    ControlAlive,
    ControlMessage,
    InputHeld,
    InputMessage,
    InputTogether,
    KeyChange,
    PointerButton,
    PointerMove,
    ReleaseAll,
    TypeText,
    TypingStands,
    WheelTurn,
    WhyHeld,
)

__all__ = ["Hands"]

SILENT_AFTER_S = 1.0
"""A key that stays down because the line hangs moves a stage or deletes a list: after a second it is lifted."""
ANSWER_WITHIN_S = 0.5
"""After something came; the console takes three seconds without an answer for a lost line."""
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
        self._silence: asyncio.TimerHandle | None = None  # running while the console speaks
        self._answer: asyncio.TimerHandle | None = None  # running while it waits for a word
        self._typist = Typist(self._press, self._tell)
        self._has_acted = self._is_pressing = False
        self._pace = Pace(most=MAX_MESSAGES, within_s=WITHIN_S)
        self._wheel = WheelBudget(self._heard_at)

    def start(self) -> None:
        """Let the pointer onto what is shared."""
        self.lay_out()

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
        self._typist.stop()
        for timer in (self._silence, self._answer):
            if timer is not None:
                timer.cancel()
        self._lift()

    def take(self, plain: bytes) -> None:
        """What the console said on `control`; PeerError when it breaks the rules.  Consent decides if it acts."""
        message = CONTROL.decode(plain)
        for _ in message.messages if isinstance(message, InputTogether) else (message,):
            self._pace.count(self._loop.time())
        self._hear()
        match message:
            case ControlAlive():
                pass
            case InputHeld() | TypingStands():
                raise PeerError(PeerFault.OUT_OF_ORDER, "expected what a console says on control, got what a PC says")
            case InputTogether():
                for each in message.messages:
                    self._consider(each)
            case _:
                self._consider(message)

    def _consider(self, message: InputMessage) -> None:
        self._on_input(InputCame(Capability.CONTROL, self._grant.grant, message))

    def act(self, grant: ConsentGrant, message: InputMessage) -> None:
        """Do it; `grant` must be the one of this channel."""
        if grant is not self._grant:
            return
        self._has_acted = True
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
                if message.down:
                    self._typist.stop()
                self._injector.button(message.button, message.down)
            case WheelTurn():
                right, down = self._wheel.spend(message.right, message.down, self._loop.time())
                if right or down:
                    self._injector.wheel(right, down)
            case KeyChange():
                if message.down and not self._is_pressing:
                    self._typist.stop()
                self._injector.key(message.key, message.code, message.down)
            case ReleaseAll():
                self._injector.release_all()
            case TypeText():
                self._injector.release_all()  # a Control that is still down would make commands of the letters
                self._typist.begin(message.text, is_granted=self._grant.scope.paste)

    def say_held(self, why: WhyHeld) -> None:
        """Tell the console whether its input acts; what was being typed is dropped when it does not."""
        if why is not WhyHeld.NOTHING:
            self._typist.stop()
        self._say(InputHeld(why))

    # typing

    def _press(self, key: KeyChange) -> bool:
        """A key of a text asks consent like any other; whether it acted."""
        self._has_acted, self._is_pressing = False, True
        try:
            self._consider(key)
        finally:
            self._is_pressing = False
        return self._has_acted

    def _tell(self, stands: TypingStands) -> None:
        self._say(stands)

    # the line

    def _say(self, message: ControlMessage) -> None:
        if self._answer is not None:
            self._answer.cancel()
            self._answer = None
        self._opened.send(CONTROL.encode(message))

    def _hear(self) -> None:
        """The console spoke: it wants a word back soon, and from now on its silence means something."""
        self._heard_at = self._loop.time()
        if self._silence is None:
            self._silence = self._loop.call_at(self._heard_at + SILENT_AFTER_S, self._look)
        if self._answer is None:
            self._answer = self._loop.call_at(self._heard_at + ANSWER_WITHIN_S, self._say, ControlAlive())

    def _look(self) -> None:
        """Is the console still speaking?  Once it is silent there is nothing to look at until it speaks again."""
        silent_at = self._heard_at + SILENT_AFTER_S
        if self._loop.time() < silent_at:
            self._silence = self._loop.call_at(silent_at, self._look)
            return
        self._silence = None
        self._typist.stop()
        self._lift()

    def _lift(self) -> None:
        try:
            self._injector.release_all()
        except UnavailableError:
            self._on_display_lost()
