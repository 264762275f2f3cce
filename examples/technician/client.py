"""A scripted technician for programs that run in the virtual environment: the demo, tests and benchmarks.

It keeps one technician.py running under the system's Python and hands it step after step.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

# Debian's own Python is the one that python3-pyatspi is for, whatever comes first on PATH.
SYSTEM_PYTHON = "/usr/bin/python3"
PROGRAM = Path(__file__).with_name("technician.py")
# On top of a step's own time-out: a busy machine, and a window that is slow to answer D-Bus.
SLACK_S = 20.0
DEFAULT_TIMEOUT_S = 10.0


class TechnicianError(Exception):
    """A step could not be done; the text is the technician's own sentence."""


class Technician:
    """Sits at the desktop that `environment` describes (DISPLAY, DBUS_SESSION_BUS_ADDRESS and so on).

    Roles and names are as in tree.py; a name is a regular expression for the whole of it.
    """

    def __init__(self, environment: Mapping[str, str], *, app: str = ".*") -> None:
        self.app = app
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, PROGRAM, "story"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
        )

    def press(self, role: str, name: str, *, window: str = "", timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        """Waits until it is there and enabled, and performs its action."""
        self._step("press", role, name, window=window, timeout_s=timeout_s)

    def type_text(
        self, role: str, name: str, text: str, *, window: str = "", timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> None:
        """Replaces the text of an entry."""
        self._step("type", role, name, window=window, timeout_s=timeout_s, text=text)

    def choose(
        self, role: str, name: str, choice: str, *, window: str = "", timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> None:
        """Selects an item of a list or a choice; `choice` is an expression for the item's name."""
        self._step("choose", role, name, window=window, timeout_s=timeout_s, text=choice)

    def read(self, role: str, name: str, *, window: str = "", timeout_s: float = DEFAULT_TIMEOUT_S) -> str:
        """Waits until it is there; the text of an entry, the name of anything else."""
        return self._step("read", role, name, window=window, timeout_s=timeout_s)

    def wait_gone(self, role: str, name: str, *, window: str = "", timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self._step("gone", role, name, window=window, timeout_s=timeout_s)

    def tree(self) -> str:
        """Everything that is showing, for a person to read, as in the report of a failed test."""
        return self._step("tree", "", "")

    def _step(
        self,
        verb: str,
        role: str,
        name: str,
        *,
        window: str = "",
        timeout_s: float = DEFAULT_TIMEOUT_S,
        text: str = "",
    ) -> str:
        step = {"do": verb, "app": self.app, "role": role, "name": name, "window": window}
        line = json.dumps({**step, "timeout_s": timeout_s, "text": text}) + "\n"
        out, back = self._pipes()
        try:
            out.write(line.encode())
            out.flush()
        except BrokenPipeError as error:
            raise TechnicianError("the technician's program has ended") from error
        answer = json.loads(self._line(back, timeout_s + SLACK_S))
        if not answer["ok"]:
            raise TechnicianError(answer["text"])
        return str(answer["text"])

    def _line(self, back: IO[bytes], timeout_s: float) -> bytes:
        """One whole answer. Each is a single line and is read to its end, so nothing waits in a buffer."""
        if not select.select([back], [], [], timeout_s)[0]:
            self._process.kill()
            raise TechnicianError(f"the technician did not answer in {timeout_s} s")
        line = back.readline()
        if not line:
            raise TechnicianError("the technician's program has ended; is python3-pyatspi installed?")
        return line

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def close(self) -> None:
        """Ends the technician's program; it has nothing to lose."""
        self._process.kill()
        out, back = self._pipes()
        out.close()
        back.close()
        self._process.wait()

    def __enter__(self) -> Technician:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
