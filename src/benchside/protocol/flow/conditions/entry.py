"""What a catalogue says of one code, as far as the machine decides by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from benchside.protocol.wire.condition import ConditionKey, Severity, Texts, Values

__all__ = ["Catalogue", "Entry"]


@dataclass(frozen=True)
class Entry:
    """One code of one source.

    `on_after_s`, `off_after_s`: how long it must be on before it is raised, and off before it is cleared; a pulse is
    raised at once, and is off when `off_after_s` have passed without another.  `values`: which may be told (R66).
    `suppresses`: source and code of conditions that say nothing new while this one is active: those of the same source
    with the same subject, those of another source whatever their subject.
    """

    severity: Severity
    is_latched: bool = False
    on_after_s: float = 0.0
    off_after_s: float = 0.0
    values: frozenset[str] = frozenset()
    suppresses: tuple[tuple[str, str], ...] = ()


class Catalogue(Protocol):
    """All codes; has an answer for those that nobody has described, too."""

    def entry(self, key: ConditionKey) -> Entry:
        """Return what holds for this condition."""

    def tell(self, key: ConditionKey, values: Values) -> Texts:
        """Return the sentence in each language."""
