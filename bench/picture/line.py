"""The line between lab and engineer: its rates, and what it has carried."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

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
    """One line; as long as its children live."""

    def __init__(self, children: Children, namespaces: Namespaces) -> None:
        self._namespaces = namespaces
        self._control, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        numbers = (namespaces.lab_tun, namespaces.engineer_tun, there.fileno())
        words = [sys.executable, "-m", "bench.picture.shaper", *map(str, numbers)]
        child = children.start("shaper", words, cwd=ROOT, pass_fds=numbers)
        there.close()
        child.wait_for("^ready", 20)

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
        with self._namespaces.engineer_side():
            yield

    def _ask(self, words: dict[str, float]) -> dict[str, dict[str, float]]:
        self._control.sendall(json.dumps(words).encode())
        told: dict[str, dict[str, float]] = json.loads(self._control.recv(4096))
        return told
