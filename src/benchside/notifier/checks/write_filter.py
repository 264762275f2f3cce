"""The check `write_filter`: whether what Benchside must keep is forgotten at a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchside.notifier.checks.answer import answer
from benchside.notifier.checks.options import WriteFilterSettings
from benchside.platform.volumes.contract import Overlay
from benchside.platform.volumes.here import find_overlay
from benchside.protocol.wire.condition import Signal

__all__ = ["WriteFilterLook"]

SOURCE = "pc.write_filter"


class WriteFilterLook:
    """Looks at each folder that must outlive a restart; `state`: those of agent and notifier."""

    def __init__(
        self,
        settings: WriteFilterSettings,
        state: tuple[Path, ...] = (),
        overlay: Callable[[Path], Overlay | None] = find_overlay,
    ) -> None:
        self._folders = tuple(Path(one) for one in settings.folders) or state
        self._overlay = overlay

    def __call__(self) -> list[Signal]:
        """Return whether any is lost; a folder that is not there yet counts by where it would be."""
        if not self._folders:
            return []
        overlays = [self._overlay(one) for one in self._folders]
        there = [one for one in overlays if one is not None]
        name = there[0].filter if there else ""
        lost = any(one.forgets for one in there)
        return [
            *answer(SOURCE, "PC", "state_lost", lost, values={"filter": name}),
            *answer(SOURCE, "PC", "filter_on", bool(there) and not lost, values={"filter": name}),
        ]
