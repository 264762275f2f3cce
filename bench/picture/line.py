"""The line between lab and engineer: its rates, and what it has carried."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from examples.demo.children import Children
from project.paths import ROOT

from bench.picture.namespace import Namespaces
from bench.picture.way import Shape

QUEUE_S = 0.1
OPEN = Shape()
SIX = Shape(6e6, 0.025, QUEUE_S)
TWO = Shape(2e6, 0.060, QUEUE_S)
LINES = {"6m": SIX, "2m": TWO}


@dataclass(frozen=True)
class Carried:
    """`down` is from lab to engineer.  Payload of TCP; packets sent again count again, as a line's owner pays them."""

    down_bytes: int
    up_bytes: int
    dropped: int

    @property
    def bytes(self) -> int:
        return self.down_bytes + self.up_bytes

    def since(self, before: Carried) -> Carried:
        return Carried(
            self.down_bytes - before.down_bytes, self.up_bytes - before.up_bytes, self.dropped - before.dropped
        )


class Line:
    """One line; as long as its children live.

    Of packets between network namespaces, or of bytes through a proxy where there are no namespaces.
    """

    def __init__(self, children: Children, namespaces: Namespaces | None) -> None:
        self._namespaces = namespaces
        self._doors: dict[int, int] = {}
        self._control, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        numbers: tuple[int, ...] = (there.fileno(),)
        if namespaces is not None:
            numbers = (namespaces.lab_tun, namespaces.engineer_tun, *numbers)
        program = "bench.picture.proxy" if namespaces is None else "bench.picture.shaper"
        words = [sys.executable, "-m", program, *map(str, numbers)]
        child = children.start("line", words, cwd=ROOT, pass_fds=numbers)
        there.close()
        child.wait_for("^ready", 20)

    def door(self, port: int) -> int:
        """Where the engineer reaches this port of the lab's 127.0.0.1: on a line of packets, there."""
        if self._namespaces is not None:
            return port
        if port not in self._doors:
            self._doors[port] = int(self._ask({"port": port})["door"])
        return self._doors[port]

    def shape(self, shape: Shape) -> None:
        """From now on; what is under way keeps its moment."""
        self._ask(asdict(shape))

    def carried(self) -> Carried:
        """Since the line is there."""
        told = self._ask({})
        return Carried(
            int(told["down"]["payload_bytes"]),
            int(told["up"]["payload_bytes"]),
            int(told["down"]["dropped"] + told["up"]["dropped"]),
        )

    @contextlib.contextmanager
    def engineer_side(self) -> Iterator[None]:
        """What is started within is at the engineer's end."""
        with self._namespaces.engineer_side() if self._namespaces is not None else contextlib.nullcontext():
            yield

    def _ask(self, words: dict[str, float]) -> dict[str, Any]:
        self._control.sendall(json.dumps(words).encode())
        told: dict[str, Any] = json.loads(self._control.recv(4096))
        return told
