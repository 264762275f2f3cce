"""Which active condition makes which others say nothing new: a PC without network need not tell of each server."""

from __future__ import annotations

from benchside.protocol.flow.conditions.entry import Entry
from benchside.protocol.wire.condition import ConditionKey

__all__ = ["Suppression"]


class Suppression:
    """Knows the active conditions that suppress others."""

    def __init__(self) -> None:
        self._active: dict[ConditionKey, Entry] = {}

    def turned(self, key: ConditionKey, entry: Entry, *, is_active: bool) -> bool:
        """Note that `key` became active or inactive; return whether that changes anything for others."""
        if not entry.suppresses or is_active == (key in self._active):
            return False
        if is_active:
            self._active[key] = entry
        else:
            del self._active[key]
        return True

    def suppresses(self, key: ConditionKey) -> bool:
        """Whether an active condition suppresses `key`."""
        return any(self.concerns(by, entry, key) for by, entry in self._active.items())

    @staticmethod
    def concerns(by: ConditionKey, entry: Entry, key: ConditionKey) -> bool:
        """Whether `by` suppresses `key` while it is active: of its own source, only with the same subject."""
        if key == by or (key.source, key.code) not in entry.suppresses:
            return False
        return key.source != by.source or key.subject == by.subject
