"""What one call for help needs of the agent around it."""

from __future__ import annotations

from typing import Protocol

from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.channel import Channel
from benchside.protocol.wire.session import SessionEnd

__all__ = ["HelpDesk", "Ticketed"]


class Ticketed(Protocol):
    """Where tickets come from."""

    server_ahead_ms: int

    async def ticket(self, request_id: bytes, channel: Channel) -> bytes:
        """Return a ticket; UnavailableError or RefusedError."""

    def hurry(self) -> None:
        """Try to reach the server now rather than after the back-off."""


class HelpDesk(Protocol):
    """What the agent does around one call for help."""

    def journalled(self, kind: EventKind, details: EventDetails) -> None:
        """Write an entry of this request, durably; UnavailableError when it cannot be."""

    def help_over(self, outcome: SessionEnd) -> None:
        """The call is over; the journal has it."""
