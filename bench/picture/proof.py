"""What the line is, by a plain TCP connection across it: its rate, and the round trip at rest and when it is full."""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import threading
import time

from examples.demo.children import Children

from bench.picture.line import LINES, Line
from bench.picture.namespace import Namespaces
from bench.picture.result import Result
from bench.picture.way import Shape
from bench.session.lab import RUNS

PINGS = 20
FILL_S = 5.0
PIECE_BYTES = 65536


def main(namespaces: Namespaces | None, *, quick: bool = False) -> Result:
    """`line_NAME_rate_mbit` (of TCP's payload, from lab to engineer), `…_rtt_ms`, `…_full_rtt_ms`, `…_dropped`."""
    figures: dict[str, float] = {}
    with Children(RUNS / f"bench-picture-line-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}") as children:
        line = Line(children, namespaces)
        for name, shape in LINES.items():
            found = prove(line, shape, 1.0 if quick else FILL_S)
            figures |= {f"line_{name}_{key}": value for key, value in found.items()}
    return Result(figures)


def prove(line: Line, shape: Shape, fill_s: float) -> dict[str, float]:
    line.shape(shape)
    with Ends(line) as ends, Ends(line) as bulk:
        resting = [ends.ping() for _ in range(PINGS)]
        before = line.carried()
        got = bulk.fill()
        time.sleep(1.0)  # the sender finds the line's rate
        start, start_bytes = time.monotonic(), got[0]
        full = []
        while time.monotonic() - start < fill_s:
            full.append(ends.ping())
        rate = (got[0] - start_bytes) * 8 / (time.monotonic() - start)
        dropped = line.carried().since(before).dropped
    return {
        "rate_mbit": round(rate / 1e6, 2),
        "rtt_ms": round(statistics.median(resting), 1),
        "full_rtt_ms": round(max(full), 1),
        "dropped": dropped,
    }


class Ends:
    """A TCP connection with its two ends in this process.  A context manager."""

    def __init__(self, line: Line) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            with line.engineer_side():
                door = line.door(server.getsockname()[1])
                self._engineer = socket.create_connection(("127.0.0.1", door), timeout=20)
            self._lab, _ = server.accept()
        for end in (self._engineer, self._lab):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.settimeout(20)

    def ping(self) -> float:
        """One byte there and back, in ms."""
        start = time.monotonic()
        self._engineer.sendall(b"?")
        self._lab.recv(1)
        self._lab.sendall(b"!")
        self._engineer.recv(1)
        return (time.monotonic() - start) * 1000

    def fill(self) -> list[int]:
        """Send from the lab without end; the list's one number is what has arrived."""
        got = [0]

        def send() -> None:
            try:
                while True:
                    self._lab.sendall(bytes(PIECE_BYTES))
            except OSError:
                return

        def receive() -> None:
            try:
                while piece := self._engineer.recv(PIECE_BYTES):
                    got[0] += len(piece)
            except OSError:
                return

        for act in (send, receive):
            threading.Thread(target=act, name=f"line: {act.__name__}", daemon=True).start()
        return got

    def __enter__(self) -> Ends:
        return self

    def __exit__(self, *_: object) -> None:
        for end in (self._engineer, self._lab):
            # Wakes the threads that wait in it.
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
