"""A program that paints a square anew at once when it is clicked: `python -m bench.photon.target X Y`.

Raw X, so that no toolkit's frame clock is part of what is measured.  For each click one line of JSON, by
CLOCK_MONOTONIC in seconds: `pressed_at` (the press was read) and `painted_at` (the server has painted).
"""

from __future__ import annotations

import json
import os
import sys
import time

import xcffib
import xcffib.xproto
from xcffib.xproto import EventMask

from bench.photon.xclient import PlainWindow, connect

SIZE_PX = 200
COLOURS = (0x1060C0, 0xE0A020, 0x208040, 0xC03050)


def main(argv: list[str]) -> int:
    left, top = int(argv[0]), int(argv[1])
    connection = connect(os.environ)
    window = PlainWindow(connection, (left, top, SIZE_PX, SIZE_PX), colour=COLOURS[0], events=EventMask.ButtonPress)
    print("ready", flush=True)
    clicks = 0
    while True:
        try:
            event = connection.wait_for_event()
        except xcffib.ConnectionException:
            return 0
        if not isinstance(event, xcffib.xproto.ButtonPressEvent) or event.detail != 1:
            continue
        pressed_at = time.monotonic()
        clicks += 1
        window.fill(COLOURS[clicks % len(COLOURS)], (0, 0, SIZE_PX, SIZE_PX))
        connection.core.GetInputFocus().reply()
        print(json.dumps({"pressed_at": pressed_at, "painted_at": time.monotonic()}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
