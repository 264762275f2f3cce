"""Asks another program for its output: with a deadline, a bound, no shell, no input and no window."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Sequence

from benchside.protocol.errors import UnavailableError

__all__ = ["ask_program"]

MAX_OUTPUT_BYTES = 1024 * 1024
"""More than any answer that we read; what comes after it is not waited for."""
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)


def ask_program(
    words: Sequence[str],
    *,
    within_s: float,
    most_bytes: int = MAX_OUTPUT_BYTES,
    is_cut: bool = False,
    good: Sequence[int] | None = (0,),
) -> bytes:
    """Return what the program prints; it is killed after `within_s`, or when it prints more than `most_bytes`.

    `is_cut`: the beginning of a longer output is wanted too.  `good`: exit codes of success, None for any.
    UnavailableError: there is no such program, it did not end in time, failed, or printed too much.
    """
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        process = subprocess.Popen(
            list(words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            creationflags=_NO_WINDOW,
        )
    except OSError as error:
        raise UnavailableError(f"expected {words[0]} to start, got {type(error).__name__}") from error
    data, is_late = _read(process, within_s, most_bytes)
    if is_late:
        raise UnavailableError(f"expected {words[0]} to end within {within_s:.0f} s, got nothing")
    if len(data) > most_bytes:
        if not is_cut:
            raise UnavailableError(f"expected at most {most_bytes} bytes of {words[0]}, got more")
        return data[:most_bytes]
    if good is not None and process.returncode not in good:
        raise UnavailableError(f"expected {words[0]} to succeed, got exit code {process.returncode}")
    return data


def _read(process: subprocess.Popen[bytes], within_s: float, most_bytes: int) -> tuple[bytes, bool]:
    late = threading.Event()

    def end() -> None:
        late.set()
        with contextlib.suppress(OSError):
            process.kill()

    timer = threading.Timer(within_s, end)
    timer.daemon = True
    timer.start()
    with process:
        try:
            assert process.stdout is not None
            data = process.stdout.read(most_bytes + 1)
            if len(data) > most_bytes:
                process.kill()
            process.wait()
        finally:
            timer.cancel()
            if process.returncode is None:
                process.kill()
    return data, late.is_set()
