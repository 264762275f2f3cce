"""Where Windows keeps programs: by their full path, for a name alone is looked for in other folders first."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["installed_program", "system_program"]

_WINDOWS = os.environ.get("SystemRoot", "C:\\Windows")  # noqa: SIM112 - as Windows writes it


def system_program(name: str) -> str:
    """Return the path of a program of Windows itself."""
    return f"{_WINDOWS}\\System32\\{name}"


def installed_program(*parts: str) -> Path:
    """Return the path of a program that somebody installed, below the folder to which administrators alone write."""
    return Path(os.environ.get("ProgramFiles", "C:\\Program Files"), *parts)  # noqa: SIM112 - as Windows writes it
