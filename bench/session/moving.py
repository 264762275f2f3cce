"""A program that never rests: `python -m bench.session.moving X Y WIDTH HEIGHT`.

It paints a bar somewhere else a hundred times a second, and writes the moment (CLOCK_MONOTONIC, in seconds) of
each pointer event that it gets, one a line.
"""

from __future__ import annotations

import os
import select
import sys
import time

import xcffib
import xcffib.xproto
from xcffib.xproto import EventMask

from bench.photon.xclient import PlainWindow, connect

EVERY_S = 0.01
BAR_PX = 60
STEP_PX = 7
PAPER, INK = 0xF4F4F0, 0x305080
_INPUT = (xcffib.xproto.MotionNotifyEvent, xcffib.xproto.ButtonPressEvent)


def main(argv: list[str]) -> int:
    left, top, width, height = map(int, argv)
    connection = connect(os.environ)
    events = EventMask.PointerMotion | EventMask.ButtonPress
    window = PlainWindow(connection, (left, top, width, height), colour=PAPER, events=events)
    print("ready", flush=True)
    at_px, due = 0, time.monotonic()
    while True:
        try:
            while (event := connection.poll_for_event()) is not None:
                if isinstance(event, _INPUT):
                    print(time.monotonic(), flush=True)
        except xcffib.ConnectionException:
            return 0
        if time.monotonic() >= due:
            due = time.monotonic() + EVERY_S
            window.fill(PAPER, (at_px, 0, BAR_PX, height))
            at_px = (at_px + STEP_PX) % (width - BAR_PX)
            window.fill(INK, (at_px, 0, BAR_PX, height))
            connection.flush()
        select.select([connection.get_file_descriptor()], [], [], max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
