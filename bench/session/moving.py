"""A program that never rests: `python -m bench.session.moving X Y WIDTH HEIGHT`.

It paints a bar somewhere else a hundred times a second, and writes the moment (CLOCK_MONOTONIC, in seconds) of
each pointer event that it gets, one a line.
"""

from __future__ import annotations

import os
import select
import sys
import time
from typing import Any

import xcffib
from xcffib.xproto import CW, GC, EventMask, WindowClass

EVERY_S = 0.01
BAR_PX = 60
PAPER, INK = 0xF4F4F0, 0x305080


def main(argv: list[str]) -> int:
    left, top, width, height = map(int, argv)
    connection: Any = xcffib.connect(display=os.environ["DISPLAY"])
    screen = connection.setup.roots[0]
    core = connection.core
    window, pen = connection.generate_id(), connection.generate_id()
    events = EventMask.PointerMotion | EventMask.ButtonPress | EventMask.ButtonRelease
    core.CreateWindow(
        0, window, screen.root, left, top, width, height, 0, WindowClass.InputOutput, 0,
        CW.BackPixel | CW.OverrideRedirect | CW.EventMask, [PAPER, 1, events],
    )  # fmt: skip
    core.CreateGC(pen, window, GC.Foreground, [INK])
    core.MapWindow(window)
    connection.flush()
    print("ready", flush=True)
    at_px, due = 0, time.monotonic()
    while True:
        while (event := connection.poll_for_event()) is not None:
            if isinstance(event, xcffib.xproto.MotionNotifyEvent | xcffib.xproto.ButtonPressEvent):
                print(time.monotonic(), flush=True)
        if time.monotonic() >= due:
            due = time.monotonic() + EVERY_S
            core.ClearArea(False, window, at_px, 0, BAR_PX, height)
            at_px = (at_px + 7) % (width - BAR_PX)
            core.PolyFillRectangle(window, pen, 1, [xcffib.xproto.RECTANGLE.synthetic(at_px, 0, BAR_PX, height)])
            connection.flush()
        select.select([connection.get_file_descriptor()], [], [], max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
