"""Values of alerts: a channel as an administrator writes it, and a message that goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import msgspec

from benchside.protocol.wire.condition import Severity
from benchside.server.notices.pcs import FleetPc

__all__ = ["AlertWays", "ChannelFacts", "Line", "Message", "Way"]


class ChannelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A channel and its rule; no sites or no models: all of them."""

    id: str
    name: str
    severity: Severity
    sites: tuple[str, ...]
    models: tuple[str, ...]
    language: str
    repeat_min: int
    is_on: bool

    def wants(self, severity: Severity, pc: FleetPc) -> bool:
        """Whether a condition of this severity at this PC is told here."""
        return (
            self.is_on
            and severity.rank >= self.severity.rank
            and (not self.sites or pc.site in self.sites)
            and (not self.models or any(model in self.models for model in pc.models))
        )


@dataclass(frozen=True)
class AlertWays:
    """Where the operator lets alerts go: as `alert_targets` in server.toml says it, and whether mail goes out."""

    targets: tuple[str, ...]
    has_mail: bool


@dataclass(frozen=True)
class Line:
    """One condition in a message."""

    severity: Severity
    site: str
    pc: str
    text: str


@dataclass(frozen=True)
class Message:
    """What goes out to one channel at once; `more`: so many are not listed."""

    language: str
    lines: tuple[Line, ...]
    more: int
    is_test: bool = False


class Way(Protocol):
    """How a message leaves."""

    async def send(self, target: str, message: Message) -> str | None:
        """Return None when it was taken, else a fixed word why not.  May be cancelled; it may have gone out then."""
