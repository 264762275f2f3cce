"""The check `program`: CPU and memory of the instrument's own programs, each with all its processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from benchside.notifier.checks.answer import answer, subjects
from benchside.notifier.checks.level import Level
from benchside.notifier.checks.options import ProgramSettings
from benchside.platform.machine.contract import Memory
from benchside.platform.machine.here import boot_s, read_memory
from benchside.platform.processes.contract import Program
from benchside.platform.processes.here import find_programs
from benchside.protocol.wire.condition import ConditionKey, Signal, Values

__all__ = ["ProgramLook"]

SOURCE = "pc.program"
LEAST_S = 1.0
"""Between two looks for a mean that says something."""


class ProgramLook:
    """Compares with the look before.  A program that does not run is neither busy nor large."""

    def __init__(
        self,
        settings: ProgramSettings,
        programs: Callable[[Iterable[str]], list[Program]] = find_programs,
        memory: Callable[[], Memory] = read_memory,
        now_s: Callable[[], float] = boot_s,
        cores: int | None = None,
    ) -> None:
        self._settings = settings
        self._programs, self._memory, self._now_s = programs, memory, now_s
        self._cores = cores or os.cpu_count() or 1
        self._busy = Level(on_at=settings.cpu_percent, off_at=settings.cpu_clear_percent, is_high_bad=True)
        self._large = Level(on_at=settings.memory_percent, off_at=settings.memory_clear_percent, is_high_bad=True)
        self._before: dict[int, float] = {}
        self._before_at: float | None = None

    def __call__(self) -> list[Signal]:
        """Return which are busy and which are large."""
        now, programs, total = self._now_s(), self._programs(self._settings.names), self._memory().total_bytes
        found: list[Signal] = []
        for name in self._settings.names:
            own = [one for one in programs if one.name == name]
            percent = self._cpu_percent(own, now)
            if percent is not None:
                is_busy = self._busy.judge(name, percent)
                found += answer(SOURCE, name, "cpu_high", is_busy, values={"cpu_percent": round(percent)})
            used = sum(one.memory_bytes for one in own)
            values: Values = {"memory_percent": round(100 * used / total), "memory_gb": round(used / 10**9, 1)}
            is_large = self._large.judge(name, 100 * used / total)
            found += answer(SOURCE, name, "memory_high", is_large, values=values)
        self._before, self._before_at = {one.pid: one.cpu_s for one in programs}, now
        return found

    def knows(self, key: ConditionKey) -> bool:
        """Return whether the program is still asked for."""
        return key.subject in subjects(self._settings.names)

    def _cpu_percent(self, own: list[Program], now: float) -> float | None:
        """Of the whole machine; None at the first look.  A process that is new has used what it has used."""
        if self._before_at is None or now - self._before_at < LEAST_S:
            return None
        used_s = sum(max(0.0, one.cpu_s - self._before.get(one.pid, 0.0)) for one in own)
        return min(100.0, 100 * used_s / (now - self._before_at) / self._cores)
