"""What happens on the PC: `python -m bench.picture.work SOCKET`, on the PC's display.

On the socket, one line of JSON each: {"do": NAME, …} with the arguments of the act below, answered by {"at": […]}
when it is done: the moment (time.monotonic()) at which each of its changes was painted.  Every act is the same each
time, in its pixels and in its times.
"""

from __future__ import annotations

import json
import math
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator

from bench.picture import pages, scenes
from bench.picture.canvas import Canvas
from bench.picture.glyphs import Pen, Picture, blank, fill, write
from bench.picture.pages import HEIGHT, ROW_PX, TABLE_PX, WIDTH
from bench.picture.spot import spotted

PLOT_PX = (700, 400, 600, 400)
PLOT_STEP_PX = 4
DIALOG_PX = (500, 320, 640, 360)
SCROLL_ROWS = 3
CARET_PX = (2, 16)


class Work:
    """The acts, each a method that returns its moments."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._kept: dict[str, int] = {}
        self._under_dialog: int | None = None
        self._row = 0

    def show(self, what: str) -> list[float]:
        """A picture over the whole screen, by its name in `drawing`."""
        self._canvas.show(self._keep(what))
        if what == "table":
            self._row = TABLE_PX[3] // ROW_PX
        return [self._canvas.painted()]

    def restack(self) -> list[float]:
        """Back above the windows that a person works with: one may have come to the front meanwhile."""
        self._canvas.restack()
        return [self._canvas.painted()]

    def prepare(self, names: list[str]) -> list[float]:
        """Draw these pictures before they are needed, and show none."""
        for name in names:
            self._keep(name)
        return []

    def type(self, text: str, every_s: float) -> list[float]:
        """Letters in the form's first field, with a caret behind them."""
        x, y = pages.FIELD_PX
        width, height = CARET_PX
        moments = []
        for _, letter in zip(beats(every_s), text, strict=False):
            piece = blank(9, height, (255, 255, 255))
            write(piece, 1, 0, letter, Pen())
            self._canvas.put(self._canvas.window, x, y, piece)
            x += 9
            self._canvas.fill(self._canvas.window, (x, y, width, height), 0x202020)
            moments.append(self._canvas.painted())
        return moments

    def dialog(self, number: int) -> list[float]:
        """Open one over what is there; `close` brings that back."""
        window = self._canvas.window
        self._under_dialog = self._canvas.surface(*DIALOG_PX[2:])
        self._canvas.copy(window, self._under_dialog, DIALOG_PX, (0, 0))
        self._canvas.copy(self._keep(f"dialog {number}"), window, (0, 0, *DIALOG_PX[2:]), DIALOG_PX[:2])
        return [self._canvas.painted()]

    def close(self) -> list[float]:
        if self._under_dialog is not None:
            self._canvas.copy(self._under_dialog, self._canvas.window, (0, 0, *DIALOG_PX[2:]), DIALOG_PX[:2])
            self._canvas.forget(self._under_dialog)
            self._under_dialog = None
        return [self._canvas.painted()]

    def scroll(self, steps: int, every_s: float) -> list[float]:
        """Move the table up by some rows, and paint the new ones."""
        x, y, width, height = TABLE_PX
        by_px = SCROLL_ROWS * ROW_PX
        moments = []
        for _, _ in zip(beats(every_s), range(steps), strict=False):
            window = self._canvas.window
            self._canvas.copy(window, window, (x, y + by_px, width, height - by_px), (x, y))
            for row in range(SCROLL_ROWS):
                at = y + height - (SCROLL_ROWS - row) * ROW_PX
                self._canvas.put(window, x, at, pages.table_row(self._row + row))
            self._row += SCROLL_ROWS
            moments.append(self._canvas.painted())
        return moments

    def plot(self, seconds: float, rate_hz: float) -> list[float]:
        """A plot of three traces that runs to the left."""
        width, height = PLOT_PX[2:]
        paper = blank(width, height, (0xFD, 0xFD, 0xFB))
        for y in range(0, height, 50):
            fill(paper, (0, y, width, 1), (0xDD, 0xDD, 0xDD))
        board = self._canvas.keep(paper)
        fresh = self._canvas.keep(paper[:, :PLOT_STEP_PX])
        moments = []
        for _, step in zip(beats(1 / rate_hz), range(int(seconds * rate_hz)), strict=False):
            self._canvas.copy(board, board, (PLOT_STEP_PX, 0, width - PLOT_STEP_PX, height), (0, 0))
            self._canvas.copy(fresh, board, (0, 0, PLOT_STEP_PX, height), (width - PLOT_STEP_PX, 0))
            for number, colour in enumerate((0xC02020, 0x2050C0, 0x208040)):
                ends = [(width - 1 - PLOT_STEP_PX * (1 - end), trace(number, step + end)) for end in (0, 1)]
                self._canvas.lines(board, ends, colour)
            self._canvas.copy(board, self._canvas.window, (0, 0, width, height), PLOT_PX[:2])
            moments.append(self._canvas.painted())
        self._canvas.forget(board)
        self._canvas.forget(fresh)
        return moments

    def secret(self, x: int, y: int, frames: int, every_s: float) -> list[float]:
        """Noise of a few fixed pictures in turns, at one place."""
        kept = [self._keep(f"secret {number}") for number in range(pages.SECRETS)]
        moments = []
        for _, frame in zip(beats(every_s), range(frames), strict=False):
            place = (0, 0, *pages.SECRET_SIZE_PX)
            self._canvas.copy(kept[frame % pages.SECRETS], self._canvas.window, place, (x, y))
            moments.append(self._canvas.painted())
        return moments

    def motion(self, frames: int) -> list[float]:
        """The camera's picture moves over the whole screen, 25 frames a second; each frame appears at once.

        Asked for no frames it only makes ready.
        """
        if "zoom 0" not in self._kept:
            for number, picture in enumerate(scenes.zooms()):
                self._kept[f"zoom {number}"] = self._canvas.keep(picture)
        board = self._canvas.surface(WIDTH, HEIGHT)
        title = self._keep("title")
        moments = []
        for _, frame in zip(beats(1 / scenes.RATE_HZ), range(frames), strict=False):
            number, x, y = scenes.place(frame)
            self._canvas.copy(self._kept[f"zoom {number}"], board, (x, y, WIDTH, HEIGHT), (0, 0))
            self._canvas.copy(title, board, (0, 0, 420, 40), scenes.TITLE_PX)
            for left, top, piece in scenes.overlays(frame):
                self._canvas.put(board, left, top, piece)
            self._canvas.show(board)
            moments.append(self._canvas.painted())
        self._canvas.forget(board)
        return moments

    def do(self, words: dict[str, object]) -> list[float]:
        name = str(words.pop("do"))
        act: Callable[..., list[float]] = getattr(self, name)
        return act(**words)

    def _keep(self, name: str) -> int:
        if name not in self._kept:
            self._kept[name] = self._canvas.keep(drawing(name))
        return self._kept[name]


def drawing(name: str) -> Picture:
    """A picture by its name: "spot", "form", "table", "red", "title", or "page", "photo", "dialog" and "secret" with a
    number.

    A page's number is followed by its smoothing: "page 3 subpixel".
    """
    what, *words = name.split()
    match what, words:
        case "page", [number, "subpixel" | "grey" as smoothing]:
            return pages.dense_page(int(number), smoothing)
        case "photo", [number]:
            return scenes.photograph(int(number))
        case "secret", [number]:
            return pages.secret(int(number))
        case "dialog", [number]:
            return pages.dialog(int(number))
        case _, []:
            plain = {"spot": spotted, "form": pages.form_page, "table": pages.table_page, "red": pages.red_page}
            return {**plain, "title": scenes.title}[what]()
        case _:
            raise ValueError(f"expected the name of a picture, got {name!r}")


def trace(number: int, step: int) -> int:
    """A height in pixels: a slow wave, a faster one, and something that looks like noise and is none."""
    phase = number * 2.1
    value = math.sin(step / 40 + phase) + 0.3 * math.sin(step / 7 + phase) + 0.12 * math.sin(step * step * 0.7 + phase)
    return int(200 - 110 * value)


def beats(every_s: float) -> Iterator[None]:
    """Again and again, at fixed moments from now on; a beat that is late is not made up for by haste."""
    due = time.monotonic()
    while True:
        time.sleep(max(0.0, due - time.monotonic()))
        due = max(due + every_s, time.monotonic())
        yield


def main(argv: list[str]) -> int:
    canvas = Canvas(os.environ)
    work = Work(canvas)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(argv[0])
        door.listen(1)
        print("ready", canvas.window, flush=True)
        caller, _ = door.accept()
        with caller, caller.makefile("rw") as stream:
            for line in stream:
                print(json.dumps({"at": work.do(json.loads(line))}), file=stream, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
