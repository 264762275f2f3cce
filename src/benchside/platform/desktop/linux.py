"""Sleep by the clocks, lock and user switch by logind, a blanked screen by X's screen saver."""

from __future__ import annotations

import logging
import time
from typing import Any

import xcffib.screensaver

from benchside.platform.desktop.logind import LoginSession
from benchside.platform.desktop.sleep import SleepGap
from benchside.platform.display.linux import Display
from benchside.protocol.errors import UnavailableError

__all__ = ["LinuxDesktopFacts"]

log = logging.getLogger(__name__)


class LinuxDesktopFacts:
    """`DesktopFacts` of a Linux desktop on X display `display` (DISPLAY when None).

    Where there is no logind (a container) lock and user switch are known from the screen saver alone, which
    only some lockers drive; that is logged once.  UnavailableError: no such display.
    """

    def __init__(self, display: str | None = None, *, bus: str = "SYSTEM") -> None:
        self._gap = SleepGap(lambda: time.clock_gettime(time.CLOCK_BOOTTIME), time.monotonic)
        self._display = Display(display)
        self._is_blanked = False
        self._login: LoginSession | None = None
        try:
            self._listen_to_saver()
        except BaseException:
            self._display.close()
            raise
        try:
            self._login = LoginSession(bus)
        except UnavailableError as error:
            log.warning("lock and user switch are not told on this machine: %s", error)

    def has_slept(self) -> bool:
        slept = self._gap.has_slept()
        blanked = self._was_blanked()
        left = self._login is not None and self._login.has_been_left()
        return slept or blanked or left

    def close(self) -> None:
        self._display.close()
        if self._login is not None:
            self._login.close()

    def _listen_to_saver(self) -> None:
        saver = self._display.extension(xcffib.screensaver.key, 1, 1)
        if saver is None:
            return
        self._display.on(xcffib.screensaver.NotifyEvent, self._handle_saver)
        with self._display.using():
            saver.SelectInput(self._display.root, xcffib.screensaver.Event.NotifyMask)
        self._display.flush()

    def _handle_saver(self, event: Any) -> None:
        if event.state in (xcffib.screensaver.State.On, xcffib.screensaver.State.Cycle):
            self._is_blanked = True

    def _was_blanked(self) -> bool:
        self._display.read()
        blanked, self._is_blanked = self._is_blanked, False
        return blanked
