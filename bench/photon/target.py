"""A program that paints a square anew at once when it is clicked: `python -m bench.photon.target X Y`.

Raw X, so that no toolkit's frame clock is part of what is measured.  The window stands above all others and is
no window manager's.  For each click one line of JSON, on the clock of CLOCK_MONOTONIC: `pressed_at` (the press
was read) and `painted_at` (the server has painted).
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import xcffib
from xcffib.xproto import CW, GC, EventMask, WindowClass

SIZE_PX = 200
COLOURS = (0x1060C0, 0xE0A020, 0x208040, 0xC03050)


def main(argv: list[str]) -> int:
    left, top = int(argv[0]), int(argv[1])
    connection: Any = xcffib.connect(display=os.environ["DISPLAY"])
    screen = connection.setup.roots[0]
    core = connection.core
    window, pen = connection.generate_id(), connection.generate_id()
    values = [COLOURS[0], 1, EventMask.ButtonPress]
    core.CreateWindow(
        0, window, screen.root, left, top, SIZE_PX, SIZE_PX, 0, WindowClass.InputOutput, 0,
        CW.BackPixel | CW.OverrideRedirect | CW.EventMask, values,
    )  # fmt: skip
    core.CreateGC(pen, window, GC.Foreground, [COLOURS[0]])
    core.MapWindow(window)
    connection.flush()
    print("ready", flush=True)
    square = [xcffib.xproto.RECTANGLE.synthetic(0, 0, SIZE_PX, SIZE_PX)]
    clicks = 0
    while True:
        event = connection.wait_for_event()
        if not isinstance(event, xcffib.xproto.ButtonPressEvent) or event.detail != 1:
            continue
        pressed_at = time.monotonic()
        clicks += 1
        core.ChangeGC(pen, GC.Foreground, [COLOURS[clicks % len(COLOURS)]])
        core.PolyFillRectangle(window, pen, 1, square)
        core.GetInputFocus().reply()
        print(json.dumps({"pressed_at": pressed_at, "painted_at": time.monotonic()}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
