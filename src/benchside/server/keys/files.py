"""Files that only their owner may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from benchside.protocol.errors import UnavailableError

__all__ = ["make_folder", "read_secret", "write_secret"]

MAX_SECRET_FILE_BYTES = 1024 * 1024
"""A ring of some ten thousand keys; anything larger is not ours."""


def make_folder(path: Path) -> None:
    """Make a folder that only its owner enters; an existing one is narrowed to that."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)


def write_secret(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Write `content` so that it is whole or absent and never readable by others.

    Without `replace` an existing file is an error (UnavailableError).
    """
    if path.exists() and not replace:
        raise UnavailableError(f"{path.name} exists already and is not overwritten")
    part = path.with_name(path.name + ".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.fchmod(handle, 0o600)
        with os.fdopen(handle, "wb", closefd=False) as file:
            file.write(content)
            file.flush()
        os.fsync(handle)
    finally:
        os.close(handle)
    part.replace(path)


def read_secret(path: Path, max_bytes: int = MAX_SECRET_FILE_BYTES) -> bytes:
    """Return the content; UnavailableError when it is missing, larger than `max_bytes`, or others may read it."""
    try:
        facts = path.stat()
        if stat.S_IMODE(facts.st_mode) & 0o077:
            raise UnavailableError(f"{path.name} can be read by others; make it readable by its owner only (chmod 600)")
        if facts.st_size > max_bytes:
            raise UnavailableError(f"{path.name} is larger than such a file can be")
        return path.read_bytes()
    except OSError as error:
        raise UnavailableError(f"cannot read {path.name}: {error.strerror}") from error
