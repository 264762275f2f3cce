"""The files beside a log: which of them may be it, and which it may have become.

A folder may hold hundreds of thousands of files, most of which have nothing to do with the log, so names are held
against it first, and only of those that fit a date or a beginning is looked at.  What is left out is said.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["MAX_ENTRIES", "MAX_SIBLINGS", "Beside", "Names", "look_beside"]

MAX_ENTRIES = 50_000
"""Names of a folder that are read: some 30 ms."""
MAX_SIBLINGS = 2000
"""Files whose date or beginning is looked at: the days of five years."""


@dataclass(frozen=True)
class Beside:
    """What was found in a folder."""

    files: tuple[Path, ...] = ()
    """Those whose names fit come first, the last of them by name where there are too many."""
    is_cut: bool = False
    """There were more whose names fit than could be looked at, or more names than are read."""
    is_whole: bool = True
    """None is missing whose name fits: not one is left out, and the folder could be read to its end."""


class Names:
    """What our log is called, and what it is called once it was moved away.  `name` may have `*` and `?`."""

    def __init__(self, name: str) -> None:
        self.is_pattern = any(mark in name for mark in "*?")
        self._ours = re.compile(fnmatch.translate(os.path.normcase(name)))
        stem, dot, suffix = name.rpartition(".")
        moved = rf"{re.escape(name)}[.\-_]([0-9][0-9T._\-]*)"
        if dot:
            moved += rf"|{re.escape(stem)}[.\-_]([0-9][0-9T._\-]*){re.escape(dot + suffix)}"
        self._moved = re.compile(moved)
        self._beginning = re.split(r"[*?]", stem if dot else name, maxsplit=1)[0]

    def is_ours(self, name: str) -> bool:
        """Whether a file of this name may be the log."""
        return self._ours.match(os.path.normcase(name)) is not None

    def is_moved(self, name: str) -> bool:
        """Whether it was moved away by rules of rotation: x.log.1, x.log-20260131, x.1.log, x-2026.log."""
        return self._moved.fullmatch(name) is not None

    def is_ours_or_moved(self, name: str) -> bool:
        """Whether it is, or was, the log."""
        return self.is_ours(name) or self.is_moved(name)

    def is_akin(self, name: str) -> bool:
        """Whether it at least begins as the log's name does."""
        return bool(self._beginning) and name.startswith(self._beginning)


def look_beside(folder: Path, fits: Callable[[str], bool], *, others: bool = False) -> Beside:
    """Return the files of a folder whose names fit, and with `others` as many of the rest as there is room for.

    A folder that cannot be read has none, and is not whole.
    """
    fitting: list[str] = []
    rest: list[str] = []
    is_cut, is_read = False, True
    try:
        with os.scandir(folder) as entries:
            for count, entry in enumerate(entries):
                if count >= MAX_ENTRIES:
                    is_cut = True
                    break
                kind = fitting if fits(entry.name) else rest
                if kind is fitting or (others and len(rest) < MAX_SIBLINGS):
                    is_file = _is_file(entry)
                    is_read = is_read and (is_file is not None or kind is rest)
                    if is_file:
                        kind.append(entry.path)
    except OSError:
        is_read = False  # what came until then is what there is
    if len(fitting) > MAX_SIBLINGS:
        # where names have a date in them, the last are the newest
        fitting.sort(reverse=True)
        is_cut = True
    files = (fitting + rest)[:MAX_SIBLINGS]
    # results and pictures beside the log are no part of it, however many there are
    return Beside(tuple(Path(path) for path in files), is_cut, is_read and not is_cut)


def _is_file(entry: os.DirEntry[str]) -> bool | None:
    try:
        return entry.is_file()
    except OSError:
        return None  # nobody knows
