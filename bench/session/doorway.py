"""Stands between the desk and the agent, and notes the moment of each word: what the technician did, and when.

The technician's hands are on the accessibility tree, which takes its time; the moment that counts is the one at
which the desk has taken the press and sends it.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from benchside.protocol.wire.desk import DESK, DeskMessage

M = TypeVar("M")

WITHIN_S = 30.0
_LENGTH_BYTES = 4


class Doorway:
    """A socket at `path` whose callers speak with the agent at `agent`.  It adds some 0.1 ms each way."""

    def __init__(self, path: Path, agent: Path) -> None:
        self.path = path
        self._agent = agent
        self._said: list[tuple[float, DeskMessage]] = []
        self._news = threading.Condition()
        self._hooks: dict[type[DeskMessage], Callable[[], None]] = {}
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._greet, name="doorway", daemon=True).start()

    def mark(self) -> int:
        """Where the conversation stands now, for `wait`."""
        with self._news:
            return len(self._said)

    def wait(self, kind: type[M] | tuple[type[M], ...], since: int, within_s: float = WITHIN_S) -> tuple[float, M]:
        """The first message of `kind` (or one of several) after the mark, and when (time.monotonic); TimeoutError."""
        until = time.monotonic() + within_s
        with self._news:
            while True:
                for at, message in self._said[since:]:
                    if isinstance(message, kind):
                        return at, message
                if not self._news.wait(until - time.monotonic()) and time.monotonic() > until:
                    raise TimeoutError(f"expected {kind} between desk and agent within {within_s} s")

    def before(self, kind: type[DeskMessage], act: Callable[[], None]) -> None:
        """Do `act` once, right before the next message of `kind` is passed on; its moment is taken after."""
        self._hooks[kind] = act

    def close(self) -> None:
        """Take no more callers."""
        self._listener.close()

    def _greet(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                desk, _ = self._listener.accept()
                agent = socket.socket(socket.AF_UNIX)
                agent.connect(str(self._agent))
                for one, other in ((desk, agent), (agent, desk)):
                    threading.Thread(target=self._carry, args=(one, other), name="doorway carries", daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        reader = one.makefile("rb")
        with contextlib.suppress(OSError):
            while len(length := reader.read(_LENGTH_BYTES)) == _LENGTH_BYTES:
                data = reader.read(int.from_bytes(length, "big"))
                message = DESK.decode(data)
                hook = self._hooks.pop(type(message), None)
                if hook is not None:
                    hook()
                at = time.monotonic()
                other.sendall(length + data)
                with self._news:
                    self._said.append((at, message))
                    self._news.notify_all()
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
