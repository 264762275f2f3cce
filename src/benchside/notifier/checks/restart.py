"""The check `restart`: whether an update waits for a restart."""

from __future__ import annotations

from collections.abc import Callable

from benchside.notifier.checks.answer import answer
from benchside.notifier.checks.options import RestartSettings
from benchside.platform.machine.here import needs_restart
from benchside.protocol.wire.condition import Signal

__all__ = ["RestartLook"]


class RestartLook:
    """Looks at the marks that updates leave."""

    def __init__(self, _settings: RestartSettings, needs: Callable[[], bool | None] = needs_restart) -> None:
        self._needs = needs

    def __call__(self) -> list[Signal]:
        """Return whether one is there."""
        return answer("pc.restart", "PC", "restart_pending", self._needs())
