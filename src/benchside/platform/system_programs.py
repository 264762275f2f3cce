"""Where Windows keeps its own programs: by their full path, for a name alone is looked for in other folders first."""

from __future__ import annotations

import os

__all__ = ["system_program"]

_WINDOWS = os.environ.get("SystemRoot", "C:\\Windows")  # noqa: SIM112 - as Windows writes it


def system_program(name: str) -> str:
    """Return the path of a program of Windows itself."""
    return f"{_WINDOWS}\\System32\\{name}"
