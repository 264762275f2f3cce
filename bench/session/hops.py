"""Where the time of a click goes: its moments on page, PC and display, joined to one way.

into_page      click injected          -> the page has the press
to_line        the page has the press  -> it has sealed and sent it
to_program     sent                    -> the program on the PC has the press (browser, relay, host, XTEST)
paint          the program paints
to_console     painted                 -> the page has the picture's first record (damage, encode, relay, browser)
to_canvas      first record            -> the picture is on the canvas (open, decode, put)
to_screen      on the canvas           -> the pixel has changed (the browser's compositor)
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise

from bench.photon.click import Click

HOPS = ("into_page", "to_line", "to_program", "paint", "to_console", "to_canvas", "to_screen")


def split(
    clicks: Sequence[Click], page: Sequence[tuple[str, float]], target: Sequence[dict[str, float]]
) -> dict[str, float]:
    """The median of each hop in ms as `hop_NAME_ms`, and how many clicks could be followed all the way."""
    ways = []
    for click, paint in zip(clicks, target, strict=True):
        if click.seen_at is None:
            continue
        mine = [(name, at) for name, at in page if click.at - 0.001 <= at <= click.seen_at + 0.001]
        pressed = first(mine, "pointer_down", 0.0)
        sent = first(mine, "sent", pressed)
        received = first(mine, "received", paint["painted_at"] - 0.001)
        drawn = first(mine, "drawn", received)
        moments = (click.at, pressed, sent, paint["pressed_at"], paint["painted_at"], received, drawn, click.seen_at)
        if float("inf") not in moments:
            ways.append([(after - before) * 1000 for before, after in pairwise(moments)])
    medians = [round(statistics.median(times), 2) for times in zip(*ways, strict=True)] if ways else []
    figures = {f"hop_{name}_ms": value for name, value in zip(HOPS, medians, strict=False)}
    return {**figures, "hop_clicks": len(ways)}


def first(page: Sequence[tuple[str, float]], name: str, since: float) -> float:
    """The first moment of this name from `since` on; infinity when there is none."""
    return min((at for known, at in page if known == name and at >= since), default=float("inf"))
