"""The check `clock`: whether the wall clock was moved, seen beside one that nobody can move."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchside.notifier.checks.answer import happened
from benchside.notifier.checks.options import ClockSettings
from benchside.platform.machine.here import boot_s
from benchside.protocol.wire.condition import Signal

__all__ = ["ClockLook"]

MAX_BY_S = 2**53
"""What a value can carry; a clock that jumps further than this has no meaning."""


class ClockLook:
    """Compares both clocks with the look before; sleep moves both alike."""

    def __init__(
        self,
        settings: ClockSettings,
        wall_s: Callable[[], float] = time.time,
        steady_s: Callable[[], float] = boot_s,
    ) -> None:
        self._jump_s, self._wall_s, self._steady_s = settings.jump_s, wall_s, steady_s
        self._difference_s = wall_s() - steady_s()

    def __call__(self) -> list[Signal]:
        """Return a jump that happened since; slow corrections are none."""
        difference_s = self._wall_s() - self._steady_s()
        by_s = difference_s - self._difference_s
        self._difference_s = difference_s
        if abs(by_s) < self._jump_s:
            return []
        return [happened("pc.clock", "PC", "jumped", values={"by_s": round(max(-MAX_BY_S, min(MAX_BY_S, by_s)))})]
