"""A notifier's journal, made by hand: chained as the real one, and bent where a test says so."""

from __future__ import annotations

import os
from typing import Any

import msgspec

from benchside.protocol.trust.conditions import CONDITIONS_START, conditions_head
from benchside.protocol.wire.condition import ChangeKind, ConditionChange, ConditionKey, NoticeBatch, Severity

__all__ = ["DISK", "Journal"]

DISK = ConditionKey("pc.disk", "C:", "space_low")


class Journal:
    """Writes changes one after another."""

    def __init__(self) -> None:
        self.id = os.urandom(16)
        self.sequence = 0
        self.head = CONDITIONS_START

    def write(self, kind: ChangeKind, key: ConditionKey | None = DISK, **fields: Any) -> ConditionChange:
        """The next change."""
        self.sequence += 1
        bare = ConditionChange(
            sequence=self.sequence,
            kind=kind,
            at_utc_ms=fields.pop("at_utc_ms", 1_700_000_000_000),
            key=key,
            head=CONDITIONS_START,
            **fields,
        )
        self.head = conditions_head(self.head, bare)
        return msgspec.structs.replace(bare, head=self.head)

    def raised(self, key: ConditionKey = DISK, severity: Severity = Severity.WARNING, **fields: Any) -> ConditionChange:
        """A condition comes up."""
        texts = {"en": f"{key.subject} is almost full.", "es": f"{key.subject} está casi llena."}
        return self.write(ChangeKind.RAISED, key, severity=severity, texts=texts, **fields)

    def cleared(self, key: ConditionKey = DISK) -> ConditionChange:
        """It is over."""
        return self.write(ChangeKind.CLEARED, key)

    def acknowledged(self, key: ConditionKey = DISK, by: str = "Toni", **fields: Any) -> ConditionChange:
        """Somebody has seen it."""
        return self.write(ChangeKind.ACKNOWLEDGED, key, by=by, **fields)

    def batch(self, *changes: ConditionChange) -> NoticeBatch:
        """Changes as they travel."""
        return NoticeBatch(journal=self.id, changes=changes)
