"""The check `storage`: drives that became read-only."""

from __future__ import annotations

from collections.abc import Callable

from benchside.notifier.checks.answer import answer, subjects
from benchside.notifier.checks.options import StorageSettings
from benchside.platform.volumes.contract import Volume
from benchside.platform.volumes.here import list_volumes
from benchside.protocol.wire.condition import ConditionKey, Signal

__all__ = ["StorageLook"]

SOURCE = "pc.storage"


class StorageLook:
    """Remembers which drives could be written: one that no longer can has had an error."""

    def __init__(
        self,
        settings: StorageSettings,
        volumes: Callable[[], list[Volume]] = list_volumes,
    ) -> None:
        del settings
        self._volumes = volumes
        self._was_writable: set[str] = set()
        self._there: set[str] = set()

    def __call__(self) -> list[Signal]:
        """Return which drives can no longer be written."""
        found: list[Signal] = []
        volumes = self._volumes()
        there = {one.name for one in volumes}
        self._was_writable &= there
        self._there = there
        for one in volumes:
            if not one.is_read_only:
                self._was_writable.add(one.name)
                found += answer(SOURCE, one.name, "read_only", is_on=False)
            elif one.is_meant_read_only is False or one.name in self._was_writable:
                found += answer(SOURCE, one.name, "read_only", is_on=True)
        return found

    def knows(self, key: ConditionKey) -> bool:
        """Return whether the drive is there: one that is read-only since before a restart may have had an error."""
        return key.subject in subjects(self._there)
