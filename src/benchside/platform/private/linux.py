"""Private files on Linux: by their mode."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["close_folder", "make_durable"]


def close_folder(folder: Path) -> None:
    """Let nobody but its owner into `folder`."""
    folder.chmod(0o700)


def make_durable(folder: Path) -> None:
    """Have what was moved in `folder` survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
