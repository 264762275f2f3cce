"""The check `disk`: how full fixed drives are, and when they will be."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchside.notifier.checks.answer import answer, subjects
from benchside.notifier.checks.level import Level
from benchside.notifier.checks.options import DiskSettings
from benchside.notifier.checks.trend import Trend, TrendFile
from benchside.platform.machine.here import boot_s
from benchside.platform.volumes.contract import Volume
from benchside.platform.volumes.here import list_volumes
from benchside.protocol.wire.condition import ConditionKey, Severity, Signal, Values

__all__ = ["DiskLook"]

SOURCE = "pc.disk"
GB = 10**9
FILE = "disk.trend"
CALM = 1.5
"""A drive that was said to fill within N days is well again when it takes N times this."""


class DiskLook:
    """Looks at every fixed drive."""

    def __init__(
        self,
        settings: DiskSettings,
        volumes: Callable[[], list[Volume]] = list_volumes,
        now_s: Callable[[], float] = boot_s,
        utc_s: Callable[[], float] = time.time,
        state: Sequence[Path] = (),
    ) -> None:
        """`state`: folders that outlive a restart; trends are kept in the first."""
        self._settings, self._volumes, self._now_s, self._utc_s = settings, volumes, now_s, utc_s
        self._low = Level(on_at=settings.low_percent, off_at=settings.clear_percent, is_high_bad=False)
        within = settings.full_within_days
        self._soon = Level(on_at=within, off_at=within * CALM, is_high_bad=False)
        self._file = TrendFile(state[0] / FILE if state else None)
        self._trends = self._file.load(now_s(), utc_s())

    def __call__(self) -> list[Signal]:
        """Return what is on and off."""
        found: list[Signal] = []
        volumes = [one for one in self._volumes() if not one.is_read_only]  # what cannot be written does not fill
        for gone in self._trends.keys() - {one.name for one in volumes}:
            del self._trends[gone]
            self._low.forget(gone)
            self._soon.forget(gone)
        now_s, is_new = self._now_s(), False
        for one in volumes:
            is_new |= self._trends.setdefault(one.name, Trend()).add(now_s, one.free_bytes)
            found += self._space(one)
            found += self._trend(one, self._trends[one.name])
        if is_new:
            self._file.save(self._trends, now_s, self._utc_s())
        return found

    def knows(self, key: ConditionKey) -> bool:
        """Return whether the drive is there."""
        return key.subject in subjects(self._trends)

    def _space(self, one: Volume) -> list[Signal]:
        percent = 100 * one.free_bytes / one.total_bytes
        is_on = self._low.judge(one.name, 100.0 if one.free_bytes >= self._settings.enough_gb * GB else percent)
        severity = Severity.SERIOUS if percent < self._settings.serious_percent else None
        values: Values = {"free_gb": round(one.free_bytes / GB, 1), "free_percent": round(percent)}
        return answer(SOURCE, one.name, "space_low", is_on, severity=severity, values=values)

    def _trend(self, one: Volume, trend: Trend) -> list[Signal]:
        days = trend.days_left(one.free_bytes) if self._settings.full_within_days else None
        if days is not None:
            is_on = self._soon.judge(one.name, days)
            return answer(SOURCE, one.name, "fills_soon", is_on, values={"days": round(days, 1)})
        self._soon.forget(one.name)
        # too few values say nothing: what was said before a restart stays until there are enough
        is_unknown = self._settings.full_within_days and not trend.can_tell
        return answer(SOURCE, one.name, "fills_soon", None if is_unknown else False)
