"""Where this PC's chain of links stands, whether its device is held, and the number that tells it from a copy."""

from __future__ import annotations

import logging
import os

from benchside.agent.journal import Journal
from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.device import LinkState, first_state, show_number
from benchside.protocol.wire.audit import EventDetails, EventKind

__all__ = ["Standing"]

log = logging.getLogger(__name__)

_STATE, _NUMBER = "link.state", "link.held"
_STEP_BYTES = 8


class Standing:
    """Facts in the journal's file: durable before they are said, and in step with the entries."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        held_as = journal.fact(_NUMBER)
        self.is_held = held_as is not None
        self.instance = held_as or os.urandom(16)
        """Of this start of the agent; while the device is held the one that the person who decides has seen."""

    @property
    def number(self) -> str:
        """What its window shows while it is held; empty otherwise."""
        return show_number(self.instance) if self.is_held else ""

    def state(self, device_key: bytes) -> LinkState:
        """Return the state to prove at the next link; before the first it follows from the enrolled key."""
        kept = self._journal.fact(_STATE)
        if kept is None:
            return first_state(device_key)
        return LinkState(int.from_bytes(kept[:_STEP_BYTES], "big"), kept[_STEP_BYTES:])

    def keep(self, state: LinkState) -> None:
        """Store what a welcome offered; durable on return, and only then may it be said.  UnavailableError."""
        self._journal.keep_fact(_STATE, state.step.to_bytes(_STEP_BYTES, "big") + state.value)

    def note_held(self) -> bool:
        """The server holds this device; return whether that is news."""
        if self.is_held:
            return False
        self.is_held = True
        try:
            self._journal.keep_fact(_NUMBER, self.instance)
            self._journal.append(EventKind.DEVICE_HELD, None, EventDetails(scope=show_number(self.instance)))
        except UnavailableError as error:
            log.error("journal did not take it that this device is held", extra={"cause": str(error)})
        log.warning("this device is held until a person decides", extra={"number": show_number(self.instance)})
        return True

    def note_free(self) -> bool:
        """The server has welcomed this device; return whether that is news."""
        if not self.is_held:
            return False
        self._journal.drop_fact(_NUMBER)
        self.is_held = False
        self._journal.append(EventKind.DEVICE_RELEASED, None, EventDetails())
        return True
