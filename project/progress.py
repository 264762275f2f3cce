"""Runs one step of the set-up and tells a person what, why and how long; a failure shows its last lines."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from project.paths import LOGS, ROOT

# Enough to see a compiler's or an installer's last complaint, and still one screen.
LAST_LINES = 25


class StepError(Exception):
    """A step that cannot be done; its text says what happened and what to do, and is shown as it is."""


def say(text: str) -> None:
    """One line for the person at the terminal. Goes to stderr, so that stdout stays the words' own answer."""
    print(text, file=sys.stderr, flush=True)


def run_step(
    what: str,
    why: str,
    argv: Sequence[str | Path],
    *,
    log: str,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> None:
    """Runs argv to its end with its output in .world/logs/LOG.log.

    Raises StepError, with the last lines and the log's path, when the command fails or does not exist.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    say(f"- {what}: {why} …")
    began = time.monotonic()
    words = [str(word) for word in argv]
    try:
        with path.open("wb") as out:
            out.write(f"$ {' '.join(words)}\n".encode())
            out.flush()
            done = subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                check=False,
            )
    except FileNotFoundError as error:
        raise StepError(f"{what}: there is no program {words[0]} on this machine") from error
    took_s = time.monotonic() - began
    if done.returncode != 0:
        raise StepError(
            f"{what}: {Path(words[0]).name} ended with code {done.returncode} after {took_s:.0f} s. "
            f"Its last lines:\n\n{last_lines(path)}\n\nThe whole of it: {path}"
        )
    say(f"  done in {took_s:.1f} s")


def last_lines(path: Path, count: int = LAST_LINES) -> str:
    """The last lines of a log, indented; never more than 8 KiB, since some tools write one endless line."""
    tail = path.read_bytes()[-8192:].decode(errors="replace")
    return "\n".join(f"    {line}" for line in tail.splitlines()[-count:])
