"""Under which names a folder may be excluded from a write filter: its own, or one of the folders above it."""

from __future__ import annotations

from pathlib import PureWindowsPath

__all__ = ["places_of"]


def places_of(folder: PureWindowsPath) -> list[str]:
    """Return the folder and those above it as the filter lists them: from the drive's root, without the drive."""
    parts = folder.parts[1:]
    return ["\\" + "\\".join(parts[:count]) for count in range(len(parts), 0, -1)]
