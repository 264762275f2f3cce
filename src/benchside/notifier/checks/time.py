"""The check `time`: whether the clock follows another, and how far it is off."""

from __future__ import annotations

from collections.abc import Callable

from benchside.notifier.checks.answer import answer
from benchside.notifier.checks.level import Level
from benchside.notifier.checks.options import TimeSettings
from benchside.platform.time_source.contract import TimeSource
from benchside.platform.time_source.here import ask_time_source
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.condition import Signal

__all__ = ["TimeLook"]

SOURCE = "pc.time"


class TimeLook:
    """Asks the system, and whoever else knows: `offset_s` is the difference to the server's clock, None unknown."""

    def __init__(
        self,
        settings: TimeSettings,
        source: Callable[[], TimeSource] = ask_time_source,
        offset_s: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._source, self._offset_s = source, offset_s
        self._level = Level(on_at=settings.off_s, off_at=settings.clear_s, is_high_bad=True)

    def __call__(self) -> list[Signal]:
        """Return whether it is right.  The server's word goes first: it does not depend on what it is to judge."""
        offset_s = self._offset_s()
        try:
            source = self._source()
        except UnavailableError:
            if offset_s is None:
                raise
            source = TimeSource(None)
        found = []
        if source.is_synchronised is not None:
            found += answer(SOURCE, "PC", "not_synchronised", not source.is_synchronised)
        if offset_s is None:
            offset_s = source.offset_s
        if offset_s is not None:
            is_off = self._level.judge("PC", abs(offset_s))
            found += answer(SOURCE, "PC", "clock_wrong", is_off, values={"off_s": round(abs(offset_s))})
        return found
