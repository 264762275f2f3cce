"""Whether this PC misses its server: what is said of it, and when nobody is left to say it.

Only the agent knows, and it comes and goes: with an update, with a crash, and at a start without a network hours after
the notifier.  So nothing is taken back because it is away for a while.  After a day without it this PC has no agent any
more, and no server to miss.  That day is counted over restarts, in time that the notifier runs: whether the agent's
folder is there says nothing, since the agent may have another.
"""

from __future__ import annotations

import logging

from benchside.notifier.journal import Journal
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState

__all__ = ["SILENT", "Silence"]

log = logging.getLogger(__name__)

SILENT = ConditionKey("benchside.server", "server", "silent")
OVER = Signal(SILENT, SignalState.OFF)
GONE_AFTER_H = 24
HOUR_S = 3600.0
AWAY = "agent_away"
"""The fact that keeps how many hours the agent has been away."""


class Silence:
    """Turns what the agent says, and that it is not there, into signals."""

    def __init__(self, journal: Journal, now: float) -> None:
        """`now`: of a clock that only goes forwards, in seconds; the agent is not there yet."""
        self._journal = journal
        self._hours = int.from_bytes(journal.fact(AWAY) or b"", "big")
        self._since: float | None = now

    def heard(self, *, is_online: bool) -> Signal:
        """The agent is there, and reaches its server or not."""
        self._since = None
        if self._hours:
            self._keep(0)
        return OVER if is_online else Signal(SILENT, SignalState.ON)

    def gone(self, now: float) -> None:
        """The agent is not there; said again it is the same absence."""
        if self._since is None:
            self._since = now

    def look(self, now: float, *, is_on: bool) -> Signal | None:
        """Return what follows from the time that has passed.  `is_on`: the server is missed, or about to be."""
        if self._since is None:
            return None
        if not is_on:  # an absence counts from when there is something that it may end
            self._since = now
            if self._hours:
                self._keep(0)
            return None
        while now - self._since >= HOUR_S and self._hours < GONE_AFTER_H:
            self._since += HOUR_S
            self._keep(self._hours + 1)
        if self._hours < GONE_AFTER_H:
            return None
        self._keep(0)
        return OVER

    def _keep(self, hours: int) -> None:
        self._hours = hours
        try:
            self._journal.keep_fact(AWAY, hours.to_bytes(1, "big"))
        except UnavailableError as error:
            log.info("how long the agent is away was not kept", extra={"cause": str(error)})
