"""Remembers what was set up from which files, so that a second set-up costs nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from project.paths import ROOT, STAMPS


def fingerprint(paths: Iterable[Path], *words: str) -> str:
    """A hash over the names and contents of files, and over words such as versions."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b"\0")
    for path in sorted(paths):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_current(name: str, value: str) -> bool:
    """True if the step of this name was last done from exactly this fingerprint."""
    stamp = STAMPS / name
    return stamp.exists() and stamp.read_text() == value


def remember(name: str, value: str) -> None:
    """Written after the step has worked, never before: a step that was interrupted is done again."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(value)


def files_below(folder: Path, *, leave_out: frozenset[str]) -> Iterator[Path]:
    """All files below a folder, without the sub-folders named in leave_out."""
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in leave_out]
        for name in files:
            yield Path(here) / name
