"""A Windows PC under Wine on a screen of its own, and the programs that run on it."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from examples.demo.children import Children
from examples.demo.display import start_display
from project import wine

SIZE_PX = (1280, 800)
DISPLAYS = range(80, 90)
WITHIN_S = 60.0
"""Starting a program under Wine takes three seconds here, on a loaded machine many times as long."""
SERVICE = "BenchsideAgent"


class Program:
    """A running Windows program; what it says is read all the time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, start: str, within_s: float = WITHIN_S) -> str:
        """Return the rest of the first line that starts so."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            for line in self.lines:
                if line.startswith(start):
                    return line.removeprefix(start).strip()
            time.sleep(0.05)
        raise AssertionError(f"the program did not say {start!r}, but: {self.lines[-20:]}")

    def wait(self, within_s: float = WITHIN_S) -> int:
        return self.process.wait(within_s)

    def _read(self) -> None:
        # Read by hand: what Wine starts behind a program may hold the pipe longer than the program lives.
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip())


class WindowsPC:
    """One Wine of its own prefix; only one at a time, for there is one C: drive."""

    def __init__(self, children: Children, folder: Path) -> None:
        self.folder = folder
        self.display = start_display(children, size=SIZE_PX, numbers=DISPLAYS)
        xauthority = self.display.environment.get("XAUTHORITY", "")
        self.environment = {**wine.environment(self.display.name), "XAUTHORITY": xauthority}
        self._server("-k")
        # It stays until we end it, and what Wine keeps running holds none of our pipes.
        self._server("-p")
        self.programs: list[Program] = []

    def close(self) -> None:
        self._server("-k")
        for program in self.programs:
            program.process.kill()
            program.process.wait()

    @property
    def state(self) -> Path:
        """The agent's folder, as Windows and as we see it."""
        return wine.PREFIX / "drive_c" / "ProgramData" / "Benchside" / "agent"

    def start(self, *words: str | Path) -> Program:
        """Start Windows' Python with these words; paths of this machine become Windows' own."""
        argv = ["wine", str(wine.PYTHON_EXE), *(self.word(word) for word in words)]
        program = Program(self._start(argv))
        self.programs.append(program)
        return program

    def run(self, *words: str | Path) -> list[str]:
        """Run it to its end, which must be a good one; return its lines."""
        program = self.start(*words)
        code = program.wait()
        assert code == 0, f"{words} ended with {code}: {program.lines}"
        return program.lines

    def command(self, *words: str) -> list[str]:
        """Run a program of Windows itself."""
        program = Program(self._start(["wine", *words]))
        program.wait()
        time.sleep(0.1)
        return program.lines

    def word(self, word: str | Path) -> str:
        return wine.windows_path(word) if isinstance(word, Path) else word

    def wait(self, true: Callable[[], object], what: str, within_s: float = WITHIN_S) -> None:
        until = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < until, f"expected {what}"
            time.sleep(0.1)

    def _start(self, argv: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            argv, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def _server(self, word: str) -> None:
        # -k has nothing to end when none runs; os.devnull, so that nothing of ours is held by what it starts.
        with Path(os.devnull).open("r+b") as nothing:
            subprocess.run(
                ["wineserver", word], env=self.environment, stdin=nothing, stdout=nothing, stderr=nothing,
                timeout=WITHIN_S, check=False,
            )  # fmt: skip
