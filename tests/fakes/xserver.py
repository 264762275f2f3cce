"""A real X server for one test module: Xvfb, or Xvnc where a person's seat is needed."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import pytest

MAX_START_S = 15.0


class XServer:
    """Runs on the first free display number; `name` is what DISPLAY would say."""

    def __init__(self, program: str = "Xvfb", *arguments: str, size: str = "640x480", depth: int = 24) -> None:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
        read_end, write_end = os.pipe()
        self._folder = tempfile.TemporaryDirectory()
        self.has_seat = program != "Xvfb"
        self.socket = Path(self._folder.name) / "vnc"
        if program == "Xvfb":
            screen = ["-screen", "0", f"{size}x{depth}"]
        else:
            screen = ["-geometry", size, "-depth", str(depth), "-SecurityTypes", "None", "-rfbport", "-1"]
            screen += ["-rfbunixpath", str(self.socket)]
        command = [program, "-displayfd", str(write_end), *screen, "-nolisten", "tcp", "-noreset", *arguments]
        self.process = subprocess.Popen(
            command, pass_fds=[write_end], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(write_end)
        # To the end of the line: a server whose reader has gone after the digits gives up.
        number = ""
        try:
            while not number.endswith("\n") and select.select([read_end], [], [], MAX_START_S)[0]:
                said = os.read(read_end, 16).decode()
                if not said:
                    break
                number += said
        finally:
            os.close(read_end)
        number = number.strip()
        if not number:
            self.close()
            raise RuntimeError(f"{program} did not start")
        self.name = f":{number}"

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "DISPLAY": self.name}

    def run(self, *command: str) -> str:
        """What a program says that runs on this display."""
        done = subprocess.run(command, env=self.environment, check=True, timeout=10, capture_output=True, text=True)
        return done.stdout

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        self._folder.cleanup()

    def __enter__(self) -> XServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
