"""The check `time`: whether the clock follows another, and how far it is off."""

from __future__ import annotations

from collections.abc import Callable

from benchside.notifier.checks.answer import answer
from benchside.notifier.checks.level import Level
from benchside.notifier.checks.options import TimeSettings
from benchside.platform.time_source.contract import TimeSource
from benchside.platform.time_source.here import ask_time_source
from benchside.protocol.wire.condition import Signal

__all__ = ["TimeLook"]

SOURCE = "pc.time"


class TimeLook:
    """Asks the system."""

    def __init__(self, settings: TimeSettings, source: Callable[[], TimeSource] = ask_time_source) -> None:
        self._source = source
        self._level = Level(on_at=settings.off_s, off_at=settings.clear_s, is_high_bad=True)

    def __call__(self) -> list[Signal]:
        """Return whether it is right, as far as it says."""
        source = self._source()
        found = []
        if source.is_synchronised is not None:
            found += answer(SOURCE, "PC", "not_synchronised", not source.is_synchronised)
        if source.offset_s is not None:
            off_s = abs(source.offset_s)
            found += answer(SOURCE, "PC", "clock_wrong", self._level.judge("PC", off_s), values={"off_s": round(off_s)})
        return found
