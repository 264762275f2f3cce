"""Which journal entries a host may ask for: it runs as the shared log-in, so not all, and not without end."""

from __future__ import annotations

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.flow.pace import Pace
from benchside.protocol.wire.audit import EventKind

__all__ = ["HostEntries"]

ENTRIES_A_MINUTE = 600
"""A console may ask sixty times in ten seconds and each question is an entry; more is a host gone wrong."""

_KINDS = frozenset(
    {
        EventKind.ASSOCIATE_REFUSED,
        EventKind.CAPABILITY_ASKED,
        EventKind.CAPABILITY_REFUSED,
        EventKind.CAPABILITY_DENIED,
        EventKind.CAPABILITY_GRANTED,
        EventKind.GRANT_EXTENDED,
        EventKind.GRANT_ENDED,
        EventKind.SESSION_PAUSED,
        EventKind.SESSION_RESUMED,
        EventKind.LINE_LOST,
        EventKind.LINE_BACK,
        EventKind.RECORD_FORGED,
    }
)


class HostEntries:
    """`check` for each entry that one host wants written."""

    def __init__(self) -> None:
        self._pace = Pace(most=ENTRIES_A_MINUTE, within_s=60.0)

    def check(self, kind: EventKind, now: float) -> None:
        """PeerError when a host may not write this, or has written too much within a minute."""
        if kind not in _KINDS:
            raise PeerError(PeerFault.NOT_GRANTED, f"expected an entry that a host may write, got {kind}")
        self._pace.count(now)
