"""Kills everything that a world has started as soon as that world's own process is gone, however it went.

A program of its own: `leash.py MARK FOLDER`, started by children.py, with a pipe as its standard input whose
other end only the world holds. FOLDER, with the sockets and cookies, goes too. Standard library only, and
started with -I -S, so that it costs little.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

MARK_VARIABLE = "BENCHSIDE_WORLD"
# A process can fork while the list is read; each pass finds what the one before missed.
MAX_PASSES = 50


def main(mark: str, folder: str) -> None:
    """Reads `+SESSION` and `-SESSION` lines until the pipe closes, then kills what belongs to the world."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sessions: set[int] = set()
    for line in sys.stdin:
        session = int(line[1:])
        if line[0] == "+":
            sessions.add(session)
        else:
            sessions.discard(session)
    for _ in range(MAX_PASSES):
        found = list(members(mark, sessions))
        if not found:
            break
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def members(mark: str, sessions: set[int]) -> Iterator[int]:
    """Living processes that carry the mark in their environment or belong to a session that was started.

    The mark finds what made itself a session of its own; the session finds what overwrote its environment.
    """
    wanted = f"{MARK_VARIABLE}={mark}".encode()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        # A process may end while it is looked at, and others' processes may not be read.
        with contextlib.suppress(OSError):
            # After the name, which may hold anything: state, parent, group, session.
            state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if state == "Z":
                continue
            if int(session) in sessions or wanted in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
