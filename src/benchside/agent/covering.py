"""What the technician covers by hand during one call for help: written down, then passed on to the host."""

from __future__ import annotations

from benchside.agent.around import HelpDesk
from benchside.agent.child import HostChild
from benchside.protocol.flow.pace import Pace
from benchside.protocol.wire import host as wire
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.cover import DesktopBox

__all__ = ["Covering"]

MAX_COVERINGS = 120
"""In a minute; each is an entry of the journal, and nobody draws that fast."""


class Covering:
    """The areas of one session; they go with it."""

    def __init__(self, child: HostChild, around: HelpDesk, technician: str) -> None:
        self._child = child
        self._around = around
        self._technician = technician
        self._areas: tuple[DesktopBox, ...] = ()
        self._pace = Pace(most=MAX_COVERINGS, within_s=60.0)

    def begin(self, rules: int) -> None:
        """Write down how many of the lab's rules are in force."""
        if rules:
            self._around.journalled(EventKind.COVERS_CHANGED, EventDetails(count=str(rules), cause="rule"))

    def change(self, areas: tuple[DesktopBox, ...], now: float) -> None:
        """Cover these from now on.  In the journal first: UnavailableError, and nothing changes, when it fails.

        PeerError for a desk that does so without end.
        """
        if areas == self._areas:
            return
        self._pace.count(now)
        details = EventDetails(technician=self._technician, count=str(len(areas)), cause="hand")
        self._around.journalled(EventKind.COVERS_CHANGED, details)
        self._areas = areas
        self._child.send(wire.CoverByHand(areas=areas))
