"""One worker that is to run.  Apart from what runs it, which the settings, read by every command, need not load."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from benchside.protocol.wire.condition import ConditionKey

__all__ = ["Watched", "share_out"]

_FAMILIES = frozenset(("pc", "log", "opcua", "line"))
"""First words of the sources that workers tell of; nothing that is pushed has one of these."""
_SHARED = frozenset(("log.file", "line.link", "opcua.link", "opcua.alarm", "opcua.lads"))
"""Sources of all watches of a kind: the subject is the watch's name, or begins with it."""


@dataclass(frozen=True)
class Watched:
    """Which kind of worker, what it is called, its settings."""

    what: str
    name: str
    settings: dict[str, Any]

    @property
    def label(self) -> str:
        """What people call it: "checks", "log-cx"; names are told apart within their kind alone."""
        return self.what if self.what == self.name else f"{self.what}-{self.name}"

    def owns(self, key: ConditionKey) -> bool:
        """Return whether it alone can tell that this condition is over."""
        if key.source == "pc.watch" and key.subject == self.name:
            return True
        if self.what == "checks":
            return key.source.startswith("pc.")
        if key.source in _SHARED:
            is_named = key.subject == self.name or key.subject.startswith(f"{self.name}: ")
            return is_named and key.source.startswith(f"{self.what}.")
        return key.source == f"{self.what}.{self.name}"


def share_out(
    keys: Iterable[ConditionKey], watched: Iterable[Watched]
) -> tuple[dict[str, list[ConditionKey]], list[ConditionKey]]:
    """Return what each watch, by its label, can tell the end of; and what nobody can: its watch is no more.

    What programs push, the vendor's advisories and our own conditions are in neither.
    """
    # the checks last: an adapter of that name knows more of it
    ranked = sorted(watched, key=lambda one: one.what == "checks")
    owned: dict[str, list[ConditionKey]] = {}
    left: list[ConditionKey] = []
    for key in keys:
        if key.source.partition(".")[0] in _FAMILIES:
            owner = next((one for one in ranked if one.owns(key)), None)
            (left if owner is None else owned.setdefault(owner.label, [])).append(key)
    return owned, left
