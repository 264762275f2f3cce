"""A dense page of 13-pixel text gives way to another: how long until it is exact, and for how many bytes.

Half of the pages are smoothed in grey, half for the subpixels of red, green and blue, which takes twice the bytes in
any format; the figures are medians over all of them, those with `grey` and `subpixel` over each half.  Time runs from
the moment at which the PC's display has painted to that at which the last pixel is right on the engineer's.  Bytes are
TCP's payload both ways; PNG is Pillow's best (optimised, level 9) of the PC's same frame.
"""

from __future__ import annotations

import io
import time

import numpy as np
from PIL import Image

from bench.picture.glyphs import Picture
from bench.picture.judge import Followed, follow
from bench.picture.line import LINES
from bench.picture.namespace import Namespaces
from bench.picture.result import Result, median
from bench.picture.room import Room, open_room
from bench.picture.viewing import Benchside, NoVncViewer, TigerVnc, Viewer

PAGES, LOSSY_PAGES = 6, 4
WITHIN_S, LOSSY_WITHIN_S = 20.0, 5.0
SETTLED_S = 0.8
LIKE_DB = 40.0
KINDS = ("grey", "subpixel")


def names(count: int) -> list[str]:
    return [f"page {number} {KINDS[number % 2]}" for number in range(count)]


def main(namespaces: Namespaces | None, *, quick: bool = False) -> Result:
    """Benchside, TigerVNC's viewer without loss, and noVNC, on both lines."""
    result = Result()
    with open_room("page", namespaces) as room:
        room.player.do("prepare", names=["spot", "form", *names(2 if quick else PAGES)])
        with Benchside(room) as benchside:
            pngs = measure(room, benchside, 2 if quick else PAGES, result)
        measure(room, TigerVnc(room, lossless=True), 2 if quick else PAGES, result, pngs)
        measure(room, NoVncViewer(room), 2 if quick else LOSSY_PAGES, result, pngs)
    return result


def measure(
    room: Room, viewer: Viewer, count: int, result: Result, pngs: dict[str, int] | None = None
) -> dict[str, int]:
    frames: dict[str, Picture] = {}
    for line_name, shape in LINES.items():
        found: dict[str, tuple[Followed, int]] = {}
        with viewer.viewing(shape):
            eye = room.eye(viewer.display)
            # Lets a sender find the line's rate first, as after any minute of use.
            follow(eye, room.player.show("form"), WITHIN_S)
            within_s = LOSSY_WITHIN_S if viewer.name == "novnc" else WITHIN_S
            for name in names(count):
                time.sleep(SETTLED_S)
                before = room.line.carried()
                at = room.player.show(name)
                followed = follow(eye, at, within_s, [LIKE_DB])
                frames[name] = eye.expected
                time.sleep(0.3)
                found[name] = (followed, room.line.carried().since(before).bytes)
            eye.close()
        if pngs is None:
            pngs = {name: png_bytes(frame) for name, frame in frames.items()}
        tell(result, viewer.name, line_name, found, pngs)
    assert pngs is not None
    return pngs


def tell(result: Result, name: str, line: str, found: dict[str, tuple[Followed, int]], pngs: dict[str, int]) -> None:
    if name == "benchside":
        result.figures["page_png_bytes"] = float(median(list(pngs.values())) or 0)
    for kind in ("", *KINDS):
        chosen = {page: each for page, each in found.items() if page.endswith(kind)}
        part = f"_{kind}" if kind else ""
        if not chosen:
            continue
        ratios = [size / pngs[page] for page, (_, size) in chosen.items()]
        result.say(name, f"page{part}_exact_{line}_s", median([each.exact_s for each, _ in chosen.values()]))
        result.say(name, f"page{part}_like_{line}_s", median([each.reached_s[LIKE_DB] for each, _ in chosen.values()]))
        if line == "6m":
            result.say(name, f"page{part}_bytes_ratio_png", median(ratios))
            result.say(name, f"page{part}_bytes", median([float(size) for _, size in chosen.values()]), 0)
    result.say(name, f"page_wrong_pixels_{line}", float(max(each.wrong for each, _ in found.values())), 0)


def png_bytes(frame: Picture) -> int:
    """What the best PNG of it takes."""
    held = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(frame[:, :, 2::-1]))
    image.save(held, format="PNG", optimize=True, compress_level=9)
    return held.tell()
