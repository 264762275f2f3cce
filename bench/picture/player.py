"""Lets the work on the PC happen, from the benchmark's own process."""

from __future__ import annotations

import json
import select
import socket
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from examples.demo.children import Children
from project.paths import ROOT

READY_WITHIN_S = 30.0
DONE_WITHIN_S = 120.0


class Player:
    """One `work` on the PC's display.  A context manager.  `window` is the number of its window there."""

    def __init__(self, children: Children, pc: Mapping[str, str]) -> None:
        path = children.sockets / "work.sock"
        words = [sys.executable, "-m", "bench.picture.work", str(path)]
        self._children = children
        self._child = children.start("work", words, env=pc, cwd=ROOT)
        self.window = int(self._child.wait_for(r"^ready (\d+)", READY_WITHIN_S)[1])
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(DONE_WITHIN_S)
        self._socket.connect(str(path))
        self._answers = self._socket.makefile("r")

    def begin(self, act: str, **words: Any) -> None:
        """Start an act; `end` waits for it."""
        self._socket.sendall(json.dumps({"do": act, **words}).encode() + b"\n")

    def end(self) -> list[float]:
        """Wait for the act that was begun; when each of its changes was painted, by time.monotonic()."""
        moments: list[float] = json.loads(self._answers.readline())["at"]
        return moments

    def is_done(self) -> bool:
        """Whether `end` would answer at once."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def do(self, act: str, **words: Any) -> list[float]:
        self.begin(act, **words)
        return self.end()

    def show(self, what: str) -> float:
        return self.do("show", what=what)[0]

    def __enter__(self) -> Player:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._answers.close()
        self._socket.close()
        self._children.stop(self._child)
