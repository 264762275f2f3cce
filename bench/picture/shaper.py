"""Carries packets between two TUN devices as a slow line would: `python -m bench.picture.shaper LAB ENGINEER CONTROL`.

The three are numbers of inherited descriptors.  On the control socket each line of JSON is {"rate_bps", "delay_s",
"queue_s"} for both directions, or {} to change nothing; the answer is what was carried so far.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import sys
import time
from dataclasses import replace

from bench.picture.way import Way

PACKET_BYTES = 65536
AT_ONCE = 64
"""Packets read of one device before the other is looked at."""


def main(argv: list[str]) -> int:
    lab, engineer, number = map(int, argv)
    control = socket.socket(fileno=number)
    ways = {lab: (engineer, Way()), engineer: (lab, Way())}
    print("ready", flush=True)
    while True:
        dues = [due for _, way in ways.values() if (due := way.due()) is not None]
        wait_s = max(0.0, min(dues) - time.monotonic()) if dues else None
        readable, _, _ = select.select([lab, engineer, number], [], [], wait_s)
        for source in readable:
            if source == number:
                if not answer(control, ways[lab][1], ways[engineer][1]):
                    return 0
            else:
                read(source, ways[source][1])
        for target, way in ways.values():
            for packet in way.take(time.monotonic()):
                # A device whose own queue is full drops the packet, as the end of a real line does.
                with contextlib.suppress(OSError):
                    os.write(target, packet)


def read(tun: int, way: Way) -> None:
    with contextlib.suppress(BlockingIOError):
        for _ in range(AT_ONCE):
            way.put(os.read(tun, PACKET_BYTES), time.monotonic())


def answer(control: socket.socket, down: Way, up: Way) -> bool:
    """False when nobody asks any more."""
    asked = control.recv(4096)
    if not asked:
        return False
    words = json.loads(asked)
    for way in (down, up):
        way.shape = replace(way.shape, **words)
    control.sendall(json.dumps({"down": down.count.as_dict(), "up": up.count.as_dict()}).encode())
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
