"""A worker's reporter that remembers what adapters tell."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchside.protocol.wire.condition import Signal, SignalState

__all__ = ["KeepingReporter"]


@dataclass
class KeepingReporter:
    """Keeps all signals, in order."""

    signals: list[Signal] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    taken: int = 2**53
    """As many as are told, unless a test says otherwise."""

    @property
    def told(self) -> int:
        return len(self.signals)

    def tell(self, signal: Signal) -> None:
        self.signals.append(signal)

    def fail(self, name: str, cause: str) -> None:
        self.failed.append((name, cause))

    def well(self, name: str) -> None:
        self.failed = [one for one in self.failed if one[0] != name]

    def of(self, source: str) -> list[tuple[str, str, str]]:
        """(subject, code, state) of what one source told."""
        return [(s.key.subject, s.key.code, s.state.value) for s in self.signals if s.key.source == source]

    def active(self) -> set[tuple[str, str, str]]:
        """What is on now: source, subject, code."""
        found: dict[tuple[str, str, str], bool] = {}
        for one in self.signals:
            key = (one.key.source, one.key.subject, one.key.code)
            found[key] = one.state is not SignalState.OFF
        return {key for key, is_on in found.items() if is_on}
