"""Whether this PC may ask for help: review, terms and policy are there, and the lab's cover rules can be read."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from benchside.agent.belief import Belief
from benchside.agent.covers import CoverFile, read_cover_files, rules_for
from benchside.agent.identity import DeviceFolder, Gates
from benchside.agent.standing import Standing
from benchside.protocol.errors import Refusal, UnavailableError
from benchside.protocol.wire.cover import CoverRule
from benchside.protocol.wire.session import InstrumentInfo
from benchside.settings.toml import SettingError

__all__ = ["Readiness"]

log = logging.getLogger(__name__)


class Readiness:
    """Gates and rules as they were at the last `look`."""

    def __init__(self, folder: DeviceFolder, belief: Belief, standing: Standing) -> None:
        """UnavailableError when the gates cannot be read."""
        self._folder = folder
        self._belief = belief
        self._standing = standing
        self.gates: Gates = folder.gates()
        self._files: tuple[tuple[Path, CoverFile], ...] | None = None
        self._mistake = ""
        self._read_covers()

    def look(self) -> bool:
        """Read both again; return whether anything has changed that desks or the server show."""
        before = self.gates, self._files is None
        try:
            self.gates = self._folder.gates()
        except UnavailableError as error:
            log.error("gates cannot be read", extra={"cause": str(error)})
        self._read_covers()
        return (self.gates, self._files is None) != before

    def missing(self, instruments: Iterable[InstrumentInfo]) -> tuple[Refusal, ...]:
        """Return what is still closed, in the order to open it."""
        missing = [Refusal.HELD] if self._standing.is_held else []
        if self.gates.review is None:
            missing.append(Refusal.NO_IT_REVIEW)
        if self.gates.terms is None:
            missing.append(Refusal.NO_TERMS)
        if self._belief.policy is None:
            missing.append(Refusal.NO_POLICY)
        if self.rules(instruments) is None:
            missing.append(Refusal.COVERS_UNREADABLE)
        return tuple(missing)

    def rules(self, instruments: Iterable[InstrumentInfo]) -> tuple[CoverRule, ...] | None:
        """Return the cover rules in force for these instruments; None while they cannot be told."""
        if self._files is None:
            return None
        try:
            return rules_for(self._files, instruments)
        except SettingError as error:
            self._note(str(error))
            return None

    def _read_covers(self) -> None:
        try:
            self._files = read_cover_files(self._folder.folder)
        except SettingError as error:
            self._files = None
            self._note(str(error))

    def _note(self, mistake: str) -> None:
        if mistake != self._mistake:  # looked at every two seconds, said once
            log.error("cover rules cannot be used, so nothing may be shared", extra={"cause": mistake})
        self._mistake = mistake
