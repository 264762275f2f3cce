"""Files that must be whole or absent: written beside, made durable, then moved into place."""

from __future__ import annotations

import os
from pathlib import Path

from benchside.platform.private.here import close_folder, lock_file, make_durable, things_of_others
from benchside.protocol.errors import UnavailableError

__all__ = ["make_private_folder", "read_if_there", "take_alone", "write_private"]


def make_private_folder(folder: Path) -> None:
    """Make `folder` for its owner alone, with its parents; on Windows for administrators too.

    UnavailableError where somebody else was there first, and owns something in it: nothing of theirs is believed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    close_folder(folder)
    for path in things_of_others(folder):
        raise UnavailableError(
            f"expected {path} to belong to the system or its administrators, got another owner or a link; look at what "
            f'is in it, then delete it or take it over: takeown /A /F "{path}"'
        )


def take_alone(path: Path) -> int | None:
    """Take `path` for this process until it ends, and return its handle; None when another process has it."""
    try:
        return lock_file(path)
    except OSError:
        return None


def write_private(path: Path, data: bytes) -> None:
    """Replace `path` by `data`, readable by its owner alone; after a loss of power it is the old or the new."""
    beside = path.with_name(f".{path.name}.new")
    # O_BINARY: Windows would write other line ends
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    handle = os.open(beside, flags, 0o600)
    try:
        _write_all(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
    beside.replace(path)
    make_durable(path.parent)


def read_if_there(path: Path, most_bytes: int) -> bytes | None:
    """Return the file's bytes; None when it is absent; ValueError when it is larger than it can be."""
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except FileNotFoundError:
        return None
    if len(data) > most_bytes:
        raise ValueError(f"expected {path.name} of at most {most_bytes} bytes, got more")
    return data


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
