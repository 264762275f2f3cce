"""What happens to the board: signals, acts of persons, and the notifier's own start and end."""

from __future__ import annotations

from dataclasses import dataclass

from benchside.protocol.wire.condition import Signal
from benchside.protocol.wire.notice import Acknowledge, PutOutOfService, ResetLatch, Shelve, Unshelve

__all__ = ["Act", "BoardEvent", "Signalled", "Started", "Stopped", "Ticked"]

Act = Acknowledge | Shelve | Unshelve | ResetLatch | PutOutOfService
"""What a person does with a condition, as it came over the socket."""


@dataclass(frozen=True)
class Signalled:
    """A source said how one condition is."""

    signal: Signal


@dataclass(frozen=True)
class Ticked:
    """The moment that `deadline()` named has come; harmless at any other."""


@dataclass(frozen=True)
class Started:
    """The notifier begins; `last_utc_ms`: the stamp of the newest entry of its journal."""

    last_utc_ms: int | None = None


@dataclass(frozen=True)
class Stopped:
    """The notifier ends in order: what was folded is written."""


BoardEvent = Signalled | Act | Ticked | Started | Stopped
