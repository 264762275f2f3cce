"""The PC's desktop as one session uses it: eyes, hands, pointer, and the watch over the indicator.

Each sensitive act takes the grant that permits it.  The display is opened when the host starts, so that the
first picture after a yes waits for nothing.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchside.host.capture.contract import Capture
from benchside.host.channel import Opened
from benchside.host.hands import Hands
from benchside.host.indicator import Indicator
from benchside.host.inject.contract import Injector
from benchside.host.inject.fence import FencedInjector
from benchside.host.picture import PictureSender
from benchside.host.pointer.contract import Pointer
from benchside.host.watch.contract import IndicatorWatch
from benchside.media.damage import Box
from benchside.media.governor import Governor
from benchside.platform.desktop.contract import DesktopFacts
from benchside.protocol.errors import UnavailableError
from benchside.protocol.flow.consent import ConsentGrant
from benchside.protocol.flow.consent.events import InputCame
from benchside.protocol.wire.capability import Capability, MonitorInfo, WindowInfo
from benchside.protocol.wire.cover import CoverShown, DesktopBox
from benchside.protocol.wire.desk import BoxInWindow
from benchside.protocol.wire.host import BeginHosting
from benchside.protocol.wire.input import InputMessage, WhyHeld

__all__ = ["Desktop", "DesktopParts"]


@dataclass(frozen=True)
class DesktopParts:
    """The operating system's side, made in app.py."""

    capture: Capture
    pointer: Pointer
    injector: Injector
    watch: IndicatorWatch
    facts: DesktopFacts


class Desktop:
    """Owns the parts for one session; `close` ends all of them at once."""

    def __init__(self, parts: DesktopParts) -> None:
        self._parts = parts
        self._picture: PictureSender | None = None
        now = asyncio.get_running_loop().time()
        self._governor = Governor(os.cpu_count() or 1, now, time.process_time())
        self._hands: Hands | None = None
        self._may_pass: Callable[[ConsentGrant, tuple[int, ...]], bool] = lambda grant, monitors: False
        self._on_input: Callable[[InputCame], None] = lambda event: None
        self._on_lost: Callable[[], None] = lambda: None
        self._cpu_shares = (30, 10)
        self._is_assay_running = False
        self._fence = FencedInjector(parts.injector, parts.capture.covers)
        self._on_indicator_gone: Callable[[], None] = lambda: None
        self._indicator = Indicator(parts.watch, self.resume, lambda: self._on_indicator_gone())

    def attach(
        self,
        *,
        may_pass: Callable[[ConsentGrant, tuple[int, ...]], bool],
        on_input: Callable[[InputCame], None],
        on_lost: Callable[[], None],
        on_indicator_gone: Callable[[], None],
    ) -> None:
        """Join the session: whom to ask for each picture, and whom to tell of input, a lost display, and an indicator
        that the technician cannot see."""
        self._may_pass, self._on_input, self._on_lost = may_pass, on_input, on_lost
        self._on_indicator_gone = on_indicator_gone

    # what can be shared

    def monitors(self) -> tuple[MonitorInfo, ...]:
        """The monitors now; none when the display has gone."""
        try:
            return self._parts.capture.monitors()
        except UnavailableError:
            return ()

    def windows(self) -> tuple[WindowInfo, ...]:
        """The windows that may be shared now, at most 64."""
        try:
            return self._parts.capture.windows()[:64]
        except UnavailableError:
            return ()

    # what the lab says about the picture

    def take_terms(self, begin: BeginHosting) -> None:
        """The lab's rules and limits, before anything else."""
        self._parts.capture.cover_by_rule(begin.covers)
        self._cpu_shares = begin.cpu_share_percent, begin.cpu_share_in_assay_percent
        self.assay_changed(begin.assay_running)

    def cover_by_hand(self, areas: Sequence[DesktopBox]) -> None:
        """The technician covers these places, in place of earlier ones, before the next picture."""
        boxes = [Box(area.left, area.top, area.right, area.bottom) for area in areas]
        self._parts.capture.cover_by_hand([box for box in boxes if box])
        if self._picture is not None:
            self._picture.cover()

    def covers(self) -> tuple[CoverShown, ...]:
        """What is covered now, shared or not; nothing when the display has gone."""
        try:
            covers = self._parts.capture.covers()
        except UnavailableError:
            return ()
        return tuple(CoverShown(DesktopBox(*cover.box), cover.by_hand) for cover in covers)

    def assay_changed(self, running: bool) -> None:
        """A run is in progress on the instrument, or no longer."""
        self._is_assay_running = running
        self._governor.share = self.cpu_share_percent / 100

    @property
    def cpu_share_percent(self) -> int:
        """What this session may use of the whole machine now."""
        usual, in_assay = self._cpu_shares
        return in_assay if self._is_assay_running else usual

    # channels

    def open_channel(self, grant: ConsentGrant, opened: Opened) -> Callable[[bytes], None]:
        """Prepare to feed an open channel from the desktop; return what takes the console's words on it."""
        self.close_channel(grant.capability)
        if grant.capability is Capability.VIEW:
            picture = PictureSender(
                grant,
                opened,
                capture=self._parts.capture,
                pointer=self._parts.pointer,
                governor=self._governor,
                # nobody sees anything before the technician can see that somebody does
                may_pass=lambda monitors: self._indicator.was_seen and self._may_pass(grant, monitors),
                on_layout=self._layout_changed,
                on_display_lost=self._on_lost,
            )
            self._picture = picture
            return picture.take
        hands = Hands(
            grant,
            opened,
            self._fence,
            self.monitors,
            self._parts.capture.shared,
            self._on_input,
            self._on_lost,
        )
        self._hands = hands
        return hands.take

    def begin_channel(self, capability: Capability) -> None:
        """Consent has taken the channel: pictures and input may go."""
        if capability is Capability.VIEW and self._picture is not None:
            self._picture.start()
            self._layout_changed()  # hands that were there first had nowhere to go
        if capability is Capability.CONTROL and self._hands is not None:
            self._hands.start()

    def close_channel(self, capability: Capability) -> None:
        """Stop what a channel was fed with."""
        if capability is Capability.VIEW and self._picture is not None:
            self._picture.stop()
            self._picture = None
        if capability is Capability.CONTROL and self._hands is not None:
            self._hands.stop()
            self._hands = None

    def _layout_changed(self) -> None:
        if self._hands is not None:
            self._hands.lay_out()

    def inject(self, grant: ConsentGrant, message: InputMessage) -> None:
        """Let one input act."""
        if self._hands is not None and self._indicator.was_seen:
            self._hands.act(grant, message)

    def lift(self) -> None:
        """Lift every key and button."""
        try:
            self._parts.injector.release_all()
        except UnavailableError:
            self._on_lost()

    def hold(self, why: WhyHeld) -> None:
        """Tell the console why its input does nothing."""
        if self._hands is not None:
            self._hands.say_held(why)

    def resume(self) -> None:
        """Pictures may pass again."""
        if self._picture is not None:
            self._picture.resume()

    # the indicator

    def watch(self, window: int | None, stop: BoxInWindow | None) -> None:
        """The desk's indicator is this window, and there its Stop button."""
        self._indicator.show(window, None if stop is None else Box(stop.left, stop.top, stop.right, stop.bottom))

    def expect_indicator(self, expected: bool) -> None:
        """From now on somebody views or controls, or nobody does."""
        self._indicator.expect(expected)

    # the rest

    def has_slept(self) -> bool:
        """True once the PC slept, was locked or changed its user since the last call."""
        try:
            return self._parts.facts.has_slept()
        except UnavailableError:
            self._on_lost()
            return False

    def close(self) -> None:
        """End everything; nothing can be taken or injected after."""
        self.lift()
        for capability in (Capability.VIEW, Capability.CONTROL):
            self.close_channel(capability)
        self._indicator.close()
        parts = self._parts
        for part in (parts.capture, parts.pointer, parts.injector, parts.watch, parts.facts):
            part.close()
