"""The check `running`: programs and services that must run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from benchside.notifier.checks.answer import answer, subjects
from benchside.notifier.checks.options import RunningSettings
from benchside.platform.processes.contract import Program, ServiceState
from benchside.platform.processes.here import find_programs, find_services
from benchside.protocol.wire.condition import ConditionKey, Signal

__all__ = ["RunningLook"]

SOURCE = "pc.running"


class RunningLook:
    """Looks for each by its name."""

    def __init__(
        self,
        settings: RunningSettings,
        programs: Callable[[Iterable[str]], list[Program]] = find_programs,
        services: Callable[[Sequence[str]], dict[str, ServiceState]] = find_services,
    ) -> None:
        self._settings, self._programs, self._services = settings, programs, services

    def __call__(self) -> list[Signal]:
        """Return what is missing; a service that starts or stops just now stays as it is."""
        found: list[Signal] = []
        if self._settings.programs:
            there = {one.name for one in self._programs(self._settings.programs)}
            for name in self._settings.programs:
                found += answer(SOURCE, name, "program_missing", name not in there)
        if self._settings.services:
            states = self._services(self._settings.services)
            for name in self._settings.services:
                found += self._service(name, states.get(name))
        return found

    def knows(self, key: ConditionKey) -> bool:
        """Return whether the program or service is still asked for."""
        asked = self._settings.programs if key.code == "program_missing" else self._settings.services
        return key.subject in subjects(asked)

    def _service(self, name: str, state: ServiceState | None) -> list[Signal]:
        if state is None:
            return []
        is_stopped = None if state is ServiceState.CHANGING else state is ServiceState.STOPPED
        return [
            *answer(SOURCE, name, "service_stopped", is_stopped),
            *answer(SOURCE, name, "service_unknown", state is ServiceState.MISSING),
        ]
