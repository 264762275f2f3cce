"""What is told of a drive."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MAX_VOLUMES", "Overlay", "Volume"]

MAX_VOLUMES = 32
"""Of one PC; more are a server's, or a container's, and the first are its own."""


@dataclass(frozen=True)
class Volume:
    """One fixed drive.  `name`: where it is mounted, or `C:`.

    `is_meant_read_only`: whether it is set up to be so; None where nothing says.
    """

    name: str
    total_bytes: int
    free_bytes: int
    is_read_only: bool = False
    is_meant_read_only: bool | None = None


@dataclass(frozen=True)
class Overlay:
    """What a write filter does to one folder: `forgets` is whether what is written there is gone after a restart."""

    filter: str
    """Which one, a word: uwf, overlay, tmpfs."""
    forgets: bool
