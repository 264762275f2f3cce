"""The check `disk`: how full fixed drives are, and when they will be."""

from __future__ import annotations

from collections.abc import Callable

from benchside.notifier.checks.answer import answer
from benchside.notifier.checks.level import Level
from benchside.notifier.checks.options import DiskSettings
from benchside.notifier.checks.trend import Trend
from benchside.platform.machine.here import boot_s
from benchside.platform.volumes.contract import Volume
from benchside.platform.volumes.here import list_volumes
from benchside.protocol.wire.condition import Severity, Signal, Values

__all__ = ["DiskLook"]

SOURCE = "pc.disk"
GB = 10**9
CALM = 1.5
"""A drive that was said to fill within N days is well again when it takes N times this."""


class DiskLook:
    """Looks at every fixed drive; one that has gone is off."""

    def __init__(
        self,
        settings: DiskSettings,
        volumes: Callable[[], list[Volume]] = list_volumes,
        now_s: Callable[[], float] = boot_s,
    ) -> None:
        self._settings, self._volumes, self._now_s = settings, volumes, now_s
        self._low = Level(on_at=settings.low_percent, off_at=settings.clear_percent, is_high_bad=False)
        within = settings.full_within_days
        self._soon = Level(on_at=within, off_at=within * CALM, is_high_bad=False)
        self._trends: dict[str, Trend] = {}

    def __call__(self) -> list[Signal]:
        """Return what is on and off."""
        found: list[Signal] = []
        volumes = [one for one in self._volumes() if not one.is_read_only]  # what cannot be written does not fill
        for gone in self._trends.keys() - {one.name for one in volumes}:
            del self._trends[gone]
            for level, code in ((self._low, "space_low"), (self._soon, "fills_soon")):
                level.forget(gone)
                found += answer(SOURCE, gone, code, is_on=False)
        for one in volumes:
            found += self._space(one)
            found += self._trend(one)
        return found

    def _space(self, one: Volume) -> list[Signal]:
        percent = 100 * one.free_bytes / one.total_bytes
        is_on = self._low.judge(one.name, 100.0 if one.free_bytes >= self._settings.enough_gb * GB else percent)
        severity = Severity.SERIOUS if percent < self._settings.serious_percent else None
        values: Values = {"free_gb": round(one.free_bytes / GB, 1), "free_percent": round(percent)}
        return answer(SOURCE, one.name, "space_low", is_on, severity=severity, values=values)

    def _trend(self, one: Volume) -> list[Signal]:
        trend = self._trends.setdefault(one.name, Trend())
        trend.add(self._now_s(), one.free_bytes)
        if not self._settings.full_within_days:
            return []
        days = trend.days_left(one.free_bytes)
        if days is not None:
            is_on = self._soon.judge(one.name, days)
            return answer(SOURCE, one.name, "fills_soon", is_on, values={"days": round(days, 1)})
        # the trend has ended, or has not begun: only what was said is taken back
        return answer(SOURCE, one.name, "fills_soon", False if self._soon.forget(one.name) else None)
