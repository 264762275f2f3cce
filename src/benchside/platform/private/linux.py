"""Private files on Linux: by their mode."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["close_folder", "lock_file", "make_durable", "things_of_others"]


def close_folder(folder: Path) -> None:
    """Let nobody but its owner into `folder`."""
    folder.chmod(0o700)


def things_of_others(folder: Path) -> Iterator[Path]:
    """Yield nothing: nobody gets through a folder that is closed to a file of their own in it."""
    del folder
    return iter(())


def make_durable(folder: Path) -> None:
    """Have what was moved in `folder` survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def lock_file(path: Path) -> int:
    """Take `path` for this process until it ends; BlockingIOError: another has it.  Return the open handle."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle
