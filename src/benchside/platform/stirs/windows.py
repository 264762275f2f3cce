"""A file stirs when its length or its date changes, on Windows looked at some times a second.

Windows' own way, ReadDirectoryChangesW, says nothing of a file that a program holds open and writes into until its
folder entry is brought up to date, which may be when it is closed; asking for the file itself is right at once.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

__all__ = ["FileStirs"]

GLANCE_EVERY_S = 0.1
"""A person cannot tell a tenth of a second; a glance costs some 50 microseconds."""


class FileStirs:
    """The file at `path`; of a pattern with `*` nothing is known but by looking."""

    def __init__(self, path: Path) -> None:
        self._path = None if any(mark in path.name for mark in "*?") else path
        self._seen = self._glance()

    async def wait(self, within_s: float) -> None:
        """Return when the file is another, longer, shorter or newer, or after `within_s` seconds."""
        left_s = within_s
        while left_s > 0:
            pause_s = left_s if self._path is None else min(left_s, GLANCE_EVERY_S)
            await asyncio.sleep(pause_s)
            left_s -= pause_s
            seen = self._glance()
            if seen != self._seen:
                self._seen = seen
                return

    def close(self) -> None:
        """Nothing was opened."""

    def _glance(self) -> tuple[int, ...] | None:
        if self._path is None:
            return None
        try:
            known = self._path.stat()
        except OSError:
            return ()
        return known.st_dev, known.st_ino, known.st_size, known.st_mtime_ns
