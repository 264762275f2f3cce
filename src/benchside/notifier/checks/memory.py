"""The check `memory`: what programs can still get."""

from __future__ import annotations

from collections.abc import Callable

from benchside.notifier.checks.answer import answer
from benchside.notifier.checks.level import Level
from benchside.notifier.checks.options import MemorySettings
from benchside.platform.machine.contract import Memory
from benchside.platform.machine.here import read_memory
from benchside.protocol.wire.condition import Signal, Values

__all__ = ["MemoryLook"]

GB = 10**9


class MemoryLook:
    """Looks at the machine's memory."""

    def __init__(self, settings: MemorySettings, memory: Callable[[], Memory] = read_memory) -> None:
        self._memory = memory
        self._level = Level(on_at=settings.low_percent, off_at=settings.clear_percent, is_high_bad=False)

    def __call__(self) -> list[Signal]:
        """Return whether it is short."""
        memory = self._memory()
        percent = 100 * memory.free_bytes / memory.total_bytes
        values: Values = {"free_gb": round(memory.free_bytes / GB, 1), "free_percent": round(percent)}
        return answer("pc.memory", "PC", "memory_low", self._level.judge("PC", percent), values=values)
